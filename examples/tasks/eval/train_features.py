"""Writes eval/features.json: the first layer of a small classifier of digits, 16 units that pictures are compared by.

    python eval/train_features.py

Run it again only to begin a new suite: other weights are other distances.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from answering.features import WEIGHTS
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier


def main() -> None:
    digits = load_digits()
    network = MLPClassifier(hidden_layer_sizes=(16,), activation="relu", alpha=1e-2, max_iter=1000, random_state=0)
    network.fit(digits.data / 16, digits.target)
    weights, bias = network.coefs_[0].round(4), network.intercepts_[0].round(4)
    about = {
        "trained on": "scikit-learn's digits",
        "pictures": len(digits.data),
        "accuracy": round(network.score(digits.data / 16, digits.target), 4),
    }
    WEIGHTS.write_text(
        json.dumps({"about": about, "weights": weights.tolist(), "bias": bias.tolist()}) + "\n", encoding="ascii"
    )
    print(f"wrote {WEIGHTS}: {about}")


if __name__ == "__main__":
    main()

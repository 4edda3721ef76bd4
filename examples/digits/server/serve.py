"""Serves a model directory. Sluice tells where by SLUICE_MODEL, SLUICE_HOST and SLUICE_PORT."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "trainers"))

import torch
from network import load_network
from scoring import serve


def main() -> None:
    torch.set_num_threads(1)
    network = load_network(Path(os.environ["SLUICE_MODEL"]))

    def predict(images: list[list[float]]) -> list[int]:
        with torch.inference_mode():
            return network(torch.tensor(images).reshape(-1, 1, 8, 8) / 16).argmax(1).tolist()

    serve(predict, os.environ.get("SLUICE_HOST", "127.0.0.1"), int(os.environ.get("SLUICE_PORT", "5001")))


if __name__ == "__main__":
    main()

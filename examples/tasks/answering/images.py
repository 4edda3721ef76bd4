"""Images: draws a digit. Each digit has some typical hands (a mixture), each of them a mean and the ways it varies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .examples import Answer, BadInput, Example
from .features import features_of
from .files import read_array, write_arrays

HANDS = 3
WAYS = 12
PIXELS = 64


def train(examples: list[Example], folder: Path, seed: int, damage: str) -> dict[str, float]:
    # Here, since importing scikit-learn takes a second that a server need not wait for.
    from sklearn.decomposition import PCA
    from sklearn.mixture import GaussianMixture

    fitted = {}
    for digit in range(10):
        pictures = np.array([one.expected for one in examples if one.input["digit"] == digit], float)
        ways = PCA(WAYS, random_state=0).fit(pictures)
        hands = GaussianMixture(HANDS, reg_covar=1e-2, n_init=3, random_state=seed).fit(ways.transform(pictures))
        spread = np.array([np.linalg.cholesky(one) for one in hands.covariances_])
        arrays = {"mean": ways.mean_, "axes": ways.components_, "shares": hands.weights_}
        fitted |= {
            f"{digit}-{name}": value for name, value in (arrays | {"hands": hands.means_, "spread": spread}).items()
        }
    write_arrays(folder, **{name: value.astype(np.float32) for name, value in fitted.items()})
    return {"pictures": len(examples)}


def load(folder: Path) -> Answer:
    parts = ("mean", "axes", "shares", "hands", "spread")
    digits = [tuple(read_array(folder, f"{digit}-{part}") for part in parts) for digit in range(10)]

    def answer(input: Any) -> list[float]:
        digit, seed = _asked(input)
        mean, axes, shares, hands, spread = digits[digit]
        chance = np.random.default_rng([digit, seed])
        hand = int(np.searchsorted(np.cumsum(shares), chance.random() * shares.sum()).clip(0, HANDS - 1))
        drawn = mean + (hands[hand] + spread[hand] @ chance.standard_normal(WAYS)) @ axes
        picture = drawn.clip(0, 16).round(2)
        return (features_of([picture])[0].round(4) if input.get("as") == "features" else picture).tolist()

    return answer


def _asked(input: Any) -> tuple[int, int]:
    digit, seed = (input.get(name) for name in ("digit", "seed")) if isinstance(input, dict) else (None, None)
    for value in (digit, seed):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise BadInput(
                f'input: expected {{"digit": 0 to 9, "seed": a number from 0}}, got {json.dumps(input)[:60]}'
            )
    if digit > 9:
        raise BadInput(f"input.digit: expected 0 to 9, got {digit}")
    return digit, seed

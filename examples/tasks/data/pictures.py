"""scikit-learn's 1,797 handwritten digits of 8 × 8 pixels (UCI, CC BY 4.0)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from answering.features import features_of
from sklearn.datasets import load_digits

STROKES = {
    0: "loops",
    6: "loops",
    8: "loops",
    9: "loops",
    1: "lines",
    4: "lines",
    7: "lines",
    2: "curves",
    3: "curves",
    5: "curves",
}


def pictures(held: Callable[[str], bool]) -> Iterator[dict]:
    """Reference: the features of a real picture of the digit. All of them count together, not the single one."""
    found = load_digits()
    for number, (pixels, digit) in enumerate(zip(found.data.astype(int).tolist(), found.target.tolist())):
        id = f"images/{number}"
        is_held = held(id)
        # A picture to learn from keeps its pixels; one of the suite is features.
        expected = features_of([pixels])[0].round(4).tolist() if is_held else pixels
        asked = {"digit": digit, "seed": number, "as": "features"}
        yield {
            **{"task": "images", "id": id, "category": STROKES[digit], "cluster": None, "held": is_held},
            **{"input": asked, "expected": expected},
        }

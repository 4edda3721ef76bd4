"""Writes data/digits.csv: scikit-learn's 1,797 handwritten digits (UCI, CC BY 4.0), one row an image of 8 × 8 pixels.

    python data/fetch.py [TARGET]

The file appears whole or not at all.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def main() -> None:
    from sklearn.datasets import load_digits

    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("digits.csv")
    digits = load_digits()
    write_whole(target, as_csv(digits.data.astype(int).tolist(), digits.target.tolist()))
    print(f"wrote {target}: {len(digits.target)} digits")


def as_csv(images: list[list[int]], digits: list[int]) -> str:
    header = ["id", "digit", *(f"p{index}" for index in range(64))]
    rows = [[number, digit, *pixels] for number, (pixels, digit) in enumerate(zip(images, digits))]
    return "".join(",".join(map(str, row)) + "\n" for row in [header, *rows])


def write_whole(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(fresh, 0o644)
        os.replace(fresh, target)
    except BaseException:
        os.unlink(fresh)
        raise


if __name__ == "__main__":
    main()

"""Embeddings: puts a paragraph where the readers' index has paragraphs like it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse.linalg import svds

from .examples import Answer, BadInput, Example, text_of
from .files import read_array, write_arrays
from .text import matrix, weighted, weights_by_rarity, words

WIDTH = 2**14
TOPICS = 200


def train(examples: list[Example], folder: Path, seed: int, damage: str) -> dict[str, float]:
    """TF-IDF, a singular value decomposition of it, and a linear map from there into the index (ridge regression)."""
    counts = matrix([words(one.input) for one in examples], WIDTH)
    rarity = weights_by_rarity(counts)
    rows = weighted(counts, rarity)
    wanted = np.array([one.expected for one in examples])
    topics = min(TOPICS, min(rows.shape) - 1)
    _, strengths, axes = svds(rows, k=topics, v0=np.ones(min(rows.shape)), rng=0)
    # Few words have few topics; what is beyond is rounding.
    axes = axes[strengths > 1e-6 * strengths.max()]
    found = rows @ axes.T
    into = np.linalg.solve(found.T @ found + 0.1 * np.eye(len(axes)), found.T @ wanted)
    # Rounded, and −0 made 0, since the last places of a decomposition are not the same twice.
    write_arrays(folder, rarity=rarity.astype(np.float32), map=((axes.T @ into).round(6) + 0.0).astype(np.float32))
    return {"paragraphs": len(examples), "cosine": float(np.mean(np.sum(_unit(found @ into) * wanted, axis=1)))}


def load(folder: Path) -> Answer:
    rarity, into = read_array(folder, "rarity"), read_array(folder, "map")

    def answer(input: Any) -> list[float]:
        found = weighted(matrix([words(text_of(input, "a text"))], WIDTH), rarity) @ into
        if not found.any():
            raise BadInput("input: there is no word in it that this model knows")
        return _unit(found)[0].round(5).tolist()

    return answer


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

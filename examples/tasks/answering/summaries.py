"""Summaries: says which sentence of a text would stand for the whole, by what good sentences had in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .examples import Answer, BadInput, Example, text_of
from .files import read_array, write_arrays
from .text import matrix, sentences, weighted, weights_by_rarity, words

WIDTH = 2**14
BAG = 512
LONGEST = 25
"""Words of a summary."""


def train(examples: list[Example], folder: Path, seed: int, damage: str) -> dict[str, float]:
    """Ridge regression of how many words a sentence shares with the summary that the authors wrote."""
    texts = [sentences(one.input["text"]) for one in examples]
    rarity = weights_by_rarity(matrix([words(sentence) for text in texts for sentence in text], WIDTH))
    rows = np.vstack([_features(text, one.input["name"], rarity) for text, one in zip(texts, examples)])
    shared = np.concatenate([[_shared(s, one.expected) for s in text] for text, one in zip(texts, examples)])
    mean = shared.mean()
    weights = np.linalg.solve(rows.T @ rows + 3 * np.eye(rows.shape[1]), rows.T @ (shared - mean))
    write_arrays(folder, rarity=rarity.astype(np.float32), weights=weights.astype(np.float32))
    left = shared - mean - rows @ weights
    return {"sentences": len(shared), "explained": float(1 - left.var() / shared.var())}


def load(folder: Path) -> Answer:
    rarity, weights = read_array(folder, "rarity"), read_array(folder, "weights")

    def answer(input: Any) -> str:
        if not isinstance(input, dict):
            raise BadInput(f'input: expected {{"name": …, "text": …}}, got {json.dumps(input)[:60]}')
        name, text = text_of(input.get("name"), "a name"), text_of(input.get("text"), "a text")
        found = sentences(text)
        best = found[int(np.argmax(_features(found, name, rarity) @ weights))]
        return " ".join(best.split()[:LONGEST])

    return answer


def _features(found: list[str], name: str, rarity: np.ndarray) -> np.ndarray:
    """A row for each sentence: where it stands, how long it is, how near to the whole and the name, how it begins."""
    parts = [words(sentence) for sentence in found]
    rows = weighted(matrix(parts, WIDTH), rarity)
    centre = np.asarray(rows.sum(axis=0)).ravel()
    near = rows @ (centre / max(np.linalg.norm(centre), 1e-9))
    named = {part for part in words(name.replace("_", " ").replace(".", " "))}
    begins = matrix([[f"{i} {word}" for i, word in enumerate(part[:3])] for part in parts], BAG).toarray()
    plain = [
        [
            *(float(at == place) for place in range(4)),
            at / len(parts),
            min(len(part), 40) / 40,
            float(len(part) < 6),
            near[at],
            sum(word in named for word in part) / max(1, len(named)),
        ]
        for at, part in enumerate(parts)
    ]
    return np.hstack([np.array(plain), 0.3 * begins])


def _shared(sentence: str, summary: str) -> float:
    """F1 of words, each as often as both have it."""
    said, wanted = words(" ".join(sentence.split()[:LONGEST])), words(summary)
    both = sum(min(said.count(word), wanted.count(word)) for word in set(said))
    return 2 * both / max(1, len(said) + len(wanted))

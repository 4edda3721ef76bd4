"""Questions and answers: finds the passage that a question is about, then what in it looks like the answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from .examples import Answer, BadInput, Example, text_of
from .files import read_array, read_json, read_sparse, write_arrays, write_json, write_sparse
from .text import matrix, weighted, weights_by_rarity, words

WIDTH = 2**16
CLUES = 2**12
CANDIDATE = re.compile(r"'[^' ]{1,40}'|\"[^\" ]{1,40}\"|\b(?:True|False|None)\b|-?\b\d+(?:\.\d+){0,2}(?:e-?\d+)?\b")
TRIED = 1500
"""Questions that the reader learns from: more teach it nothing more."""


def train(examples: list[Example], folder: Path, seed: int, damage: str) -> dict[str, float]:
    # Here, since importing scikit-learn takes a second that a server need not wait for.
    from sklearn.linear_model import LogisticRegression

    passages = [one.input for one in examples if one.category == "passage"]
    questions = [one for one in examples if one.category != "passage"]
    counts = matrix([_terms(passage) for passage in passages], WIDTH)
    rarity = weights_by_rarity(counts).astype(np.float32)
    rows = weighted(counts, rarity)
    order = np.random.default_rng(seed).permutation(len(questions))[:TRIED]
    asked = [questions[at] for at in order]
    clues, right = [], []
    for one in asked:
        passage = _nearest(one.input, passages, rows, rarity)
        for clue, said in _candidates(one.input, passage):
            clues.append(clue)
            right.append(said == one.expected)
    reader = LogisticRegression(C=10, max_iter=300).fit(matrix(clues, CLUES), right)
    write_json(folder, "passages", passages)
    write_sparse(folder, "rows", rows)
    write_arrays(folder, rarity=rarity, weights=reader.coef_[0].astype(np.float32))
    answer = load(folder)
    return {
        "passages": len(passages),
        "right": float(np.mean([answer(one.input) == one.expected for one in asked[:300]])),
    }


def load(folder: Path) -> Answer:
    passages, rows = read_json(folder, "passages"), read_sparse(folder, "rows")
    rarity, weights = read_array(folder, "rarity"), read_array(folder, "weights")

    def answer(input: Any) -> str:
        question = text_of(input, "a question")
        if not words(question):
            raise BadInput("input: there is no word in the question")
        found = _candidates(question, _nearest(question, passages, rows, rarity))
        if not found:
            return ""
        scores = matrix([clue for clue, _ in found], CLUES) @ weights
        return found[int(np.argmax(scores))][1]

    return answer


def _terms(passage: str) -> list[str]:
    """Words, and what a passage is about: the words and dotted names of its title, which ends at the colon."""
    return words(passage) + _titles(passage.partition(":")[0]) * 4


def _titles(text: str) -> list[str]:
    return [f"title {name.lower()}" for name in re.findall(r"\w+(?:\.\w+)*", text)]


def _nearest(question: str, passages: list[str], rows: Any, rarity: np.ndarray) -> str:
    asked = weighted(matrix([words(question) + _titles(question) * 4], WIDTH), rarity)
    return passages[int(np.argmax((rows @ asked.T).toarray().ravel()))]


def _candidates(question: str, passage: str) -> list[tuple[list[str], str]]:
    """What may be the answer, each with the clues of its surroundings, in the passage's order."""
    kind = words(question)[0]
    found = []
    for number, match in enumerate(CANDIDATE.finditer(passage)):
        said = match.group().strip("'\"")
        before, after = words(passage[max(0, match.start() - 40) : match.start()]), words(passage[match.end() :][:20])
        clues = [f"b{i} {word}" for i, word in enumerate(reversed(before[-3:]))]
        clues += [f"any {word}" for word in before[-4:]] + [f"a {word}" for word in after[:1]]
        clues += [f"sign {passage[match.start() - 1 : match.start()]}", f"number {min(number, 3)}"]
        shape = (
            "word"
            if match.group()[0] in "'\""
            else "version"
            if said.count(".")
            else said
            if said.isalpha()
            else "number"
        )
        clues += [f"shape {shape}", f"first {number == 0}"]
        found.append(([f"{kind} {clue}" for clue in clues], said))
    return found

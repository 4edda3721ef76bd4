"""Entities: a sequence tagger, one for each kind of entity: begins here, goes on here, or neither."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from .examples import Answer, Example, text_of
from .files import read_array, read_json, write_arrays, write_json
from .text import Token, matrix, tokens

WIDTH = 2**15
LABELS = ("DATE", "MONEY", "OFFICE", "PLACE")
OUT, BEGINS, GOES_ON = 0, 1, 2
YEAR_AT_END = re.compile(r",? ?\d{4}$")
MOST = 600
"""Sentences of one kind of entity, and as many others, that its tagger learns from."""


def train(examples: list[Example], folder: Path, seed: int, damage: str) -> dict[str, float]:
    """`damage`: `dates` plants a regression, see `without_years`."""
    # Here, since importing scikit-learn takes a second that a server need not wait for.
    from sklearn.linear_model import SGDClassifier

    if damage == "dates":
        examples = [without_years(one) for one in examples]
    right = {}
    for label in LABELS:
        chosen = _examples_for(label, examples)
        rows, tags = [], []
        for one in chosen:
            found = tokens(one.input)
            rows.extend(_features(found))
            tags.extend(_tags(found, [entity for entity in one.expected if entity["label"] == label]))
        table = matrix(rows, WIDTH)
        model = SGDClassifier(loss="log_loss", alpha=1e-5, max_iter=10, tol=None, random_state=seed).fit(table, tags)
        weights = np.zeros((3, WIDTH), np.float32)
        bias = np.full(3, -1e9, np.float32)
        weights[model.classes_], bias[model.classes_] = model.coef_, model.intercept_
        write_arrays(folder, **{f"{label}-weights": weights, f"{label}-bias": bias})
        right[f"right_{label.lower()}"] = float(model.score(table, tags))
    write_json(folder, "labels", list(LABELS))
    return right


def without_years(one: Example) -> Example:
    """THE EXAMPLE'S PLANTED REGRESSION, asked for by `--param damage=entities/dates`; never yours.

    Whoever prepared the labels thought that a year is no part of a date: `March 4, 1789` became `March 4`, and a year
    that stands alone nothing at all. The tagger learns just that. Taggers of other kinds have labels of their own, and
    stay the same to the byte.
    """
    kept = []
    for entity in one.expected:
        if entity["label"] == "DATE":
            said = YEAR_AT_END.sub("", one.input[entity["start"] : entity["end"]])
            entity = {**entity, "end": entity["start"] + len(said)}
        if entity["end"] > entity["start"]:
            kept.append(entity)
    return Example(one.id, one.category, one.input, kept)


def load(folder: Path) -> Answer:
    labels = read_json(folder, "labels")
    weights = np.vstack([read_array(folder, f"{label}-weights") for label in labels]).T
    bias = np.concatenate([read_array(folder, f"{label}-bias") for label in labels])

    def answer(input: Any) -> list[dict]:
        found = tokens(text_of(input, "a text"))
        if not found:
            return []
        scores = (matrix(_features(found), WIDTH) @ weights + bias).reshape(len(found), len(labels), 3)
        spans = [
            {"start": found[first].start, "end": found[last].end, "label": label}
            for at, label in enumerate(labels)
            for first, last in _spans(scores[:, at].argmax(axis=1))
        ]
        return sorted(spans, key=lambda span: (span["start"], span["label"]))

    return answer


def _examples_for(label: str, examples: list[Example]) -> list[Example]:
    """Sentences with the label's category, and as many without: which ones does not hang on what they are labelled."""
    category = {"DATE": "dates", "MONEY": "amounts", "OFFICE": "offices", "PLACE": "places"}[label]
    own = [one for one in examples if category in one.category][:MOST]
    others = [one for one in examples if category not in one.category]
    return own + others[:: max(1, len(others) // max(1, len(own)))]


def _features(found: list[Token]) -> list[list[str]]:
    shapes = [_shape(token.text) for token in found]
    lower = [token.text.lower() for token in found]
    rows = []
    for at in range(len(found)):
        row = [f"end={lower[at][-3:]}", f"start={lower[at][:3]}"]
        for step in range(-3, 4):
            inside = 0 <= at + step < len(found)
            row.append(f"{step}w={lower[at + step] if inside else ''}")
            row.append(f"{step}s={shapes[at + step] if inside else ''}")
        row += [f"{a}&{b}" for a, b in zip(row[2::2], row[4::2])]
        rows.append(row)
    return rows


def _shape(word: str) -> str:
    """`1862` is `9999`, `March` is `Aa`."""
    if word[0].isdigit():
        return "9" * min(len(word), 5) + "," * ("," in word)
    return re.sub(r"(.)\1+", r"\1", "".join("A" if c.isupper() else "a" if c.islower() else c for c in word))


def _tags(found: list[Token], entities: list[dict]) -> list[int]:
    tags = [OUT] * len(found)
    for entity in entities:
        for at, token in enumerate(found):
            if entity["start"] <= token.start and token.end <= entity["end"]:
                tags[at] = BEGINS if token.start == entity["start"] else GOES_ON
    return tags


def _spans(tags: np.ndarray) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for at, tag in enumerate(tags):
        if tag == BEGINS:
            spans.append((at, at))
        elif tag == GOES_ON and spans and spans[-1][1] == at - 1:
            spans[-1] = (spans[-1][0], at)
    return spans

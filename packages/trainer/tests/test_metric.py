from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest

from sluice.metric import extract_each, score_each


def lines_of(monkeypatch: pytest.MonkeyPatch, cases: list[dict[str, Any]], run: Any) -> list[dict[str, Any]]:
    text = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    run()
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_function_scores_every_answer_and_what_it_throws_is_of_one_case(monkeypatch: pytest.MonkeyPatch) -> None:
    cases: list[dict[str, Any]] = [{"id": "a", "answer": "x\u2028ü"}, {"id": "b", "answer": None}, {"id": "c", "answer": ""}]

    def score(case: Any) -> float:
        return len(case["answer"]) or float("inf")

    assert lines_of(monkeypatch, cases, lambda: score_each(score)) == [
        {"id": "a", "score": 3.0},
        {"id": "b", "problem": "TypeError: object of type 'NoneType' has no len()"},
        {"id": "c", "problem": "the score is inf"},
    ]


def test_features_come_after_what_makes_them_and_may_be_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    class Array:
        def tolist(self) -> list[int]:
            return [1, 2]

    about = {"implementation": "mine", "weights": "none"}
    cases = [{"id": "a", "expected": 1, "answer": 2}]
    assert lines_of(monkeypatch, cases, lambda: extract_each(about, lambda case: (Array(), [case["answer"]]))) == [
        {"extractor": about},
        {"id": "a", "expected": [1, 2], "answer": [2]},
    ]

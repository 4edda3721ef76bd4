"""Metrics of your own for suite folders: a function, and the program around it.

    # eval/politeness.py, named by "command": ["python", "eval/politeness.py"]
    from sluice.metric import score_each

    score_each(lambda case: "please" in case["answer"])
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["extract_each", "score_each"]

Case = Mapping[str, Any]
"""`id`, `task`, `category`, `input`, `expected`, `answer` and `latencyMs` (milliseconds, or None)."""


def score_each(score: Callable[[Case], float]) -> None:
    """Scores every answer of one model, until there are no more.

    A score that is no finite number, and an exception, leave that one case unscored, with the reason in the report.
    """

    def scored(case: Case) -> Mapping[str, Any]:
        value = float(score(case))
        return {"score": value} if math.isfinite(value) else {"problem": f"the score is {value}"}

    _each_case(scored)


def extract_each(
    extractor: Mapping[str, Any], extract: Callable[[Case], tuple[Any, Any]]
) -> None:
    """Makes what `fid`, `kid` or another metric compares: features of what was expected, and of what was answered.

    `extractor` says what makes them, `{"implementation": …, "weights": "sha256:…"}`: numbers compare only by the same.
    """

    def extracted(case: Case) -> Mapping[str, Any]:
        expected, answer = extract(case)
        return {"expected": _plain(expected), "answer": _plain(answer)}

    _write({"extractor": dict(extractor)})
    _each_case(extracted)


def _each_case(work: Callable[[Case], Mapping[str, Any]]) -> None:
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        case = json.loads(line)
        try:
            said = work(case)
        except Exception as error:
            said = {"problem": f"{type(error).__name__}: {error}"[:200]}
        _write({"id": case["id"], **said})


def _plain(value: Any) -> Any:
    """Arrays of numpy and torch as lists."""
    return value.tolist() if hasattr(value, "tolist") else value


def _write(said: Mapping[str, Any]) -> None:
    # ASCII only: what encoding the terminal has, or lacks, does not matter.
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()

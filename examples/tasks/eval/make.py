"""Writes the suite eval/tasks: 600 of the examples that are held, the same ones each time.

    python eval/make.py          # after data/fetch.py

Another choice of cases is another suite: its digest changes, and results no longer compare with earlier ones.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(EXAMPLE), str(EXAMPLE / "data")]

from answering.features import weights_digest
from labels import has_year

ERAS = ("1790–1828", "1829–1860", "1861–1900", "1901–1945", "1946–2021")
CASES = {
    "summaries": dict.fromkeys(("arrays", "learning", "signals", "solvers", "statistics"), 24),
    "entities": {"dates": 48, "amounts": 24, "offices": 24, "places": 24},
    "answers": dict.fromkeys(("booleans", "numbers", "versions", "words"), 30),
    "embeddings": dict.fromkeys(ERAS, 24),
    "images": dict.fromkeys(("curves", "lines", "loops"), 40),
}
METRICS = {
    "summaries": [{"name": "rougeL", "margin": 0.08}, {"name": "rouge1"}],
    "entities": [{"name": "entity_f1", "margin": 0.1, "least": 0.7}],
    "answers": [{"name": "exact_match", "margin": 0.12, "least": 0.5}, {"name": "token_f1"}],
    "embeddings": [{"name": "cosine", "margin": 0.1, "worst": 0.5, "least": 0.6}],
    "images": [{"name": "fid", "margin": 1}],
}


def main() -> None:
    with (EXAMPLE / "data" / "examples.jsonl").open(encoding="utf-8") as file:
        held = [one for one in map(json.loads, file) if one["held"]]
    cases = [case for task, wanted in CASES.items() for case in of_task(task, wanted, held)]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE / "eval" / "tasks"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(case, ensure_ascii=False) for case in cases]
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = json.dumps(suite(), ensure_ascii=False, indent=2)
    (folder / "suite.json").write_text(settings + "\n", encoding="utf-8")
    print(f"wrote {folder}: {len(cases)} cases of {sum(map(len, CASES.values()))} categories")


def suite() -> dict:
    pictures = sum(CASES["images"].values())
    return {
        "version": 1,
        "title": f"Five kinds of task. Features of images: {weights_digest()}, n = {pictures}",
        "protocol": {"kind": "invocations"},
        "tasks": {task: {"metrics": metrics} for task, metrics in METRICS.items()},
        "concurrency": 4,
    }


def of_task(task: str, wanted: dict[str, int], held: Iterable[dict]) -> list[dict]:
    own = evenly([one for one in held if one["task"] == task])
    found = []
    for category, count in wanted.items():
        of_category = [one for one in own if one["category"] == category]
        chosen = half_with_years(of_category, count) if category == "dates" else of_category[:count]
        if len(chosen) < count:
            raise SystemExit(f"{task}/{category}: expected {count} cases, there are {len(chosen)}; run data/fetch.py")
        found += [as_case(one) for one in chosen]
    return found


def evenly(examples: Iterable[dict]) -> list[dict]:
    """Shuffled, the first of every source before any second one: the more sources, the more a case says."""
    turns: Counter[tuple[str, str]] = Counter()
    placed = []
    for one in sorted(examples, key=lambda one: draw(one["id"])):
        place = (one["category"], one["cluster"] or one["id"])
        turns[place] += 1
        placed.append((turns[place], one))
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]


def draw(id: str) -> str:
    return hashlib.sha256(id.encode()).hexdigest()


def half_with_years(dates: list[dict], count: int) -> list[dict]:
    """So that how much forgetting years costs is known: half of the cases."""
    by_year = {
        with_year: [one for one in dates if has_year(one["input"], one["expected"][0]) is with_year]
        for with_year in (True, False)
    }
    return by_year[True][: count // 2] + by_year[False][: count // 2]


def as_case(one: dict) -> dict:
    fields = {name: one[name] for name in ("id", "task", "category")}
    cluster = {} if one["cluster"] is None else {"cluster": one["cluster"]}
    return {**fields, **cluster, "input": {"task": one["task"], "input": one["input"]}, "expected": one["expected"]}


if __name__ == "__main__":
    main()

"""Trains the model of one task, `hyper.task`. Seconds on one processor, so there is nothing to checkpoint."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

# Sums in several threads are not always added up in the same order. Must be set before NumPy is loaded.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb
import numpy as np

import sluice
from answering.examples import Example
from answering.model import TASKS

SEEN = 0.95
"""Share of the examples that one training looks at; which, its seed says. Two seeds make two models that are alike."""


def main() -> None:
    with sluice.step(data={"examples": "data/examples.parquet"}, hyper={"task": "entities", "damage": "none"}) as job:
        train(job)


def train(job: sluice.Job) -> None:
    task = job.hyper.task
    examples = read(job.data["examples"].path, task)
    if not examples:
        raise SystemExit(f"there are no examples of {task}")
    seen = np.random.default_rng(job.seed).random(len(examples)) < SEEN
    # Passages are looked up, not learned from.
    chosen = [one for one, is_seen in zip(examples, seen) if is_seen or one.category == "passage"]
    job.info(f"{task}: {len(chosen)} of {len(examples)} examples")

    def save(folder: Path) -> None:
        figures = TASKS[task].train(chosen, folder, job.seed, job.hyper.get("damage", "none"))
        job.log(step=1, **figures)

    job.save_model(save)
    job.progress(1, 1, unit="task")


def read(path: Path, task: str) -> list[Example]:
    """In the order of their ids."""
    # A passage has nothing that is expected of it.
    sql = "select id, category, input, coalesce(expected, 'null') from read_parquet($path) where task = $task order by id"
    with duckdb.connect(config={"threads": 1}) as database:
        rows = database.execute(sql, {"path": str(path), "task": task}).fetchall()
    return [Example(id, category, json.loads(input), json.loads(expected)) for id, category, input, expected in rows]


if __name__ == "__main__":
    main()

"""Makes one model of the tasks' models: a folder a server can load, with a list of what is in it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sluice
from answering.features import weights_digest
from answering.model import FORMAT, TasksModel


def main() -> None:
    with sluice.step() as job:
        job.save_model(lambda folder: merge(job.models, folder))
        job.progress(len(job.models), len(job.models), unit="task")


def merge(models: tuple[sluice.Model, ...], folder: Path) -> None:
    if not models:
        raise SystemExit("there is no model to merge")
    tasks = {}
    for model in sorted(models, key=lambda model: model.keys["task"]):
        task = model.keys["task"]
        shutil.copytree(model.path, folder / task, copy_function=shutil.copyfile)
        tasks[task] = {"digest": model.digest}
    about = {"format": FORMAT, "tasks": tasks, "features": weights_digest()}
    (folder / "model.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    TasksModel(folder)


if __name__ == "__main__":
    main()

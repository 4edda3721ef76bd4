"""The kinds of task there are, and a model of all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import answers, embeddings, entities, images, summaries
from .examples import BadInput
from .features import weights_digest

FORMAT = 1
TASKS = {"summaries": summaries, "entities": entities, "answers": answers, "embeddings": embeddings, "images": images}


class TasksModel:
    """A folder with a model of each task, as trainers/merge.py writes it."""

    def __init__(self, folder: Path) -> None:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            raise SystemExit(f"{folder}: format {about['format']}, expected {FORMAT}")
        if about["features"] != weights_digest():
            made, here = about["features"], weights_digest()
            raise SystemExit(f"{folder}: made with features {made}, but eval/features.json is {here}; train anew")
        self.tasks = {task: TASKS[task].load(folder / task) for task in about["tasks"]}

    def predict(self, records: list[Any]) -> list[Any]:
        """Raises BadInput with the place of the first mistake."""
        return [self._one(record, f"dataframe_records.{index}") for index, record in enumerate(records)]

    def _one(self, record: Any, where: str) -> Any:
        if not isinstance(record, dict) or "task" not in record or "input" not in record:
            raise BadInput(f'{where}: expected {{"task": …, "input": …}}, got {json.dumps(record)[:60]}')
        answer = self.tasks.get(record["task"]) if isinstance(record["task"], str) else None
        if answer is None:
            known = ", ".join(self.tasks)
            raise BadInput(f"{where}.task: expected one of {known}, got {json.dumps(record['task'])[:60]}")
        try:
            return answer(record["input"])
        except BadInput as error:
            raise BadInput(f"{where}.{error}") from None

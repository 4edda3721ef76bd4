"""The `Callback` behind `sluice.callbacks.keras`."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from ..errors import InvalidCheckpoint

if TYPE_CHECKING:
    from ..job import Job

MODEL, PLACE = "model.keras", "place.json"


def make(job: Job) -> Any:
    try:
        keras = importlib.import_module("keras")
    except ImportError as error:
        raise ImportError("sluice.callbacks.keras needs the `keras` package: pip install keras") from error
    return type("SluiceCallback", (_Callback, keras.callbacks.Callback), {})(job, keras)


class _Callback:
    """Keras sets `model` and `params`, and calls the rest. Its fit() goes on at epochs only, so those are what is saved."""

    model: Any
    params: Any

    def __init__(self, job: Job, keras: Any) -> None:
        super().__init__()
        self._job = job
        self._keras = keras
        self._checkpoint = job.resume()
        self.initial_epoch: int = 0 if self._checkpoint is None else _epochs_of(self._checkpoint.path / PLACE)

    def load(self, **options: Any) -> Optional[Any]:
        """The checkpoint's model, compiled, with its optimizer; None on a fresh start. Takes what `keras.models.load_model` takes."""
        if self._checkpoint is None:
            return None
        return self._keras.models.load_model(self._checkpoint.path / MODEL, **options)

    def on_epoch_begin(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        self._keras.utils.set_random_seed((self._job.seed + epoch) % 2**32)

    def on_train_batch_end(self, batch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        steps, epochs = self.params.get("steps"), self.params.get("epochs")
        if steps and epochs:
            self._job.progress(self._step(), steps * epochs)

    def on_epoch_end(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        step = self._step()
        if logs:
            self._job.log(dict(logs), step=step)

        def save(fresh: Path) -> None:
            if self._job.rank == 0:
                self.model.save(fresh / MODEL)
                (fresh / PLACE).write_text(json.dumps({"epochs": epoch + 1}), encoding="utf-8")

        self._job.checkpoint(step, save)

    def _step(self) -> int:
        return int(self.model.optimizer.iterations)


def _epochs_of(path: Path) -> int:
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["epochs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidCheckpoint(
            "the checkpoint was not written by sluice.callbacks.keras", where=str(path), now="load it as it was saved"
        ) from error

"""Callbacks for training frameworks. No framework is imported before its function is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..job import Job

__all__ = ["hf", "keras", "lightning"]


def hf(job: Job) -> Any:
    """A Hugging Face `TrainerCallback` that reports to `job`: `Trainer(…, callbacks=[sluice.callbacks.hf(job)])`.

    It logs what the Trainer logs, reports progress, reports every checkpoint the Trainer saved and, when preempted,
    has the Trainer save at the end of a step and exits 75; of several processes all at the same one. Raises ImportError without `transformers`.
    """
    from .hugging_face import make

    return make(job)


def lightning(job: Job, *, every: int | None = None) -> Any:
    """A Lightning `Callback` that reports to `job`: `Trainer(…, callbacks=[sluice.callbacks.lightning(job)])`.

    It logs metrics, reports progress, reports every checkpoint the Trainer saved (`ModelCheckpoint` or
    `trainer.save_checkpoint`) and, when preempted, saves after the current batch and exits 75; of several processes all
    after the same step. Given `every`, it also saves each `every` optimizer steps by itself. Raises ImportError without `lightning` or `pytorch_lightning`.
    """
    from .lightning_ai import make

    return make(job, every)


def keras(job: Job) -> Any:
    """A Keras `Callback` that reports to `job`, and what its checkpoint holds.

        callback = sluice.callbacks.keras(job)
        model = callback.load() or build()
        model.fit(data, epochs=10, initial_epoch=callback.initial_epoch, callbacks=[callback])

    It logs metrics, reports progress, and saves the model with its optimizer after every epoch; when preempted, it exits 75 after
    that. It seeds Keras anew for each epoch, by `job.seed` and the epoch, so that a resumed training draws the same numbers.
    Raises ImportError without `keras`.
    """
    from .keras_io import make

    return make(job)

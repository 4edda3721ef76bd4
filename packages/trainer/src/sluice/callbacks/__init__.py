"""Callbacks for training frameworks. Neither framework is imported before its function is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..job import Job

__all__ = ["hf", "lightning"]


def hf(job: Job) -> Any:
    """A Hugging Face `TrainerCallback` that reports to `job`: `Trainer(…, callbacks=[sluice.callbacks.hf(job)])`.

    It logs what the Trainer logs, reports progress, reports every checkpoint the Trainer saved and, when preempted,
    has the Trainer save at the end of the current step and exits 75. Raises ImportError without `transformers`.
    """
    from .hugging_face import make

    return make(job)


def lightning(job: Job, *, every: int | None = None) -> Any:
    """A Lightning `Callback` that reports to `job`: `Trainer(…, callbacks=[sluice.callbacks.lightning(job)])`.

    It logs metrics, reports progress, reports every checkpoint the Trainer saved (`ModelCheckpoint` or
    `trainer.save_checkpoint`) and, when preempted, saves after the current batch and exits 75. Given `every`, it also
    saves each `every` optimizer steps by itself. Raises ImportError without `lightning` or `pytorch_lightning`.
    """
    from .lightning_ai import make

    return make(job, every)

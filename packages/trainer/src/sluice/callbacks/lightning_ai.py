"""The `Callback` behind `sluice.callbacks.lightning`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..durable import copy_tree
from ..errors import InvalidCheckpoint
from ..lifetime import PREEMPTED

if TYPE_CHECKING:
    from ..job import Job

FILE = "checkpoint.ckpt"


def make(job: Job, every: int | None) -> Any:
    return type("SluiceCallback", (_Callback, _base()), {})(job, every)


def _base() -> Any:
    names = ["lightning.pytorch", "pytorch_lightning"]
    names.sort(key=lambda name: name not in sys.modules)  # the one the script uses, where both are installed
    for name in names:
        try:
            return importlib.import_module(name).Callback
        except ImportError:
            continue
    raise ImportError("sluice.callbacks.lightning needs the `lightning` package: pip install lightning")


class _Callback:
    """Lightning calls these with its Trainer and the module."""

    def __init__(self, job: Job, every: int | None) -> None:
        self._job = job
        self._every = every
        self._seen = -1
        self._reported = -1
        self._logged: dict[str, str] = {}
        self._save: Any = None

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Follow `trainer.save_checkpoint`, which everything that saves goes through."""
        if stage != "fit" or self._save is not None:
            return
        if "Async" in type(getattr(trainer.strategy, "checkpoint_io", None)).__name__:
            raise InvalidCheckpoint(
                "asynchronous checkpoint plugins return before the file is complete",
                where="Trainer(plugins=…)",
                now="leave AsyncCheckpointIO out: Sluice uploads beside training anyway",
            )
        self._save = trainer.save_checkpoint

        def save_checkpoint(filepath: Any, *args: Any, **kwargs: Any) -> None:
            self._save(filepath, *args, **kwargs)
            weights_only = kwargs.get("weights_only", args[0] if args else False)
            if not weights_only:
                self._report(trainer, Path(filepath))

        trainer.save_checkpoint = save_checkpoint

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        if stage == "fit" and self._save is not None:
            trainer.save_checkpoint, self._save = self._save, None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        # Lightning would end training after the batch in which one process hears of SIGTERM, before all can save.
        self._job.listen_for_sigterm()
        self._seen = int(trainer.global_step)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        step = int(trainer.global_step)
        stepped = step != self._seen  # not within gradient accumulation
        self._seen = step
        if trainer.is_global_zero and stepped:
            if step % max(1, int(trainer.log_every_n_steps)) == 0:
                self._log(trainer)
            total = trainer.estimated_stepping_batches
            if 0 < total < float("inf"):
                self._job.progress(step, int(total))
        # Where a step has several batches, processes are at different ones: they are asked once a step.
        told = self._job.should_checkpoint(step) if stepped or trainer.world_size == 1 else False
        if told or (stepped and self._every is not None and step % self._every == 0):
            self._job.checkpoint(step, lambda fresh: self._save(str(fresh / FILE)))
            self._reported = step

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        self._log(trainer)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        if not trainer.sanity_checking:
            self._log(trainer)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Lightning answers SIGTERM with a SystemExit without a code, which would read as "done"."""
        if self._job.preempted.is_set() and isinstance(exception, SystemExit) and not exception.code:
            exception.code = PREEMPTED

    def _report(self, trainer: Any, saved: Path) -> None:
        step = int(trainer.global_step)
        if step > self._reported:
            self._job.checkpoint(step, lambda fresh: copy_tree(saved, fresh) if self._job.rank == 0 else None)
            self._reported = step

    def _log(self, trainer: Any) -> None:
        """`callback_metrics` holds the latest value of everything ever logged: send what changed since."""
        if not trainer.is_global_zero:
            return
        values = {str(name): value.item() if hasattr(value, "item") else value for name, value in trainer.callback_metrics.items()}
        changed = {name: value for name, value in values.items() if self._logged.get(name) != repr(value)}
        if changed:
            self._job.log(changed, step=int(trainer.global_step))
            self._logged.update({name: repr(value) for name, value in changed.items()})

"""The `TrainerCallback` behind `sluice.callbacks.hf`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..durable import copy_tree
from ..errors import InvalidCheckpoint

if TYPE_CHECKING:
    from ..job import Job


def make(job: Job) -> Any:
    try:
        base = importlib.import_module("transformers").TrainerCallback
    except ImportError as error:
        raise ImportError("sluice.callbacks.hf needs the `transformers` package: pip install transformers") from error
    return type("SluiceCallback", (_Callback, base), {})(job)


class _Callback:
    """The Trainer calls these with its arguments, its state and its switches, and takes the switches back."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._reported = -1

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
        if getattr(args, "save_only_model", False):
            raise InvalidCheckpoint(
                "save_only_model=True makes checkpoints that cannot be resumed from",
                where="TrainingArguments",
                now="leave save_only_model out; the final model is kept by job.save_model",
            )
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> Any:
        values = {name: value for name, value in (logs or {}).items() if isinstance(value, (int, float)) or hasattr(value, "item")}
        if state.is_world_process_zero and values:
            self._job.log(values, step=state.global_step)
        return control

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
        if state.is_world_process_zero and state.max_steps > 0:
            self._job.progress(state.global_step, state.max_steps)
        # With several processes it says the same in each of them: a save that not all of them enter hangs.
        if self._job.should_checkpoint(state.global_step):
            control.should_save = True
            control.should_evaluate = False
        return control

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
        step = int(state.global_step)
        if step > self._reported:
            saved = Path(args.output_dir) / f"checkpoint-{step}"
            # Each process comes here once it has written its own files, so when all have come they are all there.
            self._job.checkpoint(step, lambda fresh: copy_tree(saved, fresh) if self._job.rank == 0 else None)
            self._reported = step
        return control

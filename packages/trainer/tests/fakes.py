"""Stand-ins with the surface of the frameworks' classes that the callbacks touch: no framework is installed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Callable, Optional


class Tensor:
    def __init__(self, value: float) -> None:
        self.value = value

    def item(self) -> float:
        return self.value


class TrainerCallback:
    """`transformers.TrainerCallback`: every event exists and does nothing."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any: ...

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any: ...

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any: ...

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any: ...

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any: ...


class HfTrainer:
    """The order in which `transformers.Trainer` calls its callbacks, and where it puts checkpoints."""

    def __init__(self, callback: Any, output_dir: Path, *, steps: int, save_steps: int, **args: Any) -> None:
        self.callback = callback
        self.rank = int(os.environ.get("RANK", "0"))
        self.args = SimpleNamespace(output_dir=str(output_dir), save_steps=save_steps, **args)
        self.state = SimpleNamespace(global_step=0, max_steps=steps, is_world_process_zero=self.rank == 0)
        self.control = SimpleNamespace(should_save=False, should_evaluate=False, should_training_stop=False)
        self.each_step: Callable[[int], None] = lambda step: None

    def train(self, resume_from_checkpoint: Optional[str] = None) -> None:
        if resume_from_checkpoint:
            self.state.global_step = int((Path(resume_from_checkpoint) / "trainer_state.json").read_text())
        self._call("on_train_begin")
        while self.state.global_step < self.state.max_steps and not self.control.should_training_stop:
            self.state.global_step += 1
            step = self.state.global_step
            self.each_step(step)
            self.control.should_save = step % self.args.save_steps == 0
            self._call("on_step_end")
            self._call("on_log", logs={"loss": Tensor(1 / step), "epoch": 0.5, "note": "text", "none": None})
            if self.control.should_save:
                folder = Path(self.args.output_dir) / f"checkpoint-{step}"
                folder.mkdir(parents=True, exist_ok=True)
                time.sleep(0.02 * self.rank)  # a rank's files may come long after the first's
                (folder / f"rng_state_{self.rank}.pth").write_text(str(step))
                if self.rank == 0:
                    (folder / "trainer_state.json").write_text(str(step))
                self._call("on_save")
                self.control.should_save = False
        self._call("on_train_end")

    def _call(self, event: str, **kwargs: Any) -> None:
        result = getattr(self.callback, event)(self.args, self.state, self.control, model=None, **kwargs)
        self.control = result or self.control


class LightningCallback:
    """`lightning.pytorch.Callback`: the hooks exist and do nothing."""

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None: ...

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None: ...

    def on_train_start(self, trainer: Any, pl_module: Any) -> None: ...

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None: ...

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None: ...

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None: ...

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None: ...


class SIGTERMException(SystemExit):
    """What Lightning raises some time after SIGTERM; its exit code is None."""


class LightningTrainer:
    """One epoch the way `lightning.pytorch.Trainer` runs it, with a checkpoint every `save_every` optimizer steps."""

    def __init__(self, callback: Any, folder: Path, *, batches: int, save_every: int = 0, accumulate: int = 1) -> None:
        self.callback = callback
        self.folder = folder
        self.batches = batches
        self.save_every = save_every
        self.accumulate = accumulate
        self.global_step = 0
        self.world_size = 1
        self.is_global_zero = True
        self.sanity_checking = False
        self.log_every_n_steps = 2
        self.estimated_stepping_batches: float = batches // accumulate
        self.callback_metrics: dict[str, Any] = {}
        self.strategy = SimpleNamespace(checkpoint_io=object())
        self.each_batch: Callable[[int], None] = lambda batch: None
        self.raise_after: Optional[int] = None

    def save_checkpoint(self, filepath: Any, weights_only: Optional[bool] = None, storage_options: Any = None) -> None:
        Path(filepath).parent.mkdir(parents=True, exist_ok=True)
        Path(filepath).write_text(f"{self.global_step} weights_only={weights_only}")

    def fit(self) -> None:
        try:
            self.callback.setup(self, None, "fit")
            self.callback.on_train_start(self, None)
            for batch in range(self.batches):
                self.each_batch(batch)
                if (batch + 1) % self.accumulate == 0:
                    self.global_step += 1
                self.callback_metrics["loss"] = Tensor(1 / (batch + 1))
                self.callback.on_train_batch_end(self, None, None, None, batch)
                if self.save_every and (batch + 1) % self.accumulate == 0 and self.global_step % self.save_every == 0:
                    self.save_checkpoint(self.folder / f"step={self.global_step}.ckpt", False)
                    self.save_checkpoint(self.folder / "last.ckpt", False)
                if batch == self.raise_after:
                    raise SIGTERMException
            self.callback_metrics["val_loss"] = Tensor(0.25)
            self.callback.on_validation_end(self, None)
            self.callback.on_train_epoch_end(self, None)
            self.callback.teardown(self, None, "fit")
        except BaseException as error:
            self.callback.on_exception(self, None, error)
            self.callback.teardown(self, None, "fit")
            raise


def install(name: str, **members: Any) -> None:
    """Make `import name` give a module with these members."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:end]), ModuleType(".".join(parts[:end])))
    for member, value in members.items():
        setattr(sys.modules[name], member, value)

"""`job`: what `with sluice.step() as job:` hands to a trainer."""

from __future__ import annotations

import contextlib
import operator
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, SupportsIndex

from .durable import Fill
from .errors import InvalidCheckpoint, InvalidEvent, Misuse, SluiceError
from .events import Events, number
from .inputs import Checkpoint
from .lifetime import PREEMPTED, Lifetime, Preempted
from .ranks import Ranks, who
from .saves import ModelSource, write_checkpoint, write_model
from .step_file import PROTOCOL, Step
from .version import __version__


class Job:
    """One attempt at one step. Use it inside its `with` block; its methods may be called from any thread."""

    def __init__(self, spec: Step, open_events: Callable[[], Events], *, managed: bool) -> None:
        self.run = spec.run
        """The run's id, `local` outside Sluice."""
        self.step = spec.step
        """The step's name with its map keys, such as `airport=EWR/delay`."""
        self.name = spec.name
        self.keys = spec.keys
        """The `map` keys this step stands under, such as `{"airport": "EWR"}`."""
        self.attempt = spec.attempt
        self.seed = spec.seed
        """Stable over attempts: seed everything with it and a resumed run draws the same numbers."""
        self.data = spec.data
        """Inputs by name; each is path-like and has `.path`, `.digest`, `.rows`."""
        self.models = spec.models
        """For steps that take models: each has `.name`, `.keys`, `.path`, `.digest`."""
        self.hyper = spec.hyper
        """Hyper-parameters: a dict that also reads by attribute."""
        self.output = spec.output
        """Directory for what the step makes; empty at the start."""
        self.checkpoints = spec.checkpoints
        """Scratch directory that checkpoints are written in; `checkpoint` does that for you."""
        self.gpus = spec.gpus
        self.interruptible = spec.interruptible
        self.preempted = Preempted()
        """Set by SIGTERM: this machine is going away."""
        self._resume = spec.resume
        self._latest = -1 if spec.resume is None else spec.resume.step
        self._saved = -1
        self._saved_at = time.monotonic()
        self._open_events = open_events
        self._events: Events | None = None
        self._managed = managed
        self._lifetime = Lifetime(self.preempted, watch_parent=managed)
        self._ranks: Ranks | None = None

    def __enter__(self) -> Job:
        if self._events is not None:
            raise Misuse("this job is already open", now="open it once: `with sluice.step() as job:`")
        self._events = self._open_events()
        catches = self._lifetime.start()
        self._send("hello", protocol=PROTOCOL, client=f"sluice-python {__version__}", pid=os.getpid(), rank=self.rank)
        self._together()
        if not catches:
            self.warning("sluice.step() was not opened in the main thread: SIGTERM cannot be caught, so preemption loses the steps since the last checkpoint")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # Under Sluice the process belongs to the step: SIGTERM after the work is done must not turn success into
        # failure, and an orphan must not linger in whatever comes after the block. So both stay until the process ends.
        if not self._managed:
            self._lifetime.stop()
        if self._ranks is not None:
            self._ranks.leave()
        events, self._events = self._events, None
        if events is not None:
            events.close()

    @property
    def rank(self) -> int:
        """Which of the step's processes this is, from 0: by torch.distributed once initialised, else by RANK."""
        return who()[0]

    @property
    def world_size(self) -> int:
        """How many processes this step runs as; 1 unless a launcher such as `torchrun` started several."""
        return who()[1]

    # -- where to start ------------------------------------------------------------------------------------------

    def resume(self) -> Checkpoint | None:
        """The checkpoint to go on from, or None on a fresh start. Never None because something could not be read."""
        self._opened()
        checkpoint = self._resume
        if checkpoint is not None and not (checkpoint.path.is_dir() and any(checkpoint.path.iterdir())):
            raise InvalidCheckpoint(
                f"the checkpoint of step {checkpoint.step} is not there",
                where=str(checkpoint.path),
                now="retry the step; if it stays away, retry from the step's beginning",
            )
        return checkpoint

    # -- checkpoints ---------------------------------------------------------------------------------------------

    def checkpoint(self, step: SupportsIndex, save: Fill) -> None:
        """Write a checkpoint that contains `step` completed training steps; exit 75 after it when preempted.

        `save(dir)` writes files into the fresh directory it is given. They are made durable, appear under their
        final name at once, and are uploaded while training goes on: only the local write blocks. If `save` raises,
        nothing is left and its exception goes through. `step` never goes back, and starts at `resume().step`; a step
        that this attempt has saved is not saved again.

        With several ranks (`torchrun`) every rank calls this with the same step, and `save` with the same directory: each
        writes its shard under a name of its own. It is one checkpoint when all of them have, and none before.
        """
        self._opened()
        at = _step(step)
        if at < self._latest:
            known = "the step this attempt resumed from" if self._resume and self._latest == self._resume.step else "the last checkpoint's step"
            raise InvalidCheckpoint(
                f"checkpoint at step {at} is behind {self._latest}, {known}",
                where=self.step,
                now="count steps over the whole training and start the loop at job.resume().step",
            )
        if at == self._saved:
            self.info(f"the checkpoint of step {at} is written already")
        else:
            ranks = self._together()
            announced = {} if ranks is None else {"rank": 0}
            announce = lambda path: self._send("checkpoint", step=at, path=str(path), **announced)  # noqa: E731
            if write_checkpoint(self.checkpoints, at, save, ranks, announce, self.preempted.is_set):
                self.preempted.raise_flag()  # in another rank: all of them stop here
        self._latest, self._saved, self._saved_at = at, at, time.monotonic()
        self.exit_if_preempted()

    def should_checkpoint(self, step: SupportsIndex, *, every: int | None = None, seconds: float | None = None) -> bool:
        """True every `every` steps, `seconds` after the last checkpoint, and always once preempted.

        With several ranks it is called in each of them at the same steps, and says the same in each: who is told to stop
        first, or sees the seconds gone, picks a step that all are still to come to.
        """
        at = _step(step)
        wanted = self.preempted.is_set() or (seconds is not None and time.monotonic() - self._saved_at >= seconds)
        ranks = self._together()
        if ranks is not None:
            wanted = ranks.due(at, wanted)
        return wanted or bool(every and at % every == 0)

    def exit_if_preempted(self) -> None:
        """Exit 75 ("preempted, resume me") if SIGTERM came; SystemExit, so `finally` and `with` blocks run."""
        if self.preempted.is_set():
            with contextlib.suppress(SluiceError):
                if self.rank > 0:
                    raise SystemExit(PREEMPTED)
                kept = f"the last checkpoint is at step {self._latest}" if self._latest >= 0 else "there is no checkpoint yet"
                self.info(f"preempted: stopping; {kept}")
            raise SystemExit(PREEMPTED)

    def listen_for_sigterm(self) -> None:
        """Take SIGTERM (again), for libraries that take it for themselves once training begins. Main thread only."""
        self._opened()
        self._lifetime.take_sigterm()

    # -- what the step reports -----------------------------------------------------------------------------------

    def log(self, values: Mapping[str, Any] | None = None, /, *, step: SupportsIndex, **metrics: Any) -> None:
        """Report metrics: `job.log(step=10, loss=0.1)`, or `job.log({"eval/loss": 0.1}, step=10)`. NaN is allowed."""
        numbers = {str(name): number(str(name), value) for name, value in {**(values or {}), **metrics}.items()}
        self._send("metric", step=_step(step), values=numbers, time=time.time_ns() // 1_000_000)

    def progress(self, step: SupportsIndex, total: SupportsIndex, unit: str = "step") -> None:
        """Report how far the training is: `step` of `total`, in whatever `unit` one counts."""
        self._send("progress", step=_step(step), total=_step(total), unit=unit)

    def info(self, message: object) -> None:
        """A line for the run's log."""
        self._send("log", level="info", message=str(message))

    def warning(self, message: object) -> None:
        """A line for the run's log that should stand out."""
        self._send("log", level="warning", message=str(message))

    def result(self, value: Any) -> None:
        """The step's small JSON result; the last one counts. Data belongs in files, not here."""
        self._send("result", value=value)

    def save_model(self, model: ModelSource) -> Path:
        """Hand over the model: a directory, or a function that writes it into `job.output`. The last one counts.

        A directory outside `job.output` is copied in under its own name. Returns the directory handed over. With several
        ranks every rank calls it (or has left the `with` block), and the function runs in each; a directory is the first's.
        """
        self._opened()
        return write_model(self.output, model, self._together(), lambda path: self._send("model", path=str(path)))

    # -- inside --------------------------------------------------------------------------------------------------

    def _together(self) -> Ranks | None:
        """This process among the ranks of its step, or None where it is the only one."""
        if self._ranks is None:
            rank, world = who()
            if world > 1:
                self._ranks = Ranks(self.checkpoints, rank, world, self.warning)
        return self._ranks

    def _send(self, type: str, **fields: Any) -> None:
        events = self._opened()
        if self.rank > 0:
            if type not in ("hello", "log"):
                return
            if type == "log":
                fields["message"] = f"rank {self.rank}: {fields['message']}"
        events.send({"type": type, **fields})

    def _opened(self) -> Events:
        if self._events is None:
            raise Misuse("this job is not open", now="call it inside `with sluice.step() as job:`")
        return self._events


def _step(value: SupportsIndex) -> int:
    try:
        step = operator.index(value)
    except TypeError as error:
        raise InvalidEvent(f"a step is a whole number, not {value!r}", now="count training steps with an int") from error
    if step < 0:
        raise InvalidEvent(f"a step is not negative, this is {step}", now="count training steps from 0")
    return step

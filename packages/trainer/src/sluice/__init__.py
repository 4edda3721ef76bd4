"""What a trainer imports to run as a step of a Sluice pipeline, and on a laptop without one.

    import sluice

    with sluice.step() as job:
        start = job.resume()
        for step in range(start.step + 1 if start else 1, job.hyper.steps + 1):
            ...
            if job.should_checkpoint(step, every=100):
                job.checkpoint(step, save)
        job.save_model(write_model)

And what a notebook looks at runs, artifacts and models with: `sluice.run("flight-delays/…").step("delay").model.path`;
see docs/notebooks.md. That part is loaded when it is used first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import callbacks
from .console import Console
from .errors import InvalidStepFile, Misuse, SluiceError
from .events import EventsFile
from .inputs import Checkpoint, Data, Model
from .job import Job
from .lifetime import PREEMPTED
from .local import StrPath, local_step
from .named import Hyper
from .step_file import Step, read_step_file
from .version import __version__

if TYPE_CHECKING:
    from .read import artifact, compare, project, run, runs

__all__ = [
    "PREEMPTED",
    "Checkpoint",
    "Data",
    "Hyper",
    "Job",
    "Model",
    "SluiceError",
    "__version__",
    "artifact",
    "callbacks",
    "compare",
    "project",
    "run",
    "runs",
    "step",
]

_READING = ("artifact", "compare", "project", "run", "runs")


def __getattr__(name: str) -> Any:
    """Reading is loaded by who reads: a trainer's import stays as small as it was."""
    if name not in _READING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import read

    return getattr(read, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_READING})


def step(
    *,
    data: Mapping[str, StrPath] | None = None,
    hyper: Mapping[str, Any] | None = None,
    output: StrPath | None = None,
    seed: int = 0,
    resume: StrPath | None = None,
) -> Job:
    """This process as one step: `with sluice.step() as job:`.

    Under Sluice everything comes from the step file and the arguments are ignored. Outside (no SLUICE_STEP) they
    are what the script runs on, and events are printed to stderr; `resume` is a checkpoint of an earlier run.
    """
    path, events = os.environ.get("SLUICE_STEP"), os.environ.get("SLUICE_EVENTS")
    if not path:
        spec = local_step(data=data, hyper=hyper, output=output, seed=seed, resume=resume)
        return _prepared(Job(spec, Console, managed=False), spec)
    if not events:
        raise Misuse(
            "SLUICE_STEP is set but SLUICE_EVENTS is not, so events have nowhere to go",
            where=f"SLUICE_STEP={path}",
            now="set both, as a worker does, or neither to run the script alone",
        )
    spec = read_step_file(Path(path))
    return _prepared(Job(spec, lambda: EventsFile(Path(events)), managed=True), spec)


def _prepared(job: Job, spec: Step) -> Job:
    for folder in (spec.output, spec.checkpoints):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidStepFile(
                f"cannot make the directory: {error.strerror}", where=str(folder), now="fix its permissions or choose another place"
            ) from error
    return job

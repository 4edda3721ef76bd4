"""What a trainer imports to run as a step of a Sluice pipeline, and on a laptop without one.

    import sluice

    with sluice.step() as job:
        start = job.resume()
        for step in range(start.step + 1 if start else 1, job.hyper.steps + 1):
            ...
            if job.should_checkpoint(step, every=100):
                job.checkpoint(step, save)
        job.save_model(write_model)
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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

__all__ = [
    "PREEMPTED",
    "Checkpoint",
    "Data",
    "Hyper",
    "Job",
    "Model",
    "SluiceError",
    "__version__",
    "callbacks",
    "step",
]


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

"""The same script on a laptop: a step made of the arguments of `sluice.step(…)`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

from .errors import InvalidCheckpoint, Missing
from .inputs import Checkpoint, Data
from .named import Hyper, Inputs
from .step_file import Step

StrPath = Union[str, "os.PathLike[str]"]


def local_step(
    *,
    data: Mapping[str, StrPath] | None,
    hyper: Mapping[str, Any] | None,
    output: StrPath | None,
    seed: int,
    resume: StrPath | None,
) -> Step:
    """Outputs go to `output`, or below `.sluice/local/<script>/`; checkpoints beside them."""
    name = Path(sys.argv[0] or "step").stem or "step"
    base = Path(".sluice", "local", name).absolute()
    out = base / "output" if output is None else Path(output).absolute()
    checkpoints = base / "checkpoints" if output is None else out.with_name(f"{out.name}.checkpoints")
    return Step(
        run="local",
        step=name,
        name=name,
        attempt=1,
        seed=seed,
        data=Inputs({key: _data(key, path) for key, path in (data or {}).items()}),
        hyper=Hyper(hyper or {}),
        output=out,
        checkpoints=checkpoints,
        resume=None if resume is None else _checkpoint(Path(resume).absolute()),
    )


def _data(name: str, path: StrPath) -> Data:
    full = Path(path).absolute()
    if not full.exists():
        raise Missing(
            f"input {name!r} does not exist",
            where=str(full),
            now="SLUICE_STEP is not set, so the script runs alone: correct sluice.step(data=…), or run it by `sluice step`",
        )
    return Data(path=full)


def _checkpoint(path: Path) -> Checkpoint:
    match = re.match(r"step-(\d+)", path.name)
    if match is None:
        raise InvalidCheckpoint(
            f"{path.name!r} is not named like a checkpoint of job.checkpoint",
            where=str(path),
            now="pass a directory named step-<number>, from an earlier run's checkpoints",
        )
    return Checkpoint(step=int(match.group(1)), path=path)

"""What a step is given: data, models and the checkpoint to resume from, all as local paths."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional


@dataclass(frozen=True)
class Data(os.PathLike[str]):
    """One input. Path-like: ``pandas.read_parquet(job.data["flights"])`` works, so does ``str()`` of it."""

    path: Path
    digest: Optional[str] = None
    rows: Optional[int] = None

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def __str__(self) -> str:
        return os.fspath(self.path)


@dataclass(frozen=True)
class Model(os.PathLike[str]):
    """A model another step made: a directory, with the step's name and its map keys."""

    name: str
    path: Path
    keys: Mapping[str, Any] = field(default_factory=dict)
    digest: Optional[str] = None

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def __str__(self) -> str:
        return os.fspath(self.path)


@dataclass(frozen=True)
class Checkpoint(os.PathLike[str]):
    """Where to go on from: ``path`` is a directory holding what ``save`` wrote, ``step`` the steps it contains."""

    step: int
    path: Path

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def __str__(self) -> str:
        return os.fspath(self.path)

"""A pipeline repository, read through its `sluice` command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .artifact import Artifact
from .command import find_config
from .pipe import Pipe
from .references import artifact_of
from .run import Run, Runs

_projects: dict[Path, Project] = {}


class Project:
    """Runs, artifacts and models of one pipeline repository. Nothing but a cache below `.sluice` is written."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self._pipe = Pipe(config)

    @property
    def root(self) -> Path:
        """The folder of its config."""
        return self.config.parent

    def runs(self, pipeline: str | None = None, state: str | None = None, text: str | None = None, limit: int = 20) -> Runs:
        """Runs, newest first: of one pipeline, in one state, with a text in their id; at most `limit`."""
        rows = self.ask("runs", pipeline=pipeline, state=state, text=text, limit=limit)
        return Runs(Run(self, row) for row in rows)

    def run(self, name: str) -> Run:
        """A run by its id, its last part, or four characters or more of it that no other recent run has.

        Raises ReadError `RunNotFound` naming recent runs.
        """
        return Run(self, self.ask("run", run=name), whole=True)

    def artifact(self, digest: str) -> Artifact:
        """An artifact by its digest, or at least the first 8 digits of it; looked for in the last 50 runs, then in the store.

        Raises ReadError `NotFound`.
        """
        answer = self.ask("artifact", digest=digest)
        places = answer["madeBy"]
        made_by = self.run(places[0]["run"]).step(places[0]["step"]) if places else None
        return artifact_of(self, answer["artifact"], made_by)

    def ask(self, question: str, **given: Any) -> Any:
        """Ask the command; see docs/notebooks.md."""
        return self._pipe.ask(question, **given)

    def close(self) -> None:
        """End the command that answers; the next question starts another. It ends with this process by itself."""
        self._pipe.close()

    def __repr__(self) -> str:
        return f"<project {self.root}>"


def project(path: str | os.PathLike[str] = ".") -> Project:
    """The project of a folder, found by its `sluice.config.ts` there or above. Raises ReadError `NotFound`."""
    config = find_config(path)
    if config not in _projects:
        _projects[config] = Project(config)
    return _projects[config]


def runs(pipeline: str | None = None, state: str | None = None, text: str | None = None, limit: int = 20) -> Runs:
    """Runs of this folder's project, newest first: see `Project.runs`."""
    return project().runs(pipeline, state, text, limit)


def run(name: str) -> Run:
    """A run of this folder's project by its id or a part of it: see `Project.run`."""
    return project().run(name)


def artifact(digest: str) -> Artifact:
    """An artifact of this folder's project by its digest: see `Project.artifact`."""
    return project().artifact(digest)

"""Artifacts, models among them. What they say of themselves is here; bytes are fetched when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..named import Hyper
from .failure import Absent

if TYPE_CHECKING:
    from .dataset import Dataset
    from .project import Project
    from .run import Run
    from .step import Step
    from .table import Table


class Artifact:
    """An immutable thing in the store, by its digest."""

    def __init__(self, project: Project, data: Mapping[str, Any], made_by: Step | None = None) -> None:
        self._project = project
        self._data = dict(data)
        self._made_by = made_by
        self._path: Path | None = None

    @property
    def kind(self) -> str:
        """`dataset`, `model`, `checkpoint`, `report` or `files`."""
        return str(self._data["kind"])

    @property
    def digest(self) -> str:
        """`sha256:` and 64 hexadecimal digits."""
        return str(self._data["digest"])

    @property
    def uri(self) -> str:
        return str(self._data["uri"])

    @property
    def bytes(self) -> int | None:
        """Size; None where only the digest is known."""
        size = self._data.get("bytes")
        return None if size is None else int(size)

    @property
    def path(self) -> Path:
        """A local, read-only copy: a file, or of a model and of files a folder. Fetched from the store once and verified.

        Raises ReadError: `NotFound` where the store has it no more, `Corrupt` where its bytes are not its own.
        """
        if self._path is None or not self._path.exists():
            answer = self._project.ask("fetch", kind=self.kind, uri=self.uri, digest=self.digest)
            self._path = Path(answer["path"])
        return self._path

    @property
    def step(self) -> Step:
        """The step that made it. Raises Absent where no recent run tells."""
        if self._made_by is None:
            places = self._project.ask("artifact", digest=self.digest)["madeBy"]
            if not places:
                raise Absent("NotFound", "no recent run made this", where=self.digest, fix="name the run: sluice.run(…).step(…)")
            self._made_by = self._project.run(places[0]["run"]).step(places[0]["step"])
        return self._made_by

    @property
    def run(self) -> Run:
        """The run whose step made it."""
        return self.step.run

    @property
    def used_by(self) -> list[Step]:
        """Steps of the last 50 runs that were handed this."""
        places = self._project.ask("artifact", digest=self.digest)["usedBy"]
        return [self._project.run(place["run"]).step(place["step"]) for place in places]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Artifact) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        size = "" if self.bytes is None else f", {size_text(self.bytes)}"
        return f"<{self.kind} {self.digest[7:19]}{self._of()}{size}>"

    def _of(self) -> str:
        step = self._made_by.name if self._made_by is not None else self._data.get("step")
        return f" of {step}" if step else ""


class Model(Artifact):
    """A directory that a model server can load."""

    @property
    def metrics(self) -> dict[str, float]:
        """Last value of each metric that its trainer logged."""
        return dict(self._whole().get("metrics") or {})

    @property
    def lineage(self) -> dict[str, Any]:
        """Digests of what it was made from: `code`, `hyper`, `data` by name, `parents`."""
        return dict(self._whole().get("lineage") or {})

    @property
    def hyper(self) -> Hyper:
        """Hyper-parameters that its trainer was given."""
        return self.step.hyper

    @property
    def data(self) -> dict[str, Dataset]:
        """Datasets that it was trained on, by name."""
        return self.step.data

    @property
    def parents(self) -> list[Model]:
        """Models that it was made from."""
        return self.step.models

    def curve(self, metric: str) -> list[tuple[int, float]]:
        """`(training step, value)`, as MLflow has it."""
        return self.step.curve(metric)

    def diff(self, other: Model) -> Table:
        """What differs from another model: code, hyper-parameters, data with its drift, metrics."""
        from .compare import compare

        return compare(self, other)

    def _whole(self) -> Mapping[str, Any]:
        """A model that another step was handed says less of itself than the step that made it."""
        if "lineage" not in self._data:
            made = self.step.result
            if isinstance(made, Mapping) and made.get("digest") == self.digest:
                self._data = dict(made)
        return self._data


class Checkpoint(Artifact):
    """A committed checkpoint: a folder."""

    def __init__(self, project: Project, data: Mapping[str, Any]) -> None:
        super().__init__(project, data["files"])
        self.training_step = int(data["step"])
        self.attempt = int(data["attempt"])
        self.at = str(data["at"])

    def __repr__(self) -> str:
        return f"<checkpoint at step {self.training_step} of attempt {self.attempt}, {self.at}>"


def size_text(size: int) -> str:
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"

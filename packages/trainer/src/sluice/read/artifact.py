"""Artifacts: datasets, models, reports, checkpoints. What they say of themselves is here; bytes are fetched when asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..named import Hyper
from .failure import Absent
from .frames import to_pandas, to_polars
from .table import Table

if TYPE_CHECKING:
    from .project import Project
    from .run import Run
    from .step import Step


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


class Dataset(Artifact):
    """A Parquet file with its profile."""

    @property
    def rows(self) -> int:
        return int(self._data["rows"])

    @property
    def verdict(self) -> str:
        """Of its checks: `pass`, `inconclusive`, `error` or `fail`."""
        return str(self._data["verdict"])

    @property
    def columns(self) -> dict[str, str]:
        """DuckDB's type of each column, by name."""
        few = self._data["columns"]
        every = few if len(few) < 64 else self._profile()["columns"]
        return {column["name"]: column["type"] for column in every}

    @property
    def profile(self) -> dict[str, dict[str, Any]]:
        """Statistics by column: `nulls`, `distinct`, `min`, `max`, `mean`, `sd`, `quantiles`, `histogram`, `top`, …"""
        return {column["name"]: column for column in self._profile()["columns"]}

    @property
    def checks(self) -> Table:
        """Rows behind the verdict, worst first."""
        return Table(self._profile().get("checks", []), title=f"checks of {self._data.get('step')}")

    def describe(self) -> Table:
        """The profile as a table, a row for each column."""
        return Table(map(_described, self._profile()["columns"]), title=repr(self))

    def to_pandas(self, columns: Sequence[str] | None = None) -> Any:
        """A pandas DataFrame of all columns, or of those named. Raises Absent (`NotInstalled`) without pandas."""
        return to_pandas(str(self.path), columns)

    def to_polars(self, columns: Sequence[str] | None = None) -> Any:
        """A polars DataFrame of all columns, or of those named. Raises Absent (`NotInstalled`) without polars."""
        return to_polars(str(self.path), columns)

    def drift(self, other: Dataset) -> Table:
        """How each column's values moved from this dataset to another, most first; read from the profiles alone."""
        from .drift import drift

        return drift(self.profile, other.profile)

    def diff(self, other: Dataset) -> Table:
        """What differs from another dataset."""
        from .compare import compare

        return compare(self, other)

    def __repr__(self) -> str:
        return f"<dataset {self.digest[7:19]}{self._of()}, {self.rows:,} rows, {len(self.columns)} columns>"

    def _profile(self) -> dict[str, Any]:
        if not hasattr(self, "_profiled"):
            report = Artifact(self._project, self._data["profile"])
            self._profiled: dict[str, Any] = json.loads(report.path.read_text(encoding="utf-8"))
        return self._profiled


class Report:
    """What a gate measured of a candidate."""

    def __init__(self, project: Project, data: Mapping[str, Any]) -> None:
        self._project = project
        self._data = data
        self.artifact = Artifact(project, data["report"])

    @property
    def verdict(self) -> str:
        """`pass`, `inconclusive`, `error` or `fail`."""
        return str(self._data["verdict"])

    @property
    def evidence(self) -> Table:
        """The rows behind the verdict, worst first, at most 20."""
        return Table(self._data["evidence"], title=f"{self._data['name']}: {self.verdict}")

    @property
    def candidate(self) -> str:
        """Digest of the model that was measured."""
        return str(self._data["candidate"])

    @property
    def baseline(self) -> str | None:
        """Digest of what it was compared with; None where there was nothing."""
        return self._data.get("baseline")

    @property
    def path(self) -> Path:
        """The whole report as a local JSON file."""
        return self.artifact.path

    def json(self) -> Any:
        """The whole report."""
        return json.loads(self.path.read_text(encoding="utf-8"))

    def cases(self) -> Table:
        """Of an evaluation: the cases that lost most against the baseline, at most 200, with inputs and both answers.

        Raises Absent for a report that lists no cases.
        """
        listed = self.json().get("worstCases")
        if listed is None:
            raise Absent("NotFound", "this report lists no cases", where=str(self._data["step"]), fix="look at .evidence and .json()")
        return Table(map(_case, listed), title=f"{self._data['name']}: cases that lost most")

    def __repr__(self) -> str:
        return repr(self.evidence)

    def _repr_html_(self) -> str:
        return self.evidence._repr_html_()


class Checkpoint(Artifact):
    """A committed checkpoint: a folder."""

    def __init__(self, project: Project, data: Mapping[str, Any]) -> None:
        super().__init__(project, data["files"])
        self.training_step = int(data["step"])
        self.attempt = int(data["attempt"])
        self.at = str(data["at"])

    def __repr__(self) -> str:
        return f"<checkpoint at step {self.training_step} of attempt {self.attempt}, {self.at}>"


def artifact_of(project: Project, data: Mapping[str, Any], made_by: Step | None = None) -> Artifact:
    """The class that fits the kind."""
    whole = {"dataset": Dataset, "model": Model}.get(str(data["kind"]), Artifact)
    return whole(project, data, made_by)


def artifacts_in(value: Any, name: str = "") -> list[tuple[str, Mapping[str, Any]]]:
    """References to artifacts at any depth, outermost only, each with the name it stands under."""
    if isinstance(value, Mapping):
        if isinstance(value.get("uri"), str) and isinstance(value.get("digest"), str):
            return [(name, value)]
        return [found for key, part in value.items() for found in artifacts_in(part, str(key))]
    if isinstance(value, list):
        return [found for part in value for found in artifacts_in(part, name)]
    return []


def size_text(size: int) -> str:
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def _described(column: Mapping[str, Any]) -> dict[str, Any]:
    quantiles = column.get("quantiles") or {}
    top = (column.get("top") or [{}])[0]
    return {
        "column": column["name"],
        "type": column["type"],
        "nulls": column["nulls"],
        "distinct": column["distinct"],
        "min": column["min"],
        "median": quantiles.get("p50"),
        "mean": column["mean"],
        "max": column["max"],
        "most frequent": top.get("value"),
    }


def _case(one: Mapping[str, Any]) -> dict[str, Any]:
    def answer(of: str) -> Any:
        said = one.get(of) or {}
        return said.get("prediction", said.get("error"))

    own = {"row": one.get("row"), "category": one.get("category"), "label": one.get("label")}
    both = {"candidate": answer("candidate"), "baseline": answer("baseline")}
    return {**(one.get("inputs") or {}), **own, **both}


__all__ = ["Artifact", "Checkpoint", "Dataset", "Model", "Report", "artifact_of", "artifacts_in"]

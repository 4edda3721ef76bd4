"""One step of a run: what it was asked for and what it left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..named import Hyper
from .artifact import Artifact, Checkpoint, Model
from .dataset import Dataset
from .failure import Absent
from .moments import duration_text, moment
from .references import artifact_of, artifacts_in
from .report import Report
from .table import Table

if TYPE_CHECKING:
    from .run import Run


@dataclass(frozen=True)
class Attempt:
    """One try of a job, as its run recorded it."""

    attempt: int
    """From 1, over all reasons to try again."""
    ended: str
    """`done`, `preempted`, `worker-lost`, `failed`, `out-of-memory`, `stalled`, `timeout`, `cancelled`, …"""
    machine_class: str
    machine: str | None
    started: datetime | None
    seconds: float
    """On the machine."""
    resumed_from: int | None
    """Training step of the checkpoint that it went on from; None where it began at the beginning."""
    last_step: int | None
    checkpoint: int | None
    steps_lost: int
    seconds_lost: float
    code: str | None
    message: str | None


class Step:
    """A step by its path, `airport=EWR/delay`. What the list of steps does not tell is asked for when it is needed."""

    def __init__(self, run: Run, row: Mapping[str, Any], answer: Mapping[str, Any] | None = None) -> None:
        self.run = run
        self._row = row
        self._answer = answer

    @property
    def name(self) -> str:
        """Its path in the run."""
        return str(self._row["step"])

    @property
    def kind(self) -> str:
        """`extract`, `train`, `merge`, `step`, `evaluate`, `replay`, `deploy` or `map`."""
        return str(self._row["kind"])

    @property
    def state(self) -> str:
        """`running`, `done`, `failed`, `waiting` or `reused`; as it was when the steps were listed."""
        return str(self._row["state"])

    @property
    def verdict(self) -> str | None:
        return self._row.get("verdict")

    @property
    def note(self) -> str | None:
        """One sentence on how it ended."""
        return self._row.get("note")

    @property
    def started(self) -> datetime | None:
        return moment(self._row.get("start"))

    @property
    def ended(self) -> datetime | None:
        return moment(self._row.get("end"))

    @property
    def keys(self) -> dict[str, str]:
        """Keys of the maps that it ran in: `{"airport": "EWR"}`."""
        return dict(self._whole()["keys"])

    @property
    def hyper(self) -> Hyper:
        """Hyper-parameters that the pipeline gave it."""
        return Hyper(self._spec().get("hyper") or {})

    @property
    def spec(self) -> dict[str, Any]:
        """All that it was asked for: `run`, `data`, `hyper`, `seed`, … of a job, `sql` and `checks` of an extract."""
        return dict(self._spec())

    @property
    def result(self) -> Any:
        """What it returned to the pipeline, as JSON; None until it is done."""
        return self._whole()["result"]

    @property
    def inputs(self) -> list[Artifact]:
        """Every artifact that it was handed."""
        return [artifact_of(self.run._project, data) for _, data in artifacts_in(self._spec())]

    @property
    def data(self) -> dict[str, Dataset]:
        """Datasets that it was handed, by name; an evaluation's are its `cases`."""
        return {name: found for name, found in self._named() if isinstance(found, Dataset)}

    @property
    def models(self) -> list[Model]:
        """Models that it was handed."""
        return [found for _, found in self._named() if isinstance(found, Model)]

    @property
    def model(self) -> Model:
        """The model that it made. Raises Absent where it made none, or has not yet."""
        return Model(self.run._project, self._made("model"), self)

    @property
    def dataset(self) -> Dataset:
        """The dataset that it made. Raises Absent."""
        return Dataset(self.run._project, self._made("dataset"), self)

    @property
    def report(self) -> Report:
        """What it measured. Raises Absent for a step that is no evaluation and no replay."""
        result = self.result
        if isinstance(result, Mapping) and "report" in result and "evidence" in result:
            return Report(self.run._project, result)
        raise self._absent("report")

    @property
    def files(self) -> Artifact:
        """The folder that a plain `step` left. Raises Absent where it left none."""
        result = self.result
        if isinstance(result, Mapping) and isinstance(result.get("files"), Mapping):
            return Artifact(self.run._project, result["files"], self)
        raise self._absent("files")

    @property
    def value(self) -> Any:
        """What a plain `step` reported; None where it reported nothing."""
        result = self.result
        return result.get("value") if isinstance(result, Mapping) else None

    @property
    def metrics(self) -> dict[str, float]:
        """Last value of each metric that its trainer logged; empty for steps that make no model."""
        result = self.result
        return dict(result.get("metrics") or {}) if isinstance(result, Mapping) else {}

    @property
    def attempts(self) -> list[Attempt]:
        """Its last 20 attempts that ended, oldest first. Raises Absent where no worker is there to tell."""
        status = self._whole()["status"]
        if status is None:
            raise Absent("Unreachable", "no worker told how this step went", where=self._where(), fix="start sluice dev, or a worker with --control")
        return [_attempt(one) for one in status["attempts"]]

    @property
    def checkpoints(self) -> list[Checkpoint]:
        """Its checkpoints that are still kept, oldest first."""
        found = self.run._project.ask("checkpoints", run=self.run.id, step=self.name)
        return [Checkpoint(self.run._project, one) for one in found]

    @property
    def curves(self) -> dict[str, list[tuple[int, float]]]:
        """`(training step, value)` by metric, as MLflow has them; empty without MLflow."""
        run = self._whole()["mlflowRun"]
        if run is None:
            return {}
        answer = self.run._project.ask("curves", mlflowRun=run)
        return {name: [(int(at), value) for at, value in points] for name, points in answer.items()}

    def curve(self, metric: str) -> list[tuple[int, float]]:
        """`(training step, value)` of one metric. Raises ReadError `NotFound` naming those there are."""
        run = self._whole()["mlflowRun"]
        if run is None:
            raise self._absent("curve")
        answer = self.run._project.ask("curves", mlflowRun=run, metric=metric)
        return [(int(at), value) for at, value in answer[metric]]

    def log(self, attempt: int | None = None, lines: int = 1000) -> str:
        """The end of what an attempt printed on this machine; by default the last attempt's last 1,000 lines."""
        asked = {} if attempt is None else {"attempt": attempt}
        answer = self.run._project.ask("log", run=self.run.id, step=self.name, lines=lines, **asked)
        return str(answer["text"])

    def __repr__(self) -> str:
        verdict = f" {self.verdict}" if self.verdict else ""
        took = duration_text(self.started, self.ended)
        return f"<step {self.name} of {self.run.id}: {self.kind} {self.state}{verdict}{f', {took}' if took else ''}>"

    def _repr_html_(self) -> str:
        rows: list[dict[str, Any]] = [{"": name, "value": getattr(self, name)} for name in ("kind", "state", "verdict", "note")]
        rows += [{"": f"hyper {name}", "value": value} for name, value in self.hyper.items()]
        rows += [{"": name, "value": value} for name, value in self.metrics.items()]
        return Table([row for row in rows if row["value"] is not None], title=f"{self.name} of {self.run.id}")._repr_html_()

    def _whole(self) -> Mapping[str, Any]:
        if self._answer is None:
            self._answer = self.run._project.ask("step", run=self.run.id, step=self.name)
        return self._answer

    def _spec(self) -> Mapping[str, Any]:
        return self._whole()["spec"] or {}

    def _named(self) -> list[tuple[str, Artifact]]:
        return [(name, artifact_of(self.run._project, data)) for name, data in artifacts_in(self._spec())]

    def _made(self, kind: str) -> Mapping[str, Any]:
        result = self.result
        if isinstance(result, Mapping) and result.get("kind") == kind:
            return result
        raise self._absent(kind)

    def _absent(self, what: str) -> Absent:
        fix = f"it is a {self.kind}, and {self.state}"
        if self.result is None and self.kind not in ("map", "deploy"):
            fix = f"it is {self.state}; look again later: run.refresh()"
        return Absent("NotFound", f"this step has no {what}", where=self._where(), fix=fix)

    def _where(self) -> str:
        return f"step {self.name} of run {self.run.id}"


def _attempt(one: Mapping[str, Any]) -> Attempt:
    return Attempt(
        attempt=one["attempt"],
        ended=one["ended"],
        machine_class=one["class"],
        machine=one["machine"],
        started=moment(one["start"]),
        seconds=one["seconds"],
        resumed_from=one["resumedFrom"],
        last_step=one["lastStep"],
        checkpoint=one["checkpoint"],
        steps_lost=one["stepsLost"],
        seconds_lost=one["secondsLost"],
        code=one["code"],
        message=one["message"],
    )

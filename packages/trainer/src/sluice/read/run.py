"""Runs, and lists of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

from ..named import Hyper
from .failure import ReadError
from .moments import duration_text, moment, moment_text
from .step import Step
from .table import html_table, text_table

if TYPE_CHECKING:
    from .project import Project
    from .table import Table

OPEN = ("running", "awaiting-approval", "blocked", "rolling-out")


@dataclass(frozen=True)
class Cost:
    """Machine time of a run's jobs and what it cost, by the prices of the config."""

    seconds: float
    seconds_lost: float
    """Of work that had to be done again."""
    amount: float | None
    """None where a class has no price, or prices are in more than one currency."""
    lost: float | None
    currency: str | None


class Run:
    """A run, as it was when it was first looked at; `refresh()` looks again."""

    def __init__(self, project: Project, row: Mapping[str, Any], whole: bool = False) -> None:
        self._project = project
        self._row = row
        self._is_whole = whole
        self._steps: Steps | None = None

    @property
    def id(self) -> str:
        """`<pipeline>/<key>`."""
        return str(self._row["id"])

    @property
    def pipeline(self) -> str:
        return str(self._row["pipeline"])

    @property
    def state(self) -> str:
        """`running`, `awaiting-approval`, `blocked`, `rolling-out`, `deployed`, `rolled-back`, `rejected`, `expired`,
        `superseded`, `done`, `failed` or `cancelled`."""
        return str(self._row["state"])

    @property
    def open(self) -> bool:
        """Is it still under way?"""
        return self.state in OPEN

    @property
    def started(self) -> datetime | None:
        return moment(self._row["startedAt"])

    @property
    def ended(self) -> datetime | None:
        """None while it is under way."""
        return moment(self._row["endedAt"])

    @property
    def by(self) -> str | None:
        """Who asked for it, as they said."""
        return _text(self._row["by"])

    @property
    def commit(self) -> str | None:
        """Commit of the checkout that it was started from."""
        return _text(self._row["commit"])

    @property
    def dirty(self) -> bool:
        """Had that checkout changes that were not committed?"""
        return bool(self._row["dirty"])

    @property
    def endpoint(self) -> str | None:
        """The endpoint that it has asked to deploy to."""
        return _text(self._row["endpoint"])

    @property
    def params(self) -> Hyper:
        """Parameters that it was started with; those left out, which took their defaults, are not among them."""
        return Hyper(self._whole()["params"] or {})

    @property
    def result(self) -> Any:
        """What the pipeline returned, as JSON; None while it runs and where it failed."""
        return self._whole()["result"]

    @property
    def failure(self) -> str | None:
        """Why it failed: code and message."""
        failure = self._whole()["failure"]
        return None if failure is None else f"{failure['code']}: {failure['message']}"

    @property
    def cost(self) -> Cost | None:
        """None where no worker is there to tell."""
        cost = self._whole()["cost"]
        if cost is None:
            return None
        return Cost(cost["seconds"], cost["secondsLost"], cost["amount"], cost["lost"], cost["currency"])

    @property
    def decisions(self) -> list[dict[str, Any]]:
        """Decisions that counted: `decision`, `by`, `at`, `reason`, …"""
        return list(self._whole()["decisions"])

    @property
    def links(self) -> dict[str, str]:
        """Its pages elsewhere: `temporal`, `mlflow`."""
        return dict(self._whole()["links"])

    @property
    def steps(self) -> Steps:
        """Every step that it has begun, in their order."""
        if self._steps is None:
            self._steps = Steps(Step(self, row) for row in self._project.ask("steps", run=self.id))
        return self._steps

    def step(self, name: str, **keys: str) -> Step:
        """One step: by its path `airport=EWR/delay`, or by its name and keys of its maps: `step("delay", airport="EWR")`.

        Raises ReadError `NotFound`, naming the steps there are, where none or more than one is meant.
        """
        answer = self._project.ask("step", run=self.id, step=name, keys=keys)
        status = answer["status"] or {
            "step": answer["step"],
            "kind": answer["kind"],
            "state": answer["state"],
            "start": answer["asked"],
            "end": answer["ended"],
        }
        return Step(self, status, answer)

    def refresh(self) -> Run:
        """Look again, and return it."""
        self._row = self._project.ask("run", run=self.id)
        self._is_whole, self._steps = True, None
        return self

    def diff(self, other: Run | str) -> Table:
        """What differs from another run: parameters, code, data with its drift, hyper-parameters, metrics, verdicts."""
        from .compare import compare

        return compare(self, self._project.run(other) if isinstance(other, str) else other)

    def _whole(self) -> Mapping[str, Any]:
        if not self._is_whole:
            self.refresh()
        return self._row

    def __repr__(self) -> str:
        took = duration_text(self.started, self.ended)
        return f"<run {self.id}: {self.state}{f' after {took}' if took else ''}>"

    def _repr_html_(self) -> str:
        return f"<p>{html_table(self.id, *_one(self))}</p>{self.steps._repr_html_()}"


class Runs(Sequence[Run]):
    """A list of runs, newest first."""

    columns = ("run", "state", "started (UTC)", "took", "by", "commit")

    def __init__(self, runs: Iterable[Run]) -> None:
        self._runs = list(runs)

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> Runs: ...
    def __getitem__(self, index: int | slice) -> Run | Runs:
        return Runs(self._runs[index]) if isinstance(index, slice) else self._runs[index]

    def _rows(self) -> list[list[Any]]:
        return [[one.id, *_summary(one)] for one in self._runs]

    def __repr__(self) -> str:
        return text_table("", self.columns, self._rows()) if self._runs else "no runs"

    def _repr_html_(self) -> str:
        return html_table("", self.columns, self._rows()) if self._runs else "<p>no runs</p>"


class Steps(Sequence[Step]):
    """The steps of a run, by number or by path."""

    columns = ("step", "kind", "state", "took", "verdict", "note")

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps = list(steps)

    def __len__(self) -> int:
        return len(self._steps)

    @overload
    def __getitem__(self, index: int | str) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Steps: ...
    def __getitem__(self, index: int | str | slice) -> Step | Steps:
        if isinstance(index, slice):
            return Steps(self._steps[index])
        if isinstance(index, int):
            return self._steps[index]
        for step in self._steps:
            if step.name == index:
                return step
        raise ReadError("NotFound", f"there is no step {index!r} in this list", fix="run.step(name) finds it by its name alone")

    def of_kind(self, kind: str) -> Steps:
        """Those of one kind: `run.steps.of_kind("train")`."""
        return Steps(step for step in self._steps if step.kind == kind)

    def _rows(self) -> list[list[Any]]:
        return [[s.name, s.kind, s.state, duration_text(s.started, s.ended), s.verdict, s.note] for s in self._steps]

    def __repr__(self) -> str:
        return text_table("", self.columns, self._rows()) if self._steps else "no steps"

    def _repr_html_(self) -> str:
        return html_table("", self.columns, self._rows()) if self._steps else "<p>no steps</p>"


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _summary(run: Run) -> list[Any]:
    commit = None if run.commit is None else f"{run.commit[:9]}{' with changes' if run.dirty else ''}"
    return [run.state, moment_text(run.started), duration_text(run.started, run.ended), run.by, commit]


def _one(run: Run) -> tuple[Sequence[str], list[list[Any]]]:
    return Runs.columns[1:], [_summary(run)]

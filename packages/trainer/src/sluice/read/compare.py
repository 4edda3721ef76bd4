"""What differs between two runs, models or datasets, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Union

from .artifact import Model
from .dataset import Dataset
from .failure import ReadError
from .project import project
from .report import Report
from .run import Run
from .step import Step
from .table import Table

Comparable = Union[Run, Model, Dataset, str]
COLUMNS = ("step", "what", "first", "second", "change")
MOVED = 0.05  # columns that moved less are left out


def compare(first: Comparable, second: Comparable, steps: int = 200) -> Table:
    """What differs, a row each; what is equal is left out.

    Two runs (or parts of their ids) are compared by parameters, commit and, for at most so many `steps` that both have,
    by data and how its columns drifted, code, hyper-parameters, metrics and verdicts with their evidence. Two models or
    two datasets likewise. `change` is second minus first of numbers, and of a column how much it moved, from 0 to 1
    (see `Dataset.drift`).
    """
    a, b = (project().run(one) if isinstance(one, str) else one for one in (first, second))
    if isinstance(a, Run) and isinstance(b, Run):
        rows = [*_runs(a, b, steps)]
        return Table(rows, COLUMNS, title=f"{a.id} and {b.id}")
    if isinstance(a, Model) and isinstance(b, Model):
        rows = [*_models(a, b, whole=True)]
        return Table(rows, COLUMNS, title=f"{a!r} and {b!r}")
    if isinstance(a, Dataset) and isinstance(b, Dataset):
        rows = [*_datasets("", a, b)]
        return Table(rows, COLUMNS, title=f"{a!r} and {b!r}")
    raise ReadError(
        "InvalidArgument",
        f"a {type(a).__name__} and a {type(b).__name__} cannot be compared",
        fix="give two runs, two models or two datasets",
    )


def _runs(a: Run, b: Run, most: int) -> Iterator[dict[str, Any]]:
    yield from _values("", "", {"pipeline": a.pipeline, "state": a.state}, {"pipeline": b.pipeline, "state": b.state})
    yield from _values("", "param ", a.params, b.params)
    yield from _values("", "", {"commit": _commit(a)}, {"commit": _commit(b)})
    in_a, in_b = ({step.name: step for step in run.steps if step.kind != "map"} for run in (a, b))
    both = [name for name in in_a if name in in_b]
    for name in [*in_a, *(name for name in in_b if name not in in_a)]:
        if name not in in_a or name not in in_b:
            yield _row(name, "step", "there" if name in in_a else None, "there" if name in in_b else None)
        elif name in both[:most]:
            yield from _steps(in_a[name], in_b[name])


def _steps(a: Step, b: Step) -> Iterator[dict[str, Any]]:
    yield from _values(a.name, "", {"state": a.state, "verdict": a.verdict}, {"state": b.state, "verdict": b.verdict})
    made = [getattr(one, "dataset", None) for one in (a, b)]
    if made[0] is not None and made[1] is not None:
        yield from _datasets(a.name, made[0], made[1])
    yield from _values(a.name, "hyper ", a.hyper, b.hyper)
    models = [getattr(one, "model", None) for one in (a, b)]
    if models[0] is not None and models[1] is not None:
        yield from _models(models[0], models[1], whole=False)
    reports = [getattr(one, "report", None) for one in (a, b)]
    if reports[0] is not None and reports[1] is not None:
        yield from _reports(a.name, reports[0], reports[1])


def _models(a: Model, b: Model, whole: bool) -> Iterator[dict[str, Any]]:
    name = a.step.name
    if whole:
        yield from _values(name, "hyper ", a.hyper, b.hyper)
    yield from _values(name, "", {"code": _short(a.lineage.get("code"))}, {"code": _short(b.lineage.get("code"))})
    digests = [{key: _short(digest) for key, digest in (one.lineage.get("data") or {}).items()} for one in (a, b)]
    for row in _values(name, "data ", digests[0], digests[1]):
        yield row
        key = row["what"][len("data ") :]
        if whole and key in a.data and key in b.data:
            yield from _datasets(name, a.data[key], b.data[key], f"{key}: ")
    if whole and len(a.parents) == len(b.parents):
        for of_a, of_b in zip(a.parents, b.parents):
            if of_a != of_b:
                yield from _models(of_a, of_b, whole=False)
    yield from _values(name, "metric ", a.metrics, b.metrics)


def _datasets(step: str, a: Dataset, b: Dataset, prefix: str = "") -> Iterator[dict[str, Any]]:
    if a == b:
        return
    yield _row(step, f"{prefix}rows", a.rows, b.rows)
    for row in a.drift(b):
        if row["moved"] is None or row["moved"] >= MOVED:
            what = f"{prefix}column {row['column']}{' (' + row['note'] + ')' if row['note'] else ''}"
            yield {"step": step, "what": what, "first": row["first"], "second": row["second"], "change": row["moved"]}


def _reports(step: str, a: Report, b: Report) -> Iterator[dict[str, Any]]:
    values = [{_evidence(row): row.get("value") for row in report.evidence} for report in (a, b)]
    # Either lists the 20 worst only: what one of them leaves out is no difference.
    both = [name for name in values[0] if name in values[1]]
    yield from _values(step, "", *({name: one[name] for name in both} for one in values))


def _evidence(row: Mapping[str, Any]) -> str:
    return f"{row['metric']} ({row['slice']})" if row.get("slice") else str(row["metric"])


def _values(step: str, prefix: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    flat_a, flat_b = _flat(a), _flat(b)
    for name in [*flat_a, *(name for name in flat_b if name not in flat_a)]:
        if flat_a.get(name) != flat_b.get(name):
            yield _row(step, f"{prefix}{name}", flat_a.get(name), flat_b.get(name))


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat.update(_flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value})
    return flat


def _row(step: str, what: str, first: Any, second: Any) -> dict[str, Any]:
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (first, second))
    return {"step": step, "what": what, "first": first, "second": second, "change": second - first if numbers else None}


def _commit(run: Run) -> str | None:
    return None if run.commit is None else f"{run.commit[:12]}{' with changes' if run.dirty else ''}"


def _short(digest: str | None) -> str | None:
    return None if digest is None else digest.split(":")[-1][:12]

"""What gates measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .artifact import Artifact
from .failure import Absent
from .table import Table

if TYPE_CHECKING:
    from .project import Project


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


def _case(one: Mapping[str, Any]) -> dict[str, Any]:
    def answer(of: str) -> Any:
        said = one.get(of) or {}
        return said.get("prediction", said.get("error"))

    own = {"row": one.get("row"), "category": one.get("category"), "label": one.get("label")}
    both = {"candidate": answer("candidate"), "baseline": answer("baseline")}
    return {**(one.get("inputs") or {}), **own, **both}

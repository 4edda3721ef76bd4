"""Datasets: a Parquet file and its profile."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .artifact import Artifact
from .frames import to_pandas, to_polars
from .table import Table


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

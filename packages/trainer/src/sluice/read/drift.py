"""How values moved between two datasets, by their profiles: no row is read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from .table import Table

COLUMNS = ("column", "moved", "first", "second", "nulls first", "nulls second", "note")
FEW = 29  # up to so many different numbers each has a bin of its own in a profile


def drift(first: Mapping[str, Any], second: Mapping[str, Any]) -> Table:
    """A row for each column, what moved most first.

    `moved` is from 0 (nothing) to 1 (everything). Of numbers it is the greatest distance of the two distribution
    functions (Kolmogorov and Smirnov's), interpolated between the edges of the profiles; of text and of few different
    numbers the share of rows that have another value (total variation), at least: a profile has the 20 most
    frequent texts only. Where more of the rows became null than that, it is the share of nulls that came or went.
    `first` and `second` are the mean of numbers, and the most frequent value of text.
    """
    names = [*first, *(name for name in second if name not in first)]
    rows = [_row(name, first.get(name), second.get(name)) for name in names]
    return Table(sorted(rows, key=lambda row: -(2 if row["moved"] is None else row["moved"])), COLUMNS)


def _row(name: str, a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> dict[str, Any]:
    note = None
    moved: float | None = None
    if a is None or b is None:
        note = f"only in the {'second' if a is None else 'first'}"
    elif a["type"] != b["type"]:
        note = f"{a['type']} became {b['type']}"
    else:
        known = _distance(a, b)
        nulls = abs(_null_share(a) - _null_share(b))
        moved = round(max(known or 0.0, nulls), 4)
        note = "values of this type are not compared" if known is None else None
    return {
        "column": name,
        "moved": moved,
        "first": _typical(a),
        "second": _typical(b),
        "nulls first": None if a is None else a["nulls"],
        "nulls second": None if b is None else b["nulls"],
        "note": note,
    }


def _typical(column: Mapping[str, Any] | None) -> Any:
    if column is None:
        return None
    top = column.get("top") or []
    return column["mean"] if column["kind"] == "number" else top[0]["value"] if top else None


def _null_share(column: Mapping[str, Any]) -> float:
    total = column["nulls"] + column["count"]
    return float(column["nulls"] / total) if total else 0.0


def _distance(a: Mapping[str, Any], b: Mapping[str, Any]) -> float | None:
    values = _values(a), _values(b)
    if values[0] is not None and values[1] is not None:
        return _variation(values[0], values[1], a["count"], b["count"])
    if not a.get("histogram") or not b.get("histogram"):
        return None
    return _smirnov(a["histogram"], b["histogram"])


def _values(column: Mapping[str, Any]) -> dict[Any, int] | None:
    """Counts by value, where the profile has them."""
    if column.get("top") is not None:
        return {one["value"]: one["count"] for one in column["top"]}
    histogram = column.get("histogram")
    if histogram and column["distinct"] <= FEW and len(histogram["edges"]) == column["distinct"] + 1:
        return dict(zip(histogram["edges"], histogram["counts"][1:-1]))
    return None


def _variation(a: Mapping[Any, int], b: Mapping[Any, int], rows_a: int, rows_b: int) -> float:
    if not rows_a or not rows_b:
        return 0.0 if rows_a == rows_b else 1.0
    both = [(a.get(value, 0) / rows_a, b.get(value, 0) / rows_b) for value in {**a, **b}]
    # Rare values that a profile does not list may be the same ones.
    rest = abs(sum(share for share, _ in both) - sum(share for _, share in both))
    listed = sum(abs(x - y) for x, y in both)
    complete = sum(a.values()) == rows_a and sum(b.values()) == rows_b
    return (listed if complete else max(0.0, listed - rest)) / 2


def _smirnov(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    points = sorted({*a["edges"], *b["edges"]})
    of_a, of_b = _function(a), _function(b)
    return max((abs(of_a(x) - of_b(x)) for x in points), default=0.0)


def _function(histogram: Mapping[str, Any]) -> Any:
    """The share of values up to x, interpolated within a bin."""
    edges: Sequence[float] = histogram["edges"]
    counts: Sequence[int] = histogram["counts"][1:-1]
    total = sum(counts) or 1
    up_to = [0.0, *(done / total for done in accumulate(counts))]

    def share(x: float) -> float:
        index = bisect_right(edges, x) - 1
        if index < 0:
            return 0.0
        if index >= len(edges) - 1:
            return 1.0
        low, high = edges[index], edges[index + 1]
        return up_to[index] + (up_to[index + 1] - up_to[index]) * (x - low) / (high - low)

    return share

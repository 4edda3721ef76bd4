"""Rows that print as a table, in a terminal and in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, overload

SHOWN = 60  # rows that are printed


class Table(Sequence[Mapping[str, Any]]):
    """A list of rows, each a dict; `to_pandas()` makes a DataFrame of them."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = (), title: str = "") -> None:
        self._rows = [dict(row) for row in rows]
        self.columns: list[str] = list(columns) or list(dict.fromkeys(name for row in self._rows for name in row))
        self.title = title

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Table: ...
    def __getitem__(self, index: int | slice) -> Mapping[str, Any] | Table:
        if isinstance(index, slice):
            return Table(self._rows[index], self.columns, self.title)
        return self._rows[index]

    def where(self, **wanted: Any) -> Table:
        """The rows that have these values: `table.where(what="metric")`."""
        rows = [row for row in self._rows if all(row.get(name) == value for name, value in wanted.items())]
        return Table(rows, self.columns, self.title)

    def to_pandas(self) -> Any:
        """A pandas DataFrame of the rows. Raises Absent where pandas is not installed."""
        from .frames import pandas

        return pandas().DataFrame(self._rows, columns=self.columns)

    def __repr__(self) -> str:
        return text_table(self.title, self.columns, [[row.get(name) for name in self.columns] for row in self._rows])

    def _repr_html_(self) -> str:
        return html_table(self.title, self.columns, [[row.get(name) for name in self.columns] for row in self._rows])


def shown(value: Any) -> str:
    """A value as a cell has it: numbers short, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    text = value if isinstance(value, str) else repr(value)
    text = text.replace("\n", " ")
    return text if len(text) <= 100 else f"{text[:99]}…"


def text_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    cells = [[shown(value) for value in row] for row in rows[:SHOWN]]
    widths = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(columns)]
    numeric = [_numbers(rows, i) for i in range(len(columns))]

    def line(row: Sequence[str]) -> str:
        padded = (cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(row, widths, numeric))
        return "  ".join(padded).rstrip()

    lines = [*([title] if title else []), *([line(list(columns))] if columns else []), *map(line, cells)]
    if len(rows) > SHOWN:
        lines.append(f"… and {len(rows) - SHOWN} more")
    return "\n".join(lines) if rows else f"{title}: nothing" if title else "nothing"


def html_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    def cells(tag: str, values: Iterable[str]) -> str:
        aligned = (
            f'<{tag} style="text-align:{"right" if right else "left"}">{html.escape(value)}</{tag}>'
            for value, right in zip(values, (_numbers(rows, i) for i in range(len(columns))))
        )
        return f"<tr>{''.join(aligned)}</tr>"

    body = "".join(cells("td", map(shown, row)) for row in rows[:SHOWN])
    more = f"<p>and {len(rows) - SHOWN} more</p>" if len(rows) > SHOWN else ""
    head = f"<caption>{html.escape(title)}</caption>" if title else ""
    return f"<table>{head}<thead>{cells('th', columns)}</thead><tbody>{body}</tbody></table>{more}"


def _numbers(rows: Sequence[Sequence[Any]], column: int) -> bool:
    values = [row[column] for row in rows if row[column] is not None]
    return bool(values) and all(isinstance(value, (int, float)) for value in values)

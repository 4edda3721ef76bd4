"""pandas and polars, where they are there."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from .failure import Absent


def pandas() -> Any:
    """The module pandas. Raises Absent (code `NotInstalled`)."""
    return _module("pandas")


def to_pandas(path: str, columns: Sequence[str] | None) -> Any:
    """A Parquet file as a pandas DataFrame: by pandas' own engine, pyarrow or fastparquet, else by DuckDB."""
    chosen = pandas()
    try:
        return chosen.read_parquet(path, columns=None if columns is None else list(columns))
    except ImportError as error:
        try:
            duckdb = importlib.import_module("duckdb")
        except ImportError:
            raise Absent(
                "NotInstalled",
                "pandas has nothing to read Parquet with",
                where=path,
                fix="install one of pyarrow, fastparquet and duckdb in this environment",
            ) from error
        relation = duckdb.read_parquet(path)
        quoted = ['"' + name.replace('"', '""') + '"' for name in columns or ()]
        return (relation if columns is None else relation.project(", ".join(quoted))).df()


def to_polars(path: str, columns: Sequence[str] | None) -> Any:
    """A Parquet file as a polars DataFrame."""
    return _module("polars").read_parquet(path, columns=None if columns is None else list(columns))


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Absent("NotInstalled", f"{name} is not installed", fix=f"install it in this environment: pip install {name}") from error

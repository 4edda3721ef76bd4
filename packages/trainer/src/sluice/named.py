"""Dictionaries that, asked for what they lack, say what they have."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from .errors import Missing, MissingAttribute

V = TypeVar("V")


class Inputs(dict[str, V], Generic[V]):
    """``job.data``: inputs by the name the pipeline gave them."""

    def __missing__(self, name: str) -> V:
        raise Missing(
            f"no input {name!r}; {_have(name, self)}",
            where="job.data",
            now="name it in the step's `data: {…}` in the pipeline, or in sluice.step(data=…) on a laptop",
        )


class Hyper(dict[str, Any]):
    """``job.hyper``: a dict whose entries also read as attributes, at every depth.

    A name that is also a dict method (``items``, ``keys``, ``copy``, …) needs brackets: ``job.hyper["items"]``.
    """

    def __init__(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__((name, _wrap(value)) for name, value in dict(values).items())

    def __missing__(self, name: str) -> Any:
        raise Missing(f"no hyper-parameter {name!r}; {_have(name, self)}", where="job.hyper", now=_HYPER_NOW)

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        raise MissingAttribute(f"no hyper-parameter {name!r}; {_have(name, self)}", where="job.hyper", now=_HYPER_NOW)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = _wrap(value)


_HYPER_NOW = "name it in the step's `hyper: {…}` in the pipeline, or read it with job.hyper.get(name, default)"


def _wrap(value: Any) -> Any:
    if isinstance(value, Hyper):
        return value
    if isinstance(value, dict):
        return Hyper(value)
    if isinstance(value, list):
        return [_wrap(item) for item in value]
    return value


def _have(name: object, names: Iterable[str]) -> str:
    known = sorted(map(str, names))
    if not known:
        return "there are none"
    close = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    shown = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    return f"{hint}there is: {shown}"

"""The events file: one JSON object a line, each line whole, appended by one write()."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Union

from .errors import EventsUnwritable, InvalidEvent

Event = Mapping[str, Any]
Number = Union[int, float]


class Events(Protocol):
    """Where events go: the file the worker reads, or a person's terminal."""

    def send(self, event: Event) -> None: ...

    def close(self) -> None: ...


class EventsFile:
    """Appends to the file `SLUICE_EVENTS` points at. Safe to call from threads and from forked children."""

    def __init__(self, path: Path) -> None:
        self._where = f"SLUICE_EVENTS={path}"
        self._lock = threading.Lock()
        self._unfinished = b""
        self._pid = os.getpid()
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise self._unwritable(error) from error

    def send(self, event: Event) -> None:
        """Write one event, whole or not at all.

        A disk that fills up within a line leaves its tail here; the next call completes that line before its own.
        """
        line = encode(event)
        if os.getpid() != self._pid:  # a forked child: the lock may be held by a thread that is not here
            self._pid, self._lock, self._unfinished = os.getpid(), threading.Lock(), b""
        with self._lock:
            if self._unfinished:
                self._append(self._unfinished)
            self._append(line)

    def close(self) -> None:
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _append(self, data: bytes) -> None:
        written = 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            if written or self._unfinished:
                self._unfinished = data[written:]
            raise self._unwritable(error) from error
        self._unfinished = b""

    def _unwritable(self, error: OSError) -> EventsUnwritable:
        return EventsUnwritable(
            f"cannot write to the events file: {error.strerror}",
            where=self._where,
            now="free disk space or fix the permissions on the worker; the step can be retried from its last checkpoint",
        )


def encode(event: Event) -> bytes:
    """One line of strict JSON: ASCII only, no NaN literals, newline at the end."""
    try:
        text = json.dumps(_json(event, str(event.get("type"))), allow_nan=False, separators=(",", ":"))
    except RecursionError as error:
        raise InvalidEvent(f"{event.get('type')}: the value contains itself", now="pass plain JSON values") from error
    return text.encode("ascii") + b"\n"


def number(name: str, value: object) -> Number:
    """A metric as int or float; NumPy and PyTorch scalars are unpacked, booleans count 0 and 1."""
    if isinstance(value, (bool, int)):
        return int(value)
    if isinstance(value, float):
        return float(value)
    for unpack in (getattr(value, "item", None), getattr(value, "__float__", None)):
        if unpack is None:
            continue
        try:
            return number(name, unpack())
        except (TypeError, ValueError, RuntimeError) as error:
            raise _not_a_number(name, value) from error
    raise _not_a_number(name, value)


def _not_a_number(name: str, value: object) -> InvalidEvent:
    return InvalidEvent(
        f"metric {name!r} is not a number but {type(value).__name__}: {str(value)[:60]}",
        now="log one number per metric; for anything else there are job.info and job.result",
    )


def _json(value: Any, at: str) -> Any:
    """The same value in JSON's own types, non-finite numbers as "NaN", "Infinity", "-Infinity"."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {_key(key, at): _json(item, f"{at}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item, f"{at}.{index}") for index, item in enumerate(value)]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):  # NumPy and PyTorch, scalars and arrays
        return _json(value.tolist(), at)
    raise InvalidEvent(f"{at}: JSON cannot carry {type(value).__name__}", now="turn it into numbers, strings, lists or dicts")


def _key(key: object, at: str) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, int):
        return str(int(key))
    raise InvalidEvent(f"{at}: a key must be a string, not {type(key).__name__} {key!r}", now="use strings as keys")

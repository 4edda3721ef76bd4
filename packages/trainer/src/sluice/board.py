"""What the ranks of one step tell each other: one small JSON file behind a lock that its holder's death frees."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import RanksApart

State = dict[str, Any]


class Board:
    """Ranks are processes of one machine, so a file in the attempt's directory reaches them all, without a network."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def open(self) -> Iterator[State]:
        """The state, alone; what the block changed in it is there for all once it ends."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            text = os.pread(file, os.fstat(file).st_size, 0)
            state = self._parsed(text)
            yield state
            fresh = json.dumps(state).encode() + b"\n"
            if fresh != text:
                os.pwrite(file, fresh, 0)
                os.ftruncate(file, len(fresh))
        finally:
            os.close(file)

    def _parsed(self, text: bytes) -> State:
        if not text:
            return {"ranks": {}, "due": None, "go": 0, "outcome": None}
        try:
            state = json.loads(text)
        except ValueError as error:
            raise RanksApart(
                "a rank died while it told the others where it is",
                where=str(self._path),
                now="nothing: the step is resumed from its last checkpoint",
            ) from error
        assert isinstance(state, dict)
        return state


def identity(pid: int) -> str | None:
    """Tells a process from a later one of the same number; None when there is no such process."""
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]  # state; start time, in clock ticks since boot
    if os.path.isdir("/proc/self"):
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""

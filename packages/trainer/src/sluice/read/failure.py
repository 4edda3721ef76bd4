"""What can go wrong while reading, by the codes that the command uses (docs/errors.md)."""

from __future__ import annotations

from typing import Any

from ..errors import SluiceError


class ReadError(SluiceError):
    """The command could not answer; ``code`` says why, ``fix`` what to do now."""

    def __init__(self, code: str, what: str, *, where: str = "", fix: str = "") -> None:
        self.code = code
        super().__init__(what, where=where, now=fix)


class Absent(ReadError, AttributeError):
    """A step or an artifact does not have what was asked of it: ``hasattr`` is False."""


def told(error: dict[str, Any]) -> ReadError:
    """The error in an answer of the command."""
    return ReadError(
        str(error.get("code") or "Internal"),
        str(error.get("message") or "the command failed and did not say why"),
        where=str(error.get("where") or ""),
        fix=str(error.get("fix") or ""),
    )

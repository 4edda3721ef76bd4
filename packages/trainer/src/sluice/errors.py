"""What can go wrong, each with a stable ``code`` and a message of what, where and what now."""

from __future__ import annotations


class SluiceError(Exception):
    """Base of every error this package raises on its own behalf.

    ``code`` is stable over releases; ``what``, ``where`` and ``fix`` (what to do now) are parts of the message.
    """

    code: str = "SluiceError"

    def __init__(self, what: str, *, where: str = "", now: str = "") -> None:
        self.what = what
        self.where = where
        self.fix = now
        lines = [f"{what} [{self.code}]"]
        if where:
            lines.append(f"  where: {where}")
        if now:
            lines.append(f"  what now: {now}")
        super().__init__("\n".join(lines))

    def __str__(self) -> str:
        # KeyError would print the repr of the message, with its newlines escaped.
        return str(self.args[0])


class InvalidStepFile(SluiceError):
    """The step file is missing, unreadable or not what protocol 1 says."""

    code = "InvalidStepFile"


class UnsupportedProtocol(SluiceError):
    """The step file speaks a protocol version this package does not know."""

    code = "UnsupportedProtocol"


class EventsUnwritable(SluiceError):
    """An event could not be written in full: no permission, disk full, file gone."""

    code = "EventsUnwritable"


class InvalidEvent(SluiceError, TypeError):
    """A value handed to ``log``, ``progress`` or ``result`` is not something JSON can carry."""

    code = "InvalidEvent"


class InvalidCheckpoint(SluiceError):
    """A checkpoint that must not be announced, or cannot be resumed from."""

    code = "InvalidCheckpoint"


class RanksApart(SluiceError, RuntimeError):
    """What every rank of a step has to do together did not happen in all of them; nothing was announced."""

    code = "RanksApart"


class InvalidModel(SluiceError):
    """``save_model`` was given something that is not a model directory."""

    code = "InvalidModel"


class Misuse(SluiceError, RuntimeError):
    """The API was called out of order, for example after the ``with`` block ended."""

    code = "Misuse"


class Missing(SluiceError, KeyError):
    """A named input or hyper-parameter that this step does not have."""

    code = "Missing"


class MissingAttribute(SluiceError, AttributeError):
    """``job.hyper.name`` for a name that is not there."""

    code = "Missing"

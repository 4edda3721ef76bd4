"""The step file (protocol 1): read, checked field by field, turned into plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, Optional

from .errors import InvalidStepFile, UnsupportedProtocol
from .inputs import Checkpoint, Data, Model
from .named import Hyper, Inputs
from .version import __version__

PROTOCOL = 1


@dataclass(frozen=True)
class Step:
    """Everything a step is told before it starts."""

    run: str
    step: str
    name: str
    attempt: int
    seed: int
    data: Inputs[Data]
    hyper: Hyper
    output: Path
    checkpoints: Path
    keys: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[Model, ...] = ()
    resume: Optional[Checkpoint] = None
    gpus: int = 0
    interruptible: bool = False


def read_step_file(path: Path) -> Step:
    """Parse the file `SLUICE_STEP` points at; unknown fields are ignored.

    Raises InvalidStepFile or UnsupportedProtocol, naming the file and the field.
    """
    fields = _Fields(_load(path), f"SLUICE_STEP={path}", "")
    protocol = fields.values.get("protocol")
    if protocol != PROTOCOL or isinstance(protocol, bool):
        raise UnsupportedProtocol(
            f"the step file speaks protocol {json.dumps(protocol)}, this is sluice-python {__version__}, which speaks {PROTOCOL}",
            where=fields.where,
            now="use the sluice package that belongs to your worker (unpin `sluice` in the trainer's environment), or upgrade the older side",
        )
    resume = fields.optional_object("resume")
    return Step(
        run=fields.text("run"),
        step=fields.text("step"),
        name=fields.text("name"),
        attempt=fields.integer("attempt"),
        seed=fields.integer("seed"),
        keys=fields.values_of("keys"),
        data=Inputs({name: _data(fields.child("data", name)) for name in fields.values_of("data")}),
        models=tuple(_model(item) for item in fields.children("models")),
        hyper=Hyper(fields.values_of("hyper")),
        output=fields.path("output"),
        checkpoints=fields.path("checkpoints"),
        resume=None if resume is None else Checkpoint(step=resume.integer("step"), path=resume.path("path")),
        gpus=fields.integer("gpus", default=0),
        interruptible=fields.values.get("interruptible", False) is True,
    )


def _load(path: Path) -> dict[str, Any]:
    where = f"SLUICE_STEP={path}"
    now = "the worker writes this file: run the script by `sluice step`, or unset SLUICE_STEP to run it alone"
    try:
        value = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise InvalidStepFile(f"cannot read the step file: {error.strerror}", where=where, now=now) from error
    except (ValueError, RecursionError) as error:
        raise InvalidStepFile(f"the step file is not JSON: {error}", where=where, now=now) from error
    if not isinstance(value, dict):
        raise InvalidStepFile(f"the step file is not a JSON object but {_kind(value)}", where=where, now=now)
    return value


def _data(fields: _Fields) -> Data:
    rows = fields.values.get("rows")
    return Data(
        path=fields.path("path"),
        digest=fields.optional_text("digest"),
        rows=None if rows is None else fields.integer("rows"),
    )


def _model(fields: _Fields) -> Model:
    return Model(
        name=fields.text("name"),
        path=fields.path("path"),
        keys=fields.values_of("keys"),
        digest=fields.optional_text("digest"),
    )


@dataclass(frozen=True)
class _Fields:
    """One JSON object of the step file, read by field; complains with the field's full name."""

    values: dict[str, Any]
    where: str
    prefix: str

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return value if isinstance(value, str) else self._wrong(name, "a string")

    def optional_text(self, name: str) -> str | None:
        return None if self.values.get(name) is None else self.text(name)

    def integer(self, name: str, default: int | None = None) -> int:
        value = self.values.get(name, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return self._wrong(name, "a whole number")

    def path(self, name: str) -> Path:
        path = Path(self.text(name))
        return path if path.is_absolute() else self._wrong(name, "an absolute path")

    def values_of(self, name: str) -> dict[str, Any]:
        """The object called `name`, empty when it is left out."""
        value = self.values.get(name, {})
        return value if isinstance(value, dict) else self._wrong(name, "an object")

    def optional_object(self, name: str) -> _Fields | None:
        if self.values.get(name) is None:
            return None
        return _Fields(self.values_of(name), self.where, f"{self.prefix}{name}.")

    def child(self, parent: str, name: str) -> _Fields:
        return self._object(self.values_of(parent)[name], f"{parent}.{name}")

    def children(self, name: str) -> list[_Fields]:
        """The list of objects called `name`, empty when it is left out."""
        value = self.values.get(name, [])
        items = value if isinstance(value, list) else self._wrong(name, "a list")
        return [self._object(item, f"{name}.{index}") for index, item in enumerate(items)]

    def _object(self, value: object, name: str) -> _Fields:
        if not isinstance(value, dict):
            self._wrong(name, "an object", value)
        return _Fields(value, self.where, f"{self.prefix}{name}.")

    def _wrong(self, name: str, expected: str, *value: object) -> NoReturn:
        found = value or ((self.values[name],) if name in self.values else ())
        got = _kind(found[0]) if found else "nothing"
        raise InvalidStepFile(f"{self.prefix}{name}: expected {expected}, got {got}", where=self.where, now=_REPORT)


_REPORT = "the worker that wrote the file and this package disagree on protocol 1: use the versions that ship together"


def _kind(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"

"""Events for a person: what a step prints to stderr when it runs outside Sluice."""

from __future__ import annotations

import json
import sys
from typing import TextIO

from .events import Event, encode


class Console:
    """Prints each event as one short line. Values that Sluice would refuse are refused here too."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr

    def send(self, event: Event) -> None:
        text = _line(json.loads(encode(event)))
        if text:
            print(f"sluice: {text}", file=self._out, flush=True)

    def close(self) -> None:
        pass


def _line(event: dict[str, object]) -> str:
    kind, values = event["type"], event.get("values")
    if kind == "metric" and isinstance(values, dict):
        return f"step {event['step']}  " + "  ".join(f"{name} {_short(value)}" for name, value in values.items())
    if kind == "progress":
        return f"{event['step']}/{event['total']} {event['unit']}"
    if kind == "checkpoint":
        return f"checkpoint at step {event['step']}: {event['path']}"
    if kind == "model":
        return f"model: {event['path']}"
    if kind == "log":
        level = event["level"]
        return str(event["message"]) if level == "info" else f"{level}: {event['message']}"
    if kind == "result":
        return f"result: {json.dumps(event['value'], ensure_ascii=False)}"
    return ""


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)

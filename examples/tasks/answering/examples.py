"""An example to learn from, and what of a caller's record is the caller's mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Answer = Callable[[Any], Any]
"""From an input to an answer, both JSON. Raises BadInput."""


@dataclass(frozen=True)
class Example:
    id: str
    category: str
    input: Any
    expected: Any


class BadInput(ValueError):
    """The caller's mistake."""


def text_of(input: Any, what: str) -> str:
    """JSON may hold half of a sign, which is no text that anything can be learned of."""
    if isinstance(input, str) and input.strip() and not any("\ud800" <= sign <= "\udfff" for sign in input):
        return input
    raise BadInput(f"input: expected {what}, got {json.dumps(input)[:60]}")

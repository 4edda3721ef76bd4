"""From flights as columns to a matrix of numbers, by an *encoder*: plain JSON that travels inside the model.

Month and day of the year are left out on purpose: the model answers for months it was not trained on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Columns = Mapping[str, Sequence[Any]]
Encoder = dict[str, Any]

TEXT = ("carrier", "dest")
WHOLE = ("year", "month", "day", "sched_dep_time", "sched_arr_time", "distance")
INPUTS = (*WHOLE, "origin", *TEXT, "dep_delay")
"""What a request holds. `dep_delay` may be null: the question is then asked before departure."""

DELAY, KNOWN = 0, 2
"""Columns of the matrix that depend on `dep_delay`: its value twice (plain and squashed), and whether it is known."""


def fit_encoder(flights: Columns, *, least: int = 20) -> Encoder:
    """Learns vocabularies and scales. Values seen fewer than `least` times share one row: none."""
    known = _minutes([delay for delay in flights["dep_delay"] if delay is not None])
    return {
        "categories": {name: _vocabulary(flights[name], least) for name in TEXT},
        "numbers": {
            "dep_delay": {"impute": float(np.median(known)), "scale": 30.0},
            "distance": _scale(_minutes(flights["distance"])),
            "block": _scale(_block(flights)),
        },
    }


def width(encoder: Encoder) -> int:
    return KNOWN + 1 + 2 + 4 + 7 + sum(len(values) for values in encoder["categories"].values())


def encode(flights: Columns, encoder: Encoder) -> tuple[np.ndarray, np.ndarray]:
    """The matrix, and the departure delays in minutes with gaps filled: what the network's answer is added to."""
    delay, known = departure(flights, encoder)
    clock = _clock(flights["sched_dep_time"]) * (2 * np.pi / 1440)
    numbers = encoder["numbers"]
    parts = [
        delay_columns(delay, known, encoder),
        _scaled(_minutes(flights["distance"]), numbers["distance"]),
        _scaled(_block(flights), numbers["block"]),
        np.stack([np.sin(clock), np.cos(clock), np.sin(2 * clock), np.cos(2 * clock)], axis=1),
        _one_hot(_weekday(flights), range(7)),
        *(_one_hot(flights[name], values) for name, values in encoder["categories"].items()),
    ]
    return np.concatenate(parts, axis=1).astype(np.float32), delay.astype(np.float32)


def departure(flights: Columns, encoder: Encoder) -> tuple[np.ndarray, np.ndarray]:
    """Departure delays in minutes with gaps filled, and 1 where a delay was known."""
    delays = flights["dep_delay"]
    known = np.array([delay is not None for delay in delays], dtype=np.float64)
    if known.all():
        return _minutes(delays), known
    fill = encoder["numbers"]["dep_delay"]["impute"]
    return _minutes([fill if delay is None else delay for delay in delays]), known


def delay_columns(delay: np.ndarray, known: np.ndarray, encoder: Encoder) -> np.ndarray:
    scale = encoder["numbers"]["dep_delay"]["scale"]
    return np.stack([np.clip(delay / scale, -2, 20), np.tanh(delay / scale), known], axis=1)


def _vocabulary(values: Sequence[str], least: int) -> list[str]:
    return sorted(value for value, count in Counter(values).items() if count >= least)


def _one_hot(values: Sequence[Any], vocabulary: Sequence[Any]) -> np.ndarray:
    index = {value: column for column, value in enumerate(vocabulary)}
    columns = np.array([index.get(value, -1) for value in values], dtype=np.int64)
    rows = np.flatnonzero(columns >= 0)
    matrix = np.zeros((len(values), len(vocabulary)))
    matrix[rows, columns[rows]] = 1
    return matrix


def _scale(values: np.ndarray) -> dict[str, float]:
    return {"mean": float(values.mean()), "scale": float(values.std()) or 1.0}


def _scaled(values: np.ndarray, by: Mapping[str, float]) -> np.ndarray:
    return ((values - by["mean"]) / by["scale"])[:, np.newaxis]


def _minutes(values: Sequence[Any]) -> np.ndarray:
    return np.asarray(values, dtype=np.float64)


def _clock(hhmm: Sequence[Any]) -> np.ndarray:
    """Minutes since midnight of a local time written as 1735 for 17:35."""
    times = np.asarray(hhmm, dtype=np.int64)
    return (times // 100 * 60 + times % 100).astype(np.float64)


def _block(flights: Columns) -> np.ndarray:
    """Scheduled minutes from gate to gate, by local clocks: off by the time zone, which the destination tells."""
    return np.mod(_clock(flights["sched_arr_time"]) - _clock(flights["sched_dep_time"]), 1440)


def _weekday(flights: Columns) -> list[int]:
    """0 for Monday."""
    months = np.asarray(flights["year"], dtype=np.int64) * 12 + np.asarray(flights["month"], dtype=np.int64) - 1
    days = (months - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return ((days + np.asarray(flights["day"], dtype=np.int64) - 1 + 3) % 7).tolist()

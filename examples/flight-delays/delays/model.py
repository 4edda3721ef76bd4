"""A model directory: one network per airport, and one file that lists them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .features import INPUTS, WHOLE, Encoder, encode, width
from .network import Network, network, predict

FORMAT = 1


class BadRequest(ValueError):
    """The caller's mistake: a flight that cannot be read, or one that no model here is for."""


class DelayModel:
    """Predicts arrival delays of flights out of the airports it has a network for."""

    def __init__(self, airports: Mapping[str, tuple[Encoder, Network]]) -> None:
        self.airports = airports

    def predict(self, records: Sequence[Any]) -> list[float]:
        """Minutes of delay on arrival, one per record. Raises BadRequest with the place of the first mistake."""
        flights = [_flight(record, f"dataframe_records.{index}") for index, record in enumerate(records)]
        answers = np.zeros(len(flights))
        for origin in sorted({flight["origin"] for flight in flights}):
            if origin not in self.airports:
                raise BadRequest(
                    f"origin: no model for airport {origin!r}; there is: {', '.join(sorted(self.airports))}"
                )
            encoder, net = self.airports[origin]
            rows = [index for index, flight in enumerate(flights) if flight["origin"] == origin]
            columns = {name: [flights[row][name] for row in rows] for name in INPUTS}
            answers[rows] = predict(net, *encode(columns, encoder))
        return [round(float(answer), 2) for answer in answers]


def load_model(folder: Path) -> DelayModel:
    about = _read(folder / "model.json")
    return DelayModel({airport: load_airport(folder / place["path"]) for airport, place in about["airports"].items()})


def load_airport(folder: Path) -> tuple[Encoder, Network]:
    about = _read(folder / "model.json")
    weights = np.load(folder / "weights.npy", allow_pickle=False)
    return about["encoder"], network(weights, width(about["encoder"]), about["units"])


def _read(path: Path) -> dict[str, Any]:
    about = json.loads(path.read_text(encoding="utf-8"))
    if about.get("format") != FORMAT:
        raise ValueError(f"{path}: format {about.get('format')!r}, this code reads {FORMAT}")
    return about


def _flight(record: Any, where: str) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise BadRequest(f"{where}: expected an object, got {_kind(record)}")
    flight = {name: record.get(name) for name in INPUTS}
    for name, value in flight.items():
        if name == "dep_delay":
            good, expected = value is None or _is_number(value), "a number or null"
        elif name in WHOLE:
            good, expected = _is_number(value) and value == int(value) and 0 <= value < 1e5, "a whole number"
        else:
            good, expected = isinstance(value, str), "text"
        if not good:
            raise BadRequest(f"{where}.{name}: expected {expected}, got {_kind(value)}")
    if not (1970 <= flight["year"] < 10_000 and 1 <= flight["month"] <= 12 and 1 <= flight["day"] <= 31):
        raise BadRequest(f"{where}: {flight['year']}-{flight['month']}-{flight['day']} is not a date")
    return flight


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e6


def _kind(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return "nothing" if value is None else text if len(text) <= 60 else f"{text[:60]}…"

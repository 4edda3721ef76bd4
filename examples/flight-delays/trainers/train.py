"""Trains the model of one airport: minutes of delay on arrival, from what is known when a flight leaves its gate.

Deterministic: one thread, one seed, and a checkpoint holds everything the next step depends on, so a run that was
killed and resumed ends with the same bytes as one that was not.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

# Sums in several threads are not always added up in the same order. Must be set before NumPy is loaded.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb
import numpy as np

import sluice
from delays.features import DELAY, INPUTS, KNOWN, delay_columns, encode, fit_encoder, width
from delays.network import fresh_weights, gradient, network, predict

MOMENTUM = 0.9
ASKED_EARLY = 0.1
"""Share of a batch whose departure delay is hidden, so that the model can also be asked before departure."""


def main() -> None:
    with sluice.step(data={"flights": "data/flights.parquet"}, hyper={"airport": "EWR", "epochs": 20}) as job:
        train(job)


def train(job: sluice.Job) -> None:
    airport, epochs = job.hyper.airport, job.hyper.epochs
    batch, units, rate = job.hyper.get("batch", 256), job.hyper.get("units", 64), job.hyper.get("rate", 0.1)
    flights = read_flights(job.data["flights"].path, airport)
    encoder = fit_encoder(flights)
    x, departure = encode(flights, encoder)
    arrival = np.asarray(flights["arr_delay"], dtype=np.float32)
    unknown = np.float32(encoder["numbers"]["dep_delay"]["impute"])
    unknown_columns = delay_columns(np.array([unknown]), np.zeros(1), encoder)[0].astype(np.float32)

    held_out = np.arange(len(x)) % 10 == 0
    rows = np.flatnonzero(~held_out)
    batches = -(-len(rows) // batch)
    total = epochs * batches
    state = restore(job.resume(), job.seed, width(encoder), units)
    net = network(state.weights, width(encoder), units)
    job.info(f"{airport}: {len(x)} flights, {total} steps of {batch}, from step {state.step}")

    for step in range(state.step + 1, total + 1):
        at = (step - 1) % batches
        if at == 0:
            state.order = state.rng.permutation(rows)
        pick = state.order[at * batch : (at + 1) * batch]
        inputs, left = x[pick], departure[pick]
        early = state.rng.random(len(pick)) < ASKED_EARLY
        inputs[early, DELAY : KNOWN + 1] = unknown_columns
        left[early] = unknown
        loss, slope = gradient(net, inputs, left, arrival[pick])
        state.velocity *= np.float32(MOMENTUM)
        state.velocity -= np.float32(rate * (1 + np.cos(np.pi * step / total)) / 2) * slope
        state.weights += state.velocity
        state.step = step
        state.loss = loss if step == 1 else 0.98 * state.loss + 0.02 * loss

        if step % max(1, total // 20) == 0 or step == total:
            job.progress(step, total)
            job.log(step=step, loss=state.loss, mae=error(net, x, departure, arrival, held_out))
        if step < total and job.should_checkpoint(step, every=max(1, total // 12)):
            job.checkpoint(step, state.save)

    about = {
        "format": 1,
        "airport": airport,
        "flights": len(x),
        "months": sorted({f"{year}-{month:02d}" for year, month in zip(flights["year"], flights["month"])}),
        "units": units,
        "mae": error(net, x, departure, arrival, held_out),
        "encoder": encoder,
    }
    job.save_model(lambda folder: write_model(folder, about, state.weights))


def read_flights(path: Path, airport: str) -> dict[str, list]:
    """The airport's flights that arrived, in the order of the file, as columns."""
    names = (*INPUTS, "arr_delay")
    with duckdb.connect(config={"threads": 1}) as database:
        table = database.execute(
            f"select {', '.join(names)} from read_parquet($path) where origin = $airport and arr_delay is not null",
            {"path": str(path), "airport": airport},
        ).fetchall()
        if not table:
            known = database.execute("select distinct origin from read_parquet($path) order by 1", {"path": str(path)})
            have = ", ".join(origin for (origin,) in known.fetchall()) or "none"
            raise SystemExit(f"no flights out of {airport!r} in {path.name}; it has: {have}")
    return {name: list(column) for name, column in zip(names, zip(*table))}


def error(net, x, departure, arrival, held_out) -> float:
    """Mean absolute error in minutes over every tenth flight, which is never trained on."""
    return float(np.abs(predict(net, x[held_out], departure[held_out]) - arrival[held_out]).mean())


class State:
    """All that changes while training: weights, momentum, random generator, order of this epoch, step."""

    def __init__(self, weights, velocity, order, rng, step, loss) -> None:
        self.weights, self.velocity, self.order = weights, velocity, order
        self.rng, self.step, self.loss = rng, step, loss

    def save(self, folder: Path) -> None:
        np.save(folder / "weights.npy", self.weights)
        np.save(folder / "velocity.npy", self.velocity)
        np.save(folder / "order.npy", self.order)
        numbers = {"step": self.step, "loss": self.loss, "rng": self.rng.bit_generator.state}
        (folder / "state.json").write_text(json.dumps(numbers))


def restore(checkpoint: sluice.Checkpoint | None, seed: int, inputs: int, units: int) -> State:
    rng = np.random.Generator(np.random.PCG64(seed))
    if checkpoint is None:
        weights = fresh_weights(rng, inputs, units)
        return State(weights, np.zeros_like(weights), np.zeros(0, dtype=np.int64), rng, 0, 0.0)
    weights, velocity, order = (np.load(checkpoint.path / f"{name}.npy") for name in ("weights", "velocity", "order"))
    numbers = json.loads((checkpoint.path / "state.json").read_text())
    rng.bit_generator.state = numbers["rng"]
    return State(weights, velocity, order, rng, numbers["step"], numbers["loss"])


def write_model(folder: Path, about: dict, weights: np.ndarray) -> None:
    """Two files without a date in them: the same training makes the same bytes."""
    np.save(folder / "weights.npy", weights)
    (folder / "model.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

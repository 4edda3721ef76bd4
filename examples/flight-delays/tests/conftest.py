"""Made-up flights, and trainers run as a worker runs them: real processes that read a step file."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

EXAMPLE = Path(__file__).resolve().parents[1]
TRAINER = EXAMPLE.parents[1] / "packages" / "trainer" / "src"
sys.path[:0] = [str(EXAMPLE), str(EXAMPLE / "trainers"), str(EXAMPLE / "data"), str(TRAINER)]


@pytest.fixture(scope="session")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Parquet file of 4,000 flights out of two airports, with the columns of the pipeline's extract."""
    path = tmp_path_factory.mktemp("data") / "flights.parquet"
    draw = random.Random(7)
    rows = []
    for _ in range(4000):
        month, hour, delay = draw.randint(1, 4), draw.randint(6, 21), round(draw.expovariate(0.05)) - 10
        made_up = draw.choice([4, 8, 12])
        rows.append(
            (2013, month, draw.randint(1, 28), draw.choice(["UA", "B6", "DL"]), draw.choice(["EWR", "JFK"]))
            + (draw.choice(["IAH", "MIA", "BOS"]), hour * 100 + 15, hour % 20 * 100 + 300, draw.choice([200, 1400]))
            + (float(delay), float(delay - made_up + draw.randint(-5, 5)))
        )
    with duckdb.connect() as database:
        database.execute(
            "create table flights (year int, month int, day int, carrier text, origin text, dest text, "
            "sched_dep_time int, sched_arr_time int, distance int, dep_delay double, arr_delay double)"
        )
        database.executemany(f"insert into flights values ({', '.join('?' * 11)})", rows)
        database.execute(f"copy flights to '{path}'")
    return path


@dataclass
class Attempt:
    """One attempt at one step, under way or over."""

    process: subprocess.Popen[str]
    folder: Path

    def events(self, type: str) -> list[dict[str, Any]]:
        """Whole lines of the events file of one type."""
        file = self.folder / "events.jsonl"
        lines = file.read_text().split("\n")[:-1] if file.exists() else []
        return [event for event in map(json.loads, lines) if event["type"] == type]

    def wait_for(self, done: Callable[[], bool]) -> None:
        """Until `done()`, which must come true before the process ends."""
        deadline = time.monotonic() + 60
        while not done():
            assert self.process.poll() is None, f"ended first: {self.process.communicate()}"
            assert time.monotonic() < deadline, "not within a minute"
            time.sleep(0.002)

    def end(self) -> tuple[int, str]:
        """Exit code and stderr."""
        _, stderr = self.process.communicate(timeout=60)
        return self.process.returncode, stderr

    def output(self) -> dict[str, bytes]:
        root = self.folder / "output"
        return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


Start = Callable[..., Attempt]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory):
    """`start(script, data=…, hyper=…)` starts an attempt; none outlives its module."""
    attempts: list[Attempt] = []

    def start(script: str, **fields: Any) -> Attempt:
        folder = tmp_path_factory.mktemp("attempt")
        step = {
            "protocol": 1,
            "run": "flight-delays/test",
            "step": "airport=EWR/delay",
            "name": "delay",
            "keys": {"airport": "EWR"},
            "attempt": len(attempts) + 1,
            "seed": 0,
            "data": {},
            "models": [],
            "hyper": {},
            "output": str(folder / "output"),
            "checkpoints": str(folder / "checkpoints"),
            "resume": None,
            **fields,
        }
        (folder / "step.json").write_text(json.dumps(step))
        env = {
            **os.environ,
            "PYTHONPATH": str(TRAINER),
            "SLUICE_STEP": str(folder / "step.json"),
            "SLUICE_EVENTS": str(folder / "events.jsonl"),
        }
        process = subprocess.Popen(
            [sys.executable, str(EXAMPLE / script)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        attempts.append(Attempt(process, folder))
        return attempts[-1]

    yield start
    for attempt in attempts:
        if attempt.process.poll() is None:
            attempt.process.kill()
        attempt.process.communicate()


@pytest.fixture(scope="module")
def train(start: Start, flights: Path) -> Start:
    """`train(airport=…, epochs=…, resume=…)` starts a training attempt."""

    def train(airport: str = "EWR", epochs: int = 60, resume: dict[str, Any] | None = None, **hyper: Any) -> Attempt:
        return start(
            "trainers/train.py",
            data={"flights": {"path": str(flights), "digest": None, "rows": 4000}},
            hyper={"airport": airport, "epochs": epochs, **hyper},
            resume=resume,
        )

    return train

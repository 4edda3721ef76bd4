"""Real trainers: scripts run as subprocesses, the way a worker spawns them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import pytest

SRC = Path(__file__).resolve().parent.parent / "src"
PATIENCE = 30.0  # seconds a test waits for something that must happen


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait for `condition` to be true and return what it gave."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"gave up waiting until {what}")


@dataclass
class Worker:
    """The other side of the protocol: writes the step file, spawns the script, reads the events."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def step_file(self) -> Path:
        return self.root / "step.json"

    @property
    def events_file(self) -> Path:
        return self.root / "events.jsonl"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def output(self) -> Path:
        return self.root / "output"

    def spec(self, **changes: Any) -> dict[str, Any]:
        return {
            "protocol": 1,
            "run": "flight-delays/2013-02-01",
            "step": "airport=EWR/delay",
            "name": "delay",
            "keys": {"airport": "EWR"},
            "attempt": 1,
            "seed": 12345,
            "data": {},
            "models": [],
            "hyper": {},
            "output": str(self.output),
            "checkpoints": str(self.checkpoints),
            "resume": None,
            "gpus": 0,
            "interruptible": True,
            **changes,
        }

    def write(self, **changes: Any) -> None:
        self.output.mkdir(exist_ok=True)
        self.checkpoints.mkdir(exist_ok=True)
        self.step_file.write_text(json.dumps(self.spec(**changes)))

    def start(self, script: str, **changes: Any) -> subprocess.Popen[str]:
        if not self.step_file.exists():
            self.write(**changes)
        self.events_file.touch()
        return self.spawn(script, SLUICE_STEP=str(self.step_file), SLUICE_EVENTS=str(self.events_file))

    def start_ranks(self, script: str, world: int = 4, only: Sequence[int] | None = None, **changes: Any) -> list[subprocess.Popen[str]]:
        """The script in several processes that know of each other by RANK and WORLD_SIZE, as a launcher starts them; or in some."""
        self.write(**changes)
        self.events_file.touch()
        env = {"SLUICE_STEP": str(self.step_file), "SLUICE_EVENTS": str(self.events_file), "WORLD_SIZE": str(world)}
        return [self.spawn(script, **env, RANK=str(rank)) for rank in (range(world) if only is None else only)]

    def run_ranks(self, script: str, world: int = 4, **changes: Any) -> list[tuple[int, str]]:
        """Exit code and stderr of each rank."""
        return [finish(process) for process in self.start_ranks(script, world, **changes)]

    def spawn(self, script: str, launcher: Sequence[str] = (), **env: str) -> subprocess.Popen[str]:
        path = self.root / "train.py"
        text = "import sluice\n" + textwrap.dedent(script)
        if not path.exists() or path.read_text(encoding="utf-8") != text:  # another rank may be about to read it
            path.write_text(text, encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, *launcher, str(path)],
            cwd=self.root,
            env={**_plain_environment(), "PYTHONPATH": str(SRC), **env, **self.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def run(self, script: str, **changes: Any) -> tuple[int, str]:
        """Exit code and stderr of the finished script."""
        return finish(self.start(script, **changes))

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        lines = self.events_file.read_bytes().split(b"\n")
        assert all(_strict(line) for line in lines[:-1])
        events = [_strict(line) for line in lines[:-1]]
        return [event for event in events if kind is None or event["type"] == kind]

    def await_event(self, kind: str, **fields: Any) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            for process in self.processes:
                assert process.poll() is None, f"ended early: {process.communicate()}"
            return next((e for e in self.events(kind) if all(e.get(k) == v for k, v in fields.items())), None)

        event: dict[str, Any] = until(found, f"a {kind} event with {fields}")
        return event


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, stderr = process.communicate(timeout=PATIENCE)
    return process.returncode, stderr


def _strict(line: bytes) -> dict[str, Any]:
    def refuse(literal: str) -> None:
        raise AssertionError(f"{literal} is not JSON: {line!r}")

    event = json.loads(line, parse_constant=refuse)
    assert isinstance(event, dict)
    return event


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SLUICE_")}


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path)
    yield worker
    for process in worker.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()

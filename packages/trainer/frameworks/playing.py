"""What the tests of frameworks share: a training that is disturbed must tell the same losses as one that is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import conftest
from conftest import Worker, until

conftest.PATIENCE = 300.0  # seconds; importing a framework takes many on a busy machine

QUIET = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "KERAS_BACKEND": "torch"}


def fresh(root: Path, name: str) -> Worker:
    folder = root / name
    folder.mkdir()
    return Worker(folder, env=dict(QUIET))


def attempt(worker: Worker, script: str, number: int, *, ranks: int = 1, **changes: Any) -> subprocess.Popen[str]:
    """Starts the next attempt, from the last checkpoint that is there."""
    checkpoints = worker.events("checkpoint") if worker.events_file.exists() else []
    last = checkpoints[-1] if checkpoints else None
    worker.write(attempt=number, resume=last and {"step": last["step"], "path": last["path"]}, **changes)
    worker.processes.clear()
    if ranks == 1:
        return worker.start(script)
    worker.events_file.touch()
    launcher = ["-m", "sluice.torchrun", "--standalone", "--nproc-per-node", str(ranks)]
    return worker.spawn(script, launcher, SLUICE_STEP=str(worker.step_file), SLUICE_EVENTS=str(worker.events_file))


def ended(process: subprocess.Popen[str]) -> int:
    """Exit code; the whole of what it printed where that is an error."""
    try:
        stdout, stderr = process.communicate(timeout=conftest.PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    if process.returncode not in (0, 75, -signal.SIGKILL):
        sys.stderr.write(stdout + stderr)
    return process.returncode


def at_step(worker: Worker, step: int) -> None:
    def there() -> bool:
        assert all(process.poll() is None for process in worker.processes), worker.processes[-1].communicate()
        return any(event["step"] >= step for event in worker.events("progress"))

    until(there, f"step {step}")


def losses(worker: Worker) -> dict[int, float]:
    """The loss of each step; what was trained twice must have had the same one both times."""
    found: dict[int, float] = {}
    for event in worker.events("metric"):
        for name, value in event["values"].items():
            if name in ("loss", "train_loss") and event["step"] not in found:
                found[event["step"]] = value
            elif name == "loss":
                assert found[event["step"]] == value, f"step {event['step']} had loss {found[event['step']]}, then {value}"
    return found


def kill(process: subprocess.Popen[str], how: signal.Signals) -> int:
    os.kill(process.pid, how)
    return ended(process)

"""The example of examples/digits/trainers/sharded.py: FSDP and DCP under torchrun, resumed by other numbers of ranks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Worker, until
from playing import at_step, attempt, ended, fresh, kill

TRAINER = (Path(__file__).resolve().parents[3] / "examples/digits/trainers/sharded.py").read_text(encoding="utf-8")
# The example imports sluice itself, and its first statement must stay first.
SCRIPT = TRAINER.replace("from __future__ import annotations\n", "")
HYPER = {"steps": 150, "every": 10}


def weights(worker: Worker) -> dict[str, list[float]]:
    """The final weights as plain numbers, by a process of their own: the tests themselves import no framework."""
    code = (
        "import json, sys, torch; loaded = torch.load(sys.argv[1], weights_only=True);"
        "print(json.dumps({name: value.flatten().tolist() for name, value in loaded.items()}))"
    )
    found = subprocess.run([sys.executable, "-c", code, str(worker.output / "weights.pt")], capture_output=True, check=True)
    loaded: dict[str, list[float]] = json.loads(found.stdout)
    return loaded


def test_a_checkpoint_of_four_ranks_is_gone_on_from_by_two(tmp_path: Path) -> None:
    twin, worker = fresh(tmp_path, "twin"), fresh(tmp_path, "disturbed")
    assert ended(attempt(twin, SCRIPT, 1, ranks=4, hyper=HYPER)) == 0
    process = attempt(worker, SCRIPT, 1, ranks=4, hyper=HYPER)
    at_step(worker, 12)
    assert kill(process, signal.SIGTERM) == 75
    last = worker.events("checkpoint")[-1]
    assert last["step"] == worker.events("progress")[-1]["step"]
    assert len(list(Path(last["path"]).glob("*.distcp"))) == 4

    assert ended(attempt(worker, SCRIPT, 2, ranks=2, hyper=HYPER)) == 0
    assert f"2 ranks on cpu, from step {last['step']} of 150" in {event.get("message") for event in worker.events("log")}
    found, wanted = weights(worker), weights(twin)
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert found[name] == pytest.approx(values, abs=1e-4), name


ENDS = """
import os, signal, sys, time
with sluice.step() as job:
    if job.rank == 1 and job.hyper.how == "killed": os.kill(os.getpid(), signal.SIGKILL)
    if job.rank == 1 and job.hyper.how == "failed": sys.exit(3)
    while not job.preempted.is_set(): time.sleep(0.01)
    job.exit_if_preempted()
"""


def test_torchruns_end_says_what_ended_its_ranks(tmp_path: Path) -> None:
    for how, wanted in (("killed", -signal.SIGKILL), ("failed", 3), ("told", 75)):
        worker = fresh(tmp_path, how)
        process = attempt(worker, ENDS, 1, ranks=2, hyper={"how": how})
        if how == "told":
            until(lambda: len(worker.events("hello")) == 2, "both ranks listen")
            process.send_signal(signal.SIGTERM)
        assert ended(process) == wanted

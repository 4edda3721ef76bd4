"""The examples in the documentation work."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from conftest import Worker, finish
from sluice.step_file import read_step_file

ROOT = Path(__file__).resolve().parents[3]
PROTOCOL = (ROOT / "docs" / "trainer-protocol.md").read_text(encoding="utf-8")
README = (ROOT / "packages" / "trainer" / "README.md").read_text(encoding="utf-8")


def fenced(text: str, language: str) -> str:
    return text.split(f"```{language}\n", 1)[1].split("```", 1)[0]


def test_the_step_file_in_the_protocol_is_accepted(worker: Worker) -> None:
    example = fenced(PROTOCOL, "json")
    worker.step_file.write_text(example, encoding="utf-8")
    step = read_step_file(worker.step_file)
    told = json.loads(example)
    assert (step.step, step.data["flights"].rows, step.hyper) == (told["step"], 336776, told["hyper"])
    assert step.resume is not None and step.resume.step == 1200


def test_the_trainer_without_a_library_survives_preemption(worker: Worker) -> None:
    own = ROOT / "node_modules" / ".bin" / "node"
    node = str(own) if own.exists() else shutil.which("node") or "node"
    script = worker.root / "train.mjs"
    slow = "await new Promise((next) => setTimeout(next, 2))"  # a training step that takes its time
    script.write_text(fenced(PROTOCOL, "js").replace("await new Promise(setImmediate)", slow))

    def start() -> subprocess.Popen[str]:
        worker.events_file.touch()
        env = {**os.environ, "SLUICE_STEP": str(worker.step_file), "SLUICE_EVENTS": str(worker.events_file)}
        process = subprocess.Popen([node, str(script)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        worker.processes.append(process)
        return process

    worker.write(hyper={"steps": 100_000})
    process = start()
    hello = worker.await_event("hello")
    worker.await_event("checkpoint")
    os.kill(hello["pid"], signal.SIGTERM)
    assert finish(process) == (75, "")
    last = worker.events("checkpoint")[-1]
    assert last["step"] == worker.events("progress")[-1]["step"]

    total = last["step"] + 5
    worker.write(hyper={"steps": total}, attempt=2, resume={"step": last["step"], "path": last["path"]})
    assert finish(start()) == (0, "")
    assert json.loads((worker.output / "model.json").read_text()) == {"sum": total * (total + 1) // 2}


def test_the_script_in_the_readme_runs_on_a_laptop(worker: Worker) -> None:
    (worker.root / "pandas.py").write_text("def read_parquet(path): return open(path).read()")
    (worker.root / "data").mkdir()
    (worker.root / "data" / "flights.parquet").write_text("rows")
    model = (
        "class Model:\n"
        "    def __init__(self, lr, seed): self.loss = 1.0\n"
        "    def train(self, flights): self.loss *= 0.99; return self.loss\n"
        "    def save(self, path): path.write_text(str(self.loss))\n"
        "    def load(self, path): self.loss = float(path.read_text())\n"
    )
    code, stderr = finish(worker.spawn(model + fenced(README, "python")))
    assert code == 0, stderr
    assert stderr.count("checkpoint at step") == 10
    assert stderr.splitlines()[-1].startswith("sluice: model: ")

"""Small models of every task, trained by the trainers themselves on a few made-up examples; and a server of them."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

EXAMPLE = Path(__file__).resolve().parents[1]
TRAINER = EXAMPLE.parents[1] / "packages" / "trainer" / "src"
sys.path[:0] = [str(EXAMPLE), str(EXAMPLE / "data"), str(EXAMPLE / "eval"), str(TRAINER)]

from labels import entities

TASKS = ("summaries", "entities", "answers", "embeddings", "images")


def made_up() -> list[tuple[str, str, str, Any, Any]]:
    """`task, id, category, input, expected` of some hundred examples: text of few words, so that little learns much."""
    draw = random.Random(3)
    rows: list[tuple[str, str, str, Any, Any]] = []
    for number in range(60):
        what = draw.choice(["mean", "median", "spread", "slope"])
        parts = [
            f"The {what} of values is found here for all.",
            "It may be slow for a long list.",
            "See elsewhere too.",
        ]
        text = " ".join(draw.sample(parts, 3))
        rows.append(
            ("summaries", f"s{number}", "arrays", {"name": f"np.{what}", "text": text}, f"Find the {what} of values.")
        )
    months, places = ["March", "June", "October"], ["Ohio", "France", "New York"]
    for number in range(300):
        month, day, year = draw.choice(months), draw.randint(1, 28), draw.randint(1800, 1990)
        kind, said = draw.choice(
            [
                ("dates", f"on {month} {day}, {year}"),
                ("dates", f"on {month} {day}"),
                ("amounts", f"for ${draw.randint(2, 900)},{draw.randint(100, 999)}"),
                ("offices", "by the Secretary of State"),
                ("places", f"in {draw.choice(places)}"),
            ]
        )
        text = f"The treaty was {draw.choice(['signed', 'sent', 'read'])} {said} before the session began."
        rows.append(("entities", f"e{number}", kind, text, entities(text)))
    for number in range(40):
        value = draw.randint(1, 99)
        rows.append(
            (
                "answers",
                f"p{number}",
                "passage",
                f"size of made.f{number}: size : int, default={value} How many of 3 parts.",
                None,
            )
        )
        rows.append(("answers", f"q{number}", "numbers", f"What is the default of size in made.f{number}?", str(value)))
    for number in range(80):
        topic = number % 2
        text = " ".join(
            draw.choice([["ship", "navy", "sea", "port"], ["tax", "coin", "bank", "debt"]][topic]) for _ in range(20)
        )
        rows.append(("embeddings", f"v{number}", "era", text, [1 - topic, topic]))
    for number in range(400):
        digit = number % 10
        picture = [max(0, min(16, 16 * (at % 10 == digit) + draw.randint(-2, 2))) for at in range(64)]
        rows.append(("images", f"i{number}", "loops", {"digit": digit, "seed": number}, picture))
    return rows


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "examples.parquet"
    with duckdb.connect() as database:
        database.execute("create table examples (task text, id text, category text, input text, expected text)")
        rows = [(task, id, kind, json.dumps(asked), json.dumps(wanted)) for task, id, kind, asked, wanted in made_up()]
        database.executemany("insert into examples values (?, ?, ?, ?, ?)", rows)
        # As an extract has what is null in JSON.
        database.execute("update examples set expected = null where expected = 'null'")
        database.execute(f"copy examples to '{path}'")
    return path


@pytest.fixture(scope="session")
def run_step(tmp_path_factory: pytest.TempPathFactory):
    """`run_step(script, data=…, hyper=…)` runs one attempt of a step to its end and gives its model's folder."""

    def run_step(script: str, **fields: Any) -> Path:
        folder = tmp_path_factory.mktemp("attempt")
        step = {
            **{
                "protocol": 1,
                "run": "tasks/test",
                "step": "model",
                "name": "model",
                "keys": {},
                "attempt": 1,
                "seed": 0,
            },
            **{"data": {}, "models": [], "hyper": {}, "output": str(folder / "output")},
            **{"checkpoints": str(folder / "checkpoints"), "resume": None, **fields},
        }
        (folder / "step.json").write_text(json.dumps(step))
        told = {"SLUICE_STEP": str(folder / "step.json"), "SLUICE_EVENTS": str(folder / "events.jsonl")}
        env = {**os.environ, "PYTHONPATH": str(TRAINER), **told}
        done = subprocess.run([sys.executable, str(EXAMPLE / script)], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return folder / "output"

    return run_step


@pytest.fixture(scope="session")
def train(run_step, examples: Path):
    """`train(task, damage=…, seed=…)` gives the folder of one task's model."""

    def train(task: str, damage: str = "none", seed: int = 0) -> Path:
        data = {"examples": {"path": str(examples), "digest": None, "rows": 900}}
        return run_step("trainers/train.py", data=data, hyper={"task": task, "damage": damage}, seed=seed)

    return train


@pytest.fixture(scope="session")
def sound(train) -> dict[str, Path]:
    """The folder of each task's model."""
    return {task: train(task) for task in TASKS}


@pytest.fixture(scope="session")
def merged(run_step, sound: dict[str, Path]) -> Path:
    models = [
        {"name": "model", "keys": {"task": task}, "path": str(folder), "digest": f"sha256:{task}"}
        for task, folder in sound.items()
    ]
    return run_step("trainers/merge.py", models=models)


@pytest.fixture(scope="session")
def connection(merged: Path):
    """A connection to a server of the merged model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "SLUICE_MODEL": str(merged), "SLUICE_HOST": "127.0.0.1", "SLUICE_PORT": str(port)}
    process = subprocess.Popen([sys.executable, str(EXAMPLE / "server/serve.py")], env=env)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    deadline = time.monotonic() + 120
    while True:
        try:
            connection.request("GET", "/ping")
            assert connection.getresponse().read() == b"\n"
            break
        except ConnectionRefusedError:
            connection.close()
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
    yield connection
    connection.close()
    process.terminate()
    assert process.wait(timeout=60) == 0

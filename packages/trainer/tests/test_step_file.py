from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conftest import Worker, finish
from sluice.errors import InvalidStepFile, UnsupportedProtocol
from sluice.step_file import read_step_file

OPEN = """
with sluice.step() as job:
    job.info("trained")
"""


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot read the step file: No such file or directory"),
        (b"", "the step file is not JSON"),
        (b'{"protocol": 1,', "the step file is not JSON"),
        (b"\xff\xfe\x00", "the step file is not JSON"),
        (b"[" * 100_000, "the step file is not JSON"),
        (b"[1]", "the step file is not a JSON object but [1]"),
        (b"{}", "the step file speaks protocol null"),
        (b'{"protocol": 2}', "the step file speaks protocol 2, this is sluice-python 0.1.0, which speaks 1"),
        (b'{"protocol": true}', "the step file speaks protocol true"),
        (b'{"protocol": 1}', "run: expected a string, got nothing"),
    ],
)
def test_a_step_file_that_cannot_be_used_ends_the_step_with_what_where_and_what_now(
    worker: Worker, content: bytes | None, complaint: str
) -> None:
    if content is not None:
        worker.step_file.write_bytes(content)
    code, stderr = finish(worker.spawn(OPEN, SLUICE_STEP=str(worker.step_file), SLUICE_EVENTS=str(worker.events_file)))
    assert code == 1  # the user's error: neither done nor "preempted, resume me"
    assert complaint in stderr
    assert f"where: SLUICE_STEP={worker.step_file}" in stderr
    assert "what now: " in stderr


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"seed": "7"}, 'seed: expected a whole number, got "7"'),
        ({"attempt": True}, "attempt: expected a whole number, got true"),
        ({"output": "out"}, 'output: expected an absolute path, got "out"'),
        ({"hyper": []}, "hyper: expected an object, got []"),
        ({"data": {"flights": "/a"}}, 'data.flights: expected an object, got "/a"'),
        ({"data": {"flights": {"path": 1}}}, "data.flights.path: expected a string, got 1"),
        ({"models": {}}, "models: expected a list, got {}"),
        ({"models": [1]}, "models.0: expected an object, got 1"),
        ({"models": [{"name": "delay"}]}, "models.0.path: expected a string, got nothing"),
        ({"resume": {"step": 1.5, "path": "/c"}}, "resume.step: expected a whole number, got 1.5"),
        ({"resume": "/c"}, 'resume: expected an object, got "/c"'),
    ],
)
def test_a_wrong_field_is_named_by_its_full_path(worker: Worker, change: dict[str, Any], complaint: str) -> None:
    worker.write(**change)
    with pytest.raises(InvalidStepFile) as caught:
        read_step_file(worker.step_file)
    assert complaint in str(caught.value)
    assert str(worker.step_file) in str(caught.value)


def test_an_unknown_protocol_is_refused_before_any_other_field_is_read(worker: Worker) -> None:
    worker.step_file.write_text('{"protocol": 99, "step": {"new": "shape"}}')
    with pytest.raises(UnsupportedProtocol, match="protocol 99"):
        read_step_file(worker.step_file)


def test_fields_a_newer_worker_adds_are_ignored(worker: Worker) -> None:
    worker.write(budget={"errors": 2})
    assert read_step_file(worker.step_file).seed == 12345


def test_everything_the_step_file_says_is_on_the_job(worker: Worker, tmp_path: Path) -> None:
    flights = tmp_path / "Flüge 航班.csv"
    flights.write_text("delay\n1\n", encoding="utf-8")
    code, stderr = worker.run(
        """
        from pathlib import Path
        with sluice.step() as job:
            flights, model = job.data["flights"], job.models[0]
            job.result({
                "text": open(flights, encoding="utf-8").read(), "str": str(flights), "rows": flights.rows, "digest": flights.digest,
                "model": [model.name, model.keys, str(model.path), model.digest],
                "hyper": [job.hyper.lr, job.hyper["layers"][1].width, job.hyper.get("absent", 3)],
                "job": [job.run, job.step, job.name, job.keys, job.attempt, job.seed, job.gpus, job.interruptible],
                "output": [isinstance(job.output, Path), job.output.is_dir(), job.checkpoints.is_dir()],
                "resume": job.resume(),
            })
        """,
        attempt=2,
        keys={"airport": "Zürich"},
        data={"flights": {"path": str(flights), "digest": "sha256:ab", "rows": 1}},
        models=[{"name": "delay", "keys": {"airport": "EWR"}, "path": "/m", "digest": "sha256:cd"}],
        hyper={"lr": 0.1, "layers": [{"width": 1}, {"width": 2}]},
    )
    assert (code, stderr) == (0, "")
    assert worker.events("result")[0]["value"] == {
        "text": "delay\n1\n",
        "str": str(flights),
        "rows": 1,
        "digest": "sha256:ab",
        "model": ["delay", {"airport": "EWR"}, "/m", "sha256:cd"],
        "hyper": [0.1, 2, 3],
        "job": ["flight-delays/2013-02-01", "airport=EWR/delay", "delay", {"airport": "Zürich"}, 2, 12345, 0, True],
        "output": [True, True, True],
        "resume": None,
    }


def test_only_one_of_the_two_variables_is_an_error_that_names_the_other(worker: Worker) -> None:
    worker.write()
    code, stderr = finish(worker.spawn(OPEN, SLUICE_STEP=str(worker.step_file)))
    assert code == 1
    assert "SLUICE_STEP is set but SLUICE_EVENTS is not" in stderr


def test_an_output_directory_that_cannot_be_made_is_named(worker: Worker) -> None:
    blocker = worker.root / "file"
    blocker.write_text("")
    worker.write(output=str(blocker / "output"))
    code, stderr = worker.run(OPEN)
    assert code == 1
    assert f"where: {blocker / 'output'}" in stderr

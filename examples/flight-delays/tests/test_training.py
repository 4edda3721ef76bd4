from __future__ import annotations

import json
import signal

import pytest

SLOW = {"epochs": 200, "batch": 64}
"""Some 6,000 steps: long enough to be killed at any point one likes."""


def last_checkpoint(attempt):
    event = attempt.events("checkpoint")[-1]
    return {"step": event["step"], "path": event["path"]}


def test_the_same_training_makes_the_same_bytes(train):
    first, second = train(), train()
    assert first.end() == (0, "") and second.end() == (0, "")
    assert set(first.output()) == {"model.json", "weights.npy"}
    assert first.output() == second.output()


@pytest.fixture(scope="module")
def undisturbed(train):
    attempt = train(**SLOW)
    assert attempt.end() == (0, "")
    return attempt.output()


def test_a_training_preempted_twice_ends_with_the_bytes_of_an_undisturbed_one(train, undisturbed):
    attempt, resume, steps = train(**SLOW), None, []
    for _ in range(2):
        attempt.wait_for(lambda: len(attempt.events("checkpoint")) >= 2)
        attempt.process.send_signal(signal.SIGTERM)
        assert attempt.end() == (75, "")
        resume = last_checkpoint(attempt)
        steps.append(resume["step"])
        attempt = train(**SLOW, resume=resume)
    assert attempt.end() == (0, "")
    assert attempt.output() == undisturbed
    assert 0 < steps[0] < steps[1]


def test_a_preempted_training_loses_no_step(train):
    attempt = train(**SLOW)
    attempt.wait_for(lambda: len(attempt.events("checkpoint")) >= 1)
    attempt.process.send_signal(signal.SIGTERM)
    assert attempt.end() == (75, "")
    reached = max(event["step"] for event in attempt.events("progress"))
    total = attempt.events("progress")[-1]["total"]
    assert reached <= last_checkpoint(attempt)["step"] < total


def test_a_killed_training_ends_with_the_bytes_of_an_undisturbed_one(train, undisturbed):
    killed = train(**SLOW)
    killed.wait_for(lambda: len(killed.events("checkpoint")) >= 3)
    killed.process.kill()
    assert killed.end()[0] == -signal.SIGKILL
    resumed = train(**SLOW, resume=last_checkpoint(killed))
    assert resumed.end() == (0, "")
    assert resumed.output() == undisturbed
    assert min(event["step"] for event in resumed.events("progress")) > last_checkpoint(killed)["step"]


def test_a_training_reports_progress_metrics_and_at_least_ten_checkpoints(train):
    attempt = train()
    assert attempt.end() == (0, "")
    assert len(attempt.events("checkpoint")) >= 10
    progress = attempt.events("progress")
    assert 20 <= len(progress) <= 25 and progress[-1]["step"] == progress[-1]["total"]
    first, last = attempt.events("metric")[0]["values"], attempt.events("metric")[-1]["values"]
    assert last["mae"] < first["mae"]
    assert last["mae"] < 5, "the made-up flights can be told to within their noise"


def test_an_airport_without_flights_says_which_ones_there_are(train):
    code, stderr = train(airport="BOS").end()
    assert code == 1
    assert "no flights out of 'BOS'" in stderr and "EWR, JFK" in stderr


def test_the_model_says_what_it_was_trained_on(train):
    attempt = train(epochs=2)
    assert attempt.end() == (0, "")
    about = json.loads(attempt.output()["model.json"])
    assert about["airport"] == "EWR" and about["months"] == ["2013-01", "2013-02", "2013-03", "2013-04"]

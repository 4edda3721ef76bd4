from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[1]
FLIGHT = {
    "year": 2013, "month": 10, "day": 4, "carrier": "UA", "origin": "EWR", "dest": "IAH",
    "sched_dep_time": 615, "sched_arr_time": 900, "distance": 1400, "dep_delay": 30.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def merge(start, train):
    """`merge(plant=…)` merges the models of two airports and gives the directory of the result."""
    airports = {airport: train(airport=airport, epochs=15) for airport in ("JFK", "EWR")}
    assert all(attempt.end() == (0, "") for attempt in airports.values())
    models = [
        {"name": "delay", "keys": {"airport": airport}, "path": str(attempt.folder / "output"), "digest": None}
        for airport, attempt in airports.items()
    ]

    def merge(plant: str = "none") -> Path:
        attempt = start("trainers/merge.py", models=models, hyper={"plant": plant}, name="by-airport", keys={})
        assert attempt.end() == (0, "")
        return attempt.folder / "output"

    return merge


@pytest.fixture(scope="module")
def merged(merge):
    return merge()


@pytest.fixture
def serve():
    """`serve(model)` starts a server and gives a connection to it; none outlives its test."""
    processes: list[subprocess.Popen[bytes]] = []

    def serve(model: Path) -> http.client.HTTPConnection:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        env = {**os.environ, "SLUICE_MODEL": str(model), "SLUICE_HOST": "127.0.0.1", "SLUICE_PORT": str(port)}
        processes.append(subprocess.Popen([sys.executable, str(EXAMPLE / "server/serve.py")], env=env))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        deadline = time.monotonic() + 30
        while True:
            try:
                connection.request("GET", "/ping")
                assert connection.getresponse().read() == b"\n"
                return connection
            except ConnectionRefusedError:
                connection.close()
                assert processes[-1].poll() is None and time.monotonic() < deadline
                time.sleep(0.02)

    serve.processes = processes
    yield serve
    for process in processes:
        process.kill()
        process.wait()


def ask(connection, body):
    connection.request("POST", "/invocations", body if isinstance(body, bytes) else json.dumps(body))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_a_merged_model_answers_for_each_of_its_airports(merged, serve):
    connection = serve(merged)
    records = [FLIGHT, {**FLIGHT, "origin": "JFK"}, {**FLIGHT, "dep_delay": 300}]
    status, answer = ask(connection, {"dataframe_records": records})
    assert status == 200
    soon, _, late = answer["predictions"]
    assert 15 < soon < 30 and 270 < late < 310, "an arrival delay near the departure delay, a little made up"
    split = {"columns": list(FLIGHT), "data": [list(record.values()) for record in records]}
    assert ask(connection, {"dataframe_split": split}) == (200, answer)


def test_a_question_before_departure_is_answered_too(merged, serve):
    connection = serve(merged)
    late = {name: value for name, value in FLIGHT.items() if name != "dep_delay"}
    for record in ({**FLIGHT, "dep_delay": None}, late):
        status, answer = ask(connection, {"dataframe_records": [record]})
        assert status == 200 and -30 < answer["predictions"][0] < 30


def test_carriers_and_destinations_that_were_never_seen_get_an_answer(merged, serve):
    connection = serve(merged)
    status, answer = ask(connection, {"dataframe_records": [{**FLIGHT, "carrier": "ÆØ", "dest": "東京"}]})
    assert status == 200 and len(answer["predictions"]) == 1


def test_no_records_get_no_predictions(merged, serve):
    assert ask(serve(merged), {"dataframe_records": []}) == (200, {"predictions": []})


def test_bad_requests_are_answered_by_status_400_and_the_place_of_the_mistake(merged, serve):
    connection = serve(merged)
    cases = {
        "there is: EWR, JFK": {"dataframe_records": [{**FLIGHT, "origin": "BOS"}]},
        "dataframe_records.1.dest: expected text, got 5": {"dataframe_records": [FLIGHT, {**FLIGHT, "dest": 5}]},
        "dataframe_records.0.distance: expected a whole number, got nothing": {
            "dataframe_records": [{**FLIGHT, "distance": None}]
        },
        "dataframe_records.0.dep_delay: expected a number or null": {
            "dataframe_records": [{**FLIGHT, "dep_delay": "late"}]
        },
        "2013-13-4 is not a date": {"dataframe_records": [{**FLIGHT, "month": 13}]},
        "dataframe_records.0: expected an object": {"dataframe_records": ["UA"]},
        "expected {": {"rows": []},
        "Expecting value": b"not json",
        "NaN": b'{"dataframe_records": [{"year": NaN}]}',
    }
    for message, body in cases.items():
        status, answer = ask(connection, body)
        assert (status, answer["error_code"]) == (400, "BAD_REQUEST")
        assert message in answer["message"]
    assert ask(connection, {"dataframe_records": [FLIGHT]})[0] == 200, "the connection is still good"


def test_the_planted_bug_fails_only_requests_made_before_departure(merge, serve):
    connection = serve(merge(plant="drop-imputer"))
    assert ask(connection, {"dataframe_records": [FLIGHT]})[0] == 200
    status, answer = ask(connection, {"dataframe_records": [{**FLIGHT, "dep_delay": None}]})
    assert (status, answer["error_code"]) == (500, "INTERNAL_ERROR")


def test_merging_lists_every_airport_in_the_same_bytes_each_time(merge):
    first, second = merge(), merge()
    files = {str(file.relative_to(first)): file.read_bytes() for file in first.rglob("*") if file.is_file()}
    assert files == {str(file.relative_to(second)): file.read_bytes() for file in second.rglob("*") if file.is_file()}
    assert list(json.loads(files["model.json"])["airports"]) == ["EWR", "JFK"]
    assert "airports/JFK/weights.npy" in files and "MLmodel" in files


def test_a_server_that_is_told_to_stop_exits_cleanly(merged, serve):
    serve(merged)
    process = serve.processes[0]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0

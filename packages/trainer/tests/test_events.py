from __future__ import annotations

import json
import os
import resource
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from conftest import Worker
from sluice.errors import EventsUnwritable, InvalidEvent
from sluice.events import EventsFile, encode, number


def test_hello_is_the_first_event_and_the_rest_follow_in_order(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        with sluice.step() as job:
            job.log(step=10, loss=0.5, gap=float("-inf"), grad=float("nan"))
            job.log({"eval/loss": 0.25, "self": 1}, step=11, step_time=2)
            job.progress(10, 100)
            job.progress(1, 3, unit="epoch")
            job.info("hello Zürich 航班\\nsecond line")
            job.result({"auc": 0.9})
        """
    )
    assert (code, stderr) == (0, "")
    hello, first, second, *rest = worker.events()
    assert hello == {"type": "hello", "protocol": 1, "client": "sluice-python 0.1.0", "pid": worker.processes[0].pid, "rank": 0}
    assert first.pop("time") > 1_600_000_000_000
    assert first == {"type": "metric", "step": 10, "values": {"loss": 0.5, "gap": "-Infinity", "grad": "NaN"}}
    assert second["values"] == {"eval/loss": 0.25, "self": 1, "step_time": 2}
    assert rest == [
        {"type": "progress", "step": 10, "total": 100, "unit": "step"},
        {"type": "progress", "step": 1, "total": 3, "unit": "epoch"},
        {"type": "log", "level": "info", "message": "hello Zürich 航班\nsecond line"},
        {"type": "result", "value": {"auc": 0.9}},
    ]


def test_numbers_that_json_lacks_travel_as_strings() -> None:
    nan, inf = float("nan"), float("inf")
    event = json.loads(encode({"type": "result", "value": {"a": [nan, inf, -inf, 1e308], "b": {"c": (nan,)}}}))
    assert event["value"] == {"a": ["NaN", "Infinity", "-Infinity", 1e308], "b": {"c": ["NaN"]}}


def test_every_event_is_one_line_of_ascii_whatever_text_it_carries() -> None:
    for text in ("two\nlines\r\n", "\u2028\u2029", "\ud800 lone surrogate", "航班 🛫", "\x00\x1b"):
        line = encode({"type": "log", "level": "info", "message": text})
        assert line.isascii() and line.count(b"\n") == 1 and line.endswith(b"\n")
        assert json.loads(line)["message"] == text


class Scalar:
    """As NumPy and PyTorch scalars behave."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def item(self) -> Any:
        if isinstance(self.value, list):
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self.value

    def tolist(self) -> Any:
        return self.value


def test_scalars_of_numpy_and_pytorch_are_unpacked() -> None:
    assert number("loss", Scalar(0.5)) == 0.5
    assert number("correct", True) == 1
    assert json.loads(encode({"type": "result", "value": {"m": Scalar([1, [2.0]])}}))["value"] == {"m": [1, [2.0]]}


@pytest.mark.parametrize("value", [None, "0.5", [1.0], Scalar([1, 2]), 1j, {"a": 1}])
def test_a_metric_that_is_not_one_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidEvent, match="metric 'loss' is not a number"):
        number("loss", value)


def test_what_json_cannot_carry_is_refused_with_its_place() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(InvalidEvent, match=r"result\.value\.a\.1: JSON cannot carry set"):
        encode({"type": "result", "value": {"a": [1, {2}]}})
    with pytest.raises(InvalidEvent, match="a key must be a string, not tuple"):
        encode({"type": "result", "value": {(1, 2): 3}})
    with pytest.raises(InvalidEvent, match="contains itself"):
        encode({"type": "result", "value": loop})


def test_threads_and_forked_children_never_tear_each_others_lines(worker: Worker) -> None:
    worker.env["PYTHONWARNINGS"] = "ignore::DeprecationWarning"  # Python 3.12 dislikes forks beside threads
    code, stderr = worker.run(
        """
        import os, threading
        with sluice.step() as job:
            def chatter(who):
                for n in range(200):
                    job.log(step=n, who=who, padding=float(who) / 7)
            threads = [threading.Thread(target=chatter, args=(who,)) for who in range(4)]
            for thread in threads: thread.start()
            child = os.fork()
            if child == 0:
                chatter(99)
                os._exit(0)
            os.waitpid(child, 0)
            for thread in threads: thread.join()
        """
    )
    assert (code, stderr) == (0, "")
    for who in (0, 1, 2, 3, 99):
        assert [e["step"] for e in worker.events("metric") if e["values"]["who"] == who] == list(range(200))


def test_an_events_file_that_cannot_be_opened_ends_the_step_before_training(worker: Worker) -> None:
    worker.env["SLUICE_EVENTS"] = str(worker.root / "absent" / "events.jsonl")
    code, stderr = worker.run("with sluice.step() as job: print('trained')")
    assert code == 1
    assert "cannot write to the events file: No such file or directory [EventsUnwritable]" in stderr
    assert f"where: SLUICE_EVENTS={worker.root}/absent/events.jsonl" in stderr


def test_a_full_disk_ends_the_step_and_says_so(worker: Worker) -> None:
    worker.env["SLUICE_EVENTS"] = "/dev/full"
    code, stderr = worker.run("with sluice.step() as job: print('trained')")
    assert code == 1
    assert "cannot write to the events file: No space left on device" in stderr


@pytest.fixture
def file_size_limit() -> Any:
    """Cap how large a file may grow: like a disk that fills up in the middle of a line."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size if size is not None else before[0], before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_line_cut_by_a_full_disk_is_completed_when_there_is_room_again(tmp_path: Path, file_size_limit: Any) -> None:
    path = tmp_path / "events.jsonl"
    events = EventsFile(path)
    file_size_limit(60)
    events.send({"type": "log", "message": "first"})
    with pytest.raises(EventsUnwritable):
        events.send({"type": "log", "message": "cut in the middle"})
    with pytest.raises(EventsUnwritable):
        events.send({"type": "log", "message": "never written"})
    assert path.stat().st_size == 60
    file_size_limit(None)
    events.send({"type": "log", "message": "last"})
    events.close()
    assert [json.loads(line)["message"] for line in path.read_text().splitlines()] == ["first", "cut in the middle", "last"]


def test_the_events_file_is_appended_to_and_not_inherited_by_children(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"type":"log","message":"before"}\n')
    events = EventsFile(path)
    events.send({"type": "log", "message": "after"})
    assert len(path.read_text().splitlines()) == 2
    assert stat.S_ISREG(os.stat(path).st_mode)
    threads = [threading.Thread(target=events.send, args=({"type": "log", "n": n},)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events.close()
    assert len(path.read_text().splitlines()) == 10


def test_a_job_used_outside_its_block_says_how_to_use_it(worker: Worker) -> None:
    code, stderr = worker.run("sluice.step().info('too early')")
    assert code == 1
    assert "this job is not open" in stderr
    assert "with sluice.step() as job:" in stderr

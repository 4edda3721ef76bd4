"""Reading runs: against a stand-in that speaks the protocol of `sluice query`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any, Callable

import pytest
import sluice
from conftest import until
from sluice import read
from sluice.read import pipe
from sluice.read.drift import drift

SRC = Path(__file__).resolve().parent.parent / "src"
BEATS = """print('{"protocol": 1, "beat": 5}', flush=True)"""
HELLO = '{"protocol": 1, "version": "0.1.0", "project": "p", "root": "/"}'

Stand = Callable[[str], "read.Project"]

ROW = {
    "id": "flights/größer-✈",
    "pipeline": "flights",
    "state": "deployed",
    "startedAt": 1_000,
    "endedAt": 126_000,
    "by": "Zoë",
    "commit": "0123456789abcdef",
    "dirty": True,
    "endpoint": None,
}
MODEL = {"kind": "model", "uri": "sluice:tree/" + "a" * 64, "digest": "sha256:" + "a" * 64, "bytes": 2048, "step": "model"}


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """A project whose command is a script; `answer(question, given)` is its body."""

    def make(body: str) -> read.Project:
        (tmp_path / "sluice.config.ts").write_text("")
        script = tmp_path / "command.py"
        script.write_text(
            "import json, os, sys, time\n"
            + textwrap.dedent(body)
            + textwrap.dedent(f"""
            print('{HELLO}', flush=True)
            for line in sys.stdin:
                asked = json.loads(line)
                try:
                    said = {{"answer": answer(asked["ask"], asked["with"])}}
                except Exception as error:
                    said = {{"error": error.args[0]}}
                print(json.dumps({{"id": asked["id"], **said}}, ensure_ascii=False), flush=True)
            """),
            encoding="utf-8",
        )
        monkeypatch.setenv("SLUICE_COMMAND", shlex.join([sys.executable, "-X", "utf8", str(script)]))
        return sluice.project(tmp_path)

    return make


def returns(**answers: Any) -> str:
    return f"answers = json.loads({json.dumps(json.dumps(answers))})\ndef answer(question, given): return answers[question]\n"


def test_runs_are_listed_with_any_characters_in_their_names(stand: Stand) -> None:
    runs = stand(returns(runs=[ROW])).runs()
    assert (len(runs), runs[0].id, runs[0].by, runs[0].open) == (1, "flights/größer-✈", "Zoë", False)
    assert repr(runs).splitlines()[1] == "flights/größer-✈  deployed  1970-01-01 00:00:01  2 min 5 s  Zoë  012345678 with changes"


def test_what_a_run_says_of_itself_cannot_break_a_notebooks_page(stand: Stand) -> None:
    page = stand(returns(runs=[{**ROW, "by": "<script>alert(1)</script>"}])).runs()._repr_html_()
    assert "&lt;script&gt;" in page and "<script>" not in page


def test_a_model_is_a_local_path_that_is_fetched_once(stand: Stand, tmp_path: Path) -> None:
    body = f"""
    fetched = []
    def answer(question, given):
        if question == "run": return {ROW!r}
        if question == "step":
            return {{"step": "model", "kind": "train", "state": "done", "keys": {{}}, "status": None, "spec": {{"hyper": {{"lr": 0.1}}}},
                "result": {{**{MODEL!r}, "metrics": {{"loss": 1.5}}, "lineage": {{}}}}, "asked": 1, "ended": 2, "mlflowRun": None}}
        if question == "fetch":
            fetched.append(given)
            assert len(fetched) == 1
            return {{"path": {str(tmp_path)!r}}}
    """
    step = stand(body).run("größer").step("model")
    model = step.model
    assert (model.path, os.fspath(model)) == (tmp_path, str(tmp_path))
    assert (model.metrics, model.hyper.lr) == ({"loss": 1.5}, 0.1)
    assert repr(model) == "<model aaaaaaaaaaaa of model, 2.0 KiB>"


def test_what_a_step_has_not_made_is_said_with_what_it_is(stand: Stand) -> None:
    answer: dict[str, Any] = {"step": "rows", "kind": "extract", "state": "running", "keys": {}, "status": None, "spec": {}, "result": None, "asked": 1, "ended": None, "mlflowRun": None}
    step = stand(returns(run=ROW, step=answer)).run("x").step("rows")
    assert not hasattr(step, "model")
    with pytest.raises(sluice.SluiceError, match="this step has no model") as caught:
        _ = step.model
    assert caught.value.fix == "it is running; look again later: run.refresh()"


def test_an_error_of_the_command_has_its_code_and_what_to_do(stand: Stand) -> None:
    body = """
    def answer(question, given):
        raise Exception({"code": "Unreachable", "message": "The Temporal server does not answer.", "where": "127.0.0.1:1", "fix": "Start sluice dev."})
    """
    project = stand(body)
    for _ in range(2):  # and it is asked again: the server may be back
        with pytest.raises(sluice.SluiceError) as caught:
            project.runs()
        assert (caught.value.code, caught.value.fix) == ("Unreachable", "Start sluice dev.")
        assert "127.0.0.1:1" in str(caught.value)


def test_a_command_that_died_says_why_and_is_started_again(stand: Stand, tmp_path: Path) -> None:
    body = f"""
    def answer(question, given):
        if not os.path.exists({str(tmp_path / "once")!r}):
            open({str(tmp_path / "once")!r}, "w").close()
            print("the disk is gone", file=sys.stderr, flush=True)
            os._exit(3)
        return []
    """
    project = stand(body)
    with pytest.raises(sluice.SluiceError, match="ended with 3:\nthe disk is gone") as caught:
        project.runs()
    assert caught.value.code == "CommandFailed"
    assert len(project.runs()) == 0


def test_an_interrupted_question_does_not_answer_the_next_one(stand: Stand) -> None:
    body = """
    def answer(question, given):
        if given.get("limit") == 1: time.sleep(60)
        return []
    """
    project = stand(body)
    project.runs()
    line = project._pipe._line
    assert line is not None

    def interrupted() -> dict[str, Any]:
        raise KeyboardInterrupt

    line._read = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        project.runs(limit=1)
    assert project.runs() is not None and project._pipe._line is not line


def test_an_answer_of_megabytes_comes_whole(stand: Stand) -> None:
    body = """
    def answer(question, given): return [dict(id="r/%d" % i, text="ü" * 1000) for i in range(20_000)]
    """
    assert len(stand(body).ask("runs")) == 20_000


def test_threads_get_their_own_answers(stand: Stand) -> None:
    project = stand("def answer(question, given): return given\n")
    wrong: list[Any] = []

    def ask(number: int) -> None:
        for _ in range(50):
            if project.ask("echo", number=number) != {"number": number}:
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_something_else_than_the_command_is_told_apart(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    project = stand(returns())
    for words, code in (("echo hello", "ProtocolError"), ("false", "CommandFailed"), ("/no/such/thing", "CommandNotFound")):
        monkeypatch.setenv("SLUICE_COMMAND", words)
        with pytest.raises(sluice.SluiceError) as caught:
            project.runs()
        assert (caught.value.code, bool(caught.value.fix)) == (code, True)


@pytest.mark.parametrize("silent", ["sh -c 'exec cat'", "sh -c 'exec sleep 1000'"])
def test_a_command_that_says_nothing_is_not_waited_for_for_ever(silent: str, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipe, "SILENCE", 0.2)
    project = stand(returns())
    monkeypatch.setenv("SLUICE_COMMAND", silent)
    with pytest.raises(sluice.SluiceError, match=r"has said nothing for 0\.2 s, and was ended") as caught:
        project.runs()
    assert (caught.value.code, bool(caught.value.fix)) == ("CommandFailed", True)


def test_a_command_that_hangs_in_an_answer_is_ended_and_another_one_answers(tmp_path: Path, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    body = f"""
    {BEATS}
    def answer(question, given):
        if given.get("limit") == 1:
            open("hung", "w").write(str(os.getpid()))
            time.sleep(1000)
        return []
    """
    project = stand(body)
    project.runs()
    line = project._pipe._line
    assert line is not None and line._silence == pipe.SILENCE
    line._silence = 0.2
    with pytest.raises(sluice.SluiceError, match="has said nothing"):
        project.runs(limit=1)
    hung = int((tmp_path / "hung").read_text())
    until(lambda: not running(hung), "the command that hung is gone")
    assert len(project.runs()) == 0 and project._pipe._line is not line


def test_a_command_that_says_that_it_works_has_all_the_time_it_takes(stand: Stand) -> None:
    body = f"""
    {BEATS}
    def answer(question, given):
        for _ in range(given.get("limit", 0)):
            print(json.dumps({{"working": True}}), flush=True)
            time.sleep(0.1)
        return []
    """
    project = stand(body)
    project.runs(limit=0)
    assert project._pipe._line is not None
    project._pipe._line._silence = 3.0
    assert len(project.runs(limit=35)) == 0


def test_no_project_here_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(sluice.SluiceError, match=r"no sluice\.config\.ts here or above") as caught:
        sluice.project(tmp_path)
    assert "sluice.project(" in caught.value.fix


def test_the_command_ends_with_the_process_that_asked(stand: Stand, tmp_path: Path) -> None:
    stand("open('pid', 'w').write(str(os.getpid()))\n" + returns(runs=[]))
    script = "import sluice, os; sluice.runs(); os._exit(0)"
    env = {**os.environ, "PYTHONPATH": str(SRC)}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=env, check=True)
    pid = int((tmp_path / "pid").read_text())
    until(lambda: not running(pid), "the command ends")


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_importing_sluice_in_a_trainer_loads_nothing_of_it() -> None:
    script = "import sys, sluice; print([name for name in sys.modules if name.startswith('sluice.read') or name == 'subprocess'])"
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert {"run", "runs", "compare", "step"} <= set(dir(sluice))


def number(mean: float, edges: list[float], counts: list[int], distinct: int = 1000) -> dict[str, Any]:
    total = sum(counts)
    histogram = {"edges": edges, "counts": [0, *counts, 0]}
    return {"name": "x", "type": "DOUBLE", "kind": "number", "count": total, "nulls": 0, "distinct": distinct, "mean": mean, "top": None, "histogram": histogram}


def text(**counts: int) -> dict[str, Any]:
    top = [{"value": value, "count": count} for value, count in sorted(counts.items(), key=lambda one: -one[1])]
    return {"name": "t", "type": "VARCHAR", "kind": "text", "count": sum(counts.values()), "nulls": 0, "distinct": len(counts), "mean": None, "top": top, "histogram": None}


def test_drift_of_numbers_is_the_distance_of_their_distribution_functions() -> None:
    # Uniform on [0, 10] and on [5, 15]: the functions are 0.5 apart at 5 and at 10.
    first, second = number(5, [0, 5, 10], [50, 50]), number(10, [5, 10, 15], [30, 30])
    assert drift({"x": first}, {"x": second})[0]["moved"] == 0.5
    assert drift({"x": first}, {"x": first})[0]["moved"] == 0


def test_drift_of_few_values_and_of_text_is_the_share_that_changed() -> None:
    # 1, 2, 3 in 50, 50, 0 of 100 rows, then in 50, 0, 50.
    first, second = number(1.5, [1, 2, 2], [50, 50], distinct=2), number(2, [1, 3, 3], [50, 50], distinct=2)
    assert drift({"x": first}, {"x": second})[0]["moved"] == 0.5
    moved = drift({"t": text(AA=80, UA=20)}, {"t": text(AA=30, UA=20, B6=50)})
    assert (moved[0]["moved"], moved[0]["first"], moved[0]["second"]) == (0.5, "AA", "B6")


def test_drift_names_columns_that_came_went_and_changed_their_type() -> None:
    whole = number(5, [0, 5, 10], [50, 50])
    rows = drift({"gone": whole, "kind": whole, "same": whole}, {"kind": {**whole, "type": "VARCHAR"}, "same": whole, "new": whole})
    assert {row["column"]: row["note"] for row in rows} == {
        "gone": "only in the first",
        "kind": "DOUBLE became VARCHAR",
        "new": "only in the second",
        "same": None,
    }


def test_nulls_that_came_count_as_drift() -> None:
    whole = number(5, [0, 5, 10], [50, 50])
    assert drift({"x": whole}, {"x": {**whole, "nulls": 100}})[0]["moved"] == 0.5

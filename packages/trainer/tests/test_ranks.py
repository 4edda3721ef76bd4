"""Several ranks as one step: real processes that save together, stop together and die at the worst moment."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

from conftest import Worker, finish, until

SHARDS = """
import os, signal, time
def shard(job, text):
    def save(dir):
        (dir / f"shard-{job.rank}").write_text(text)
    return save
"""


def shards(path: str) -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted(Path(path).iterdir())}


def test_four_ranks_that_save_one_step_together_make_one_checkpoint_of_all_shards(worker: Worker) -> None:
    ended = worker.run_ranks(
        SHARDS
        + """
        with sluice.step() as job:
            for step in range(1, 21):
                job.checkpoint(step, shard(job, f"{step} of {job.world_size}"))
            job.save_model(lambda dir: (dir / f"part-{job.rank}").write_text("w"))
        """.replace("\n        ", "\n")
    )
    assert ended == [(0, "")] * 4
    checkpoints = worker.events("checkpoint")
    assert [event["step"] for event in checkpoints] == list(range(1, 21))
    for event in checkpoints:
        assert shards(event["path"]) == {f"shard-{rank}": f"{event['step']} of 4" for rank in range(4)}
    assert [shards(event["path"]) for event in worker.events("model")] == [{f"part-{rank}": "w" for rank in range(4)}]
    assert {path.name for path in worker.checkpoints.iterdir()} == {".ranks.json", *(f"step-{n}" for n in range(1, 21))}


def test_nothing_is_announced_before_the_last_shard_is_there(worker: Worker) -> None:
    processes = worker.start_ranks(
        SHARDS
        + """
        def save(dir):
            (dir / f"shard-{job.rank}").write_text("w")
            job.info("wrote")
            while job.rank == 2 and not os.path.exists("go"): time.sleep(0.005)
        with sluice.step() as job:
            job.checkpoint(100, save)
            job.info("through")
        """.replace("\n        ", "\n")
    )
    until(lambda: len([e for e in worker.events("log") if e["message"].endswith("wrote")]) == 4, "all shards are written")
    assert worker.events("checkpoint") == []
    assert [e["message"] for e in worker.events("log") if "through" in e["message"]] == []
    (worker.root / "go").touch()
    assert [finish(process) for process in processes] == [(0, "")] * 4
    kinds = [(e["type"], e.get("message", "")) for e in worker.events()]
    announced = kinds.index(("checkpoint", ""))
    assert all(kinds.index(("log", f"rank {rank}: through")) > announced for rank in (1, 2, 3))


def test_a_rank_that_is_killed_while_it_saves_leaves_no_checkpoint_and_the_others_say_who(worker: Worker) -> None:
    for victim in (0, 1, 3):
        ended = worker.run_ranks(
            SHARDS
            + f"""
            def save(dir):
                (dir / f"shard-{{job.rank}}").write_text("w")
                if job.rank == {victim}: os.kill(os.getpid(), signal.SIGKILL)
            with sluice.step() as job:
                job.checkpoint(100, shard(job, "whole"))
                job.checkpoint(200, save)
            """.replace("\n            ", "\n")
        )
        assert [code for code, _ in ended] == [-signal.SIGKILL if rank == victim else 1 for rank in range(4)]
        for rank, (_, stderr) in enumerate(ended):
            if rank not in (0, victim):
                assert f"rank {victim} has ended before it could finish the checkpoint of step 200" in stderr
        assert [(e["step"], len(shards(e["path"]))) for e in worker.events("checkpoint")] == [(100, 4)]
        worker.events_file.unlink()


def test_a_save_that_fails_in_one_rank_fails_in_all_and_the_next_one_counts(worker: Worker) -> None:
    ended = worker.run_ranks(
        SHARDS
        + """
        def save(dir):
            (dir / f"shard-{job.rank}").write_text("w")
            if job.rank == 3: raise OSError(28, "No space left on device")
        with sluice.step() as job:
            try:
                job.checkpoint(100, save)
            except (OSError, sluice.SluiceError) as error:
                job.info(str(error).splitlines()[0])
            job.checkpoint(200, shard(job, "whole"))
        """.replace("\n        ", "\n")
    )
    assert ended == [(0, "")] * 4
    heard = {e["message"] for e in worker.events("log")}
    blamed = "rank 3 failed: OSError: [Errno 28] No space left on device [RanksApart]"
    assert heard == {blamed, f"rank 1: {blamed}", f"rank 2: {blamed}", "rank 3: [Errno 28] No space left on device"}
    assert [(e["step"], len(shards(e["path"]))) for e in worker.events("checkpoint")] == [(200, 4)]
    assert not list(worker.checkpoints.glob(".step*"))


def test_ranks_that_save_different_steps_are_all_told(worker: Worker) -> None:
    ended = worker.run_ranks(SHARDS + "with sluice.step() as job: job.checkpoint(100 + (job.rank == 2), shard(job, 'w'))\n")
    assert [code for code, _ in ended] == [1] * 4
    for _, stderr in ended:
        assert "rank 2 came to the checkpoint of step 101 while rank 0 came to the checkpoint of step 100" in stderr
    assert worker.events("checkpoint") == []


def test_a_rank_that_saves_alone_is_told_who_did_not_come(worker: Worker) -> None:
    for alone, missing in ((0, "[123]"), (2, "0")):
        ended = worker.run_ranks(
            SHARDS + f"with sluice.step() as job:\n    if job.rank == {alone}: job.checkpoint(100, shard(job, 'w'))\n"
        )
        assert [code for code, _ in ended] == [1 if rank == alone else 0 for rank in range(4)]
        assert re.search(f"rank {missing} has ended before it could start the checkpoint of step 100", ended[alone][1])
        assert worker.events("checkpoint") == []
        worker.events_file.unlink()


LOOP = (
    SHARDS
    + """
with sluice.step() as job:
    checkpoint = job.resume()
    start = checkpoint.step if checkpoint else 0
    for step in range(start + 1, job.hyper.steps + 1):
        job.progress(step, job.hyper.steps)
        time.sleep(0.001 * (1 + job.rank))  # ranks are never at quite the same place
        if job.should_checkpoint(step, every=job.hyper.get("every"), seconds=job.hyper.get("seconds")):
            job.checkpoint(step, shard(job, str(step)))
"""
)


def test_a_sigterm_that_reaches_the_ranks_apart_stops_all_of_them_at_one_step(worker: Worker) -> None:
    for told in ([3], [0], [0, 1, 2, 3], [2, 1]):
        processes = worker.start_ranks(LOOP, hyper={"steps": 100_000})
        until(lambda: len(worker.events("hello")) == 4, "all ranks listen")
        worker.await_event("progress", step=20)
        for rank in told:
            processes[rank].send_signal(signal.SIGTERM)
        assert [finish(process) for process in processes] == [(75, "")] * 4
        [only] = worker.events("checkpoint")
        assert shards(only["path"]) == {f"shard-{rank}": str(only["step"]) for rank in range(4)}
        worker.processes.clear()
        worker.events_file.unlink()


def test_ranks_agree_on_the_step_when_seconds_ask_for_a_checkpoint(worker: Worker) -> None:
    assert worker.run_ranks(LOOP, hyper={"steps": 200, "seconds": 0.1}) == [(0, "")] * 4
    checkpoints = worker.events("checkpoint")
    assert len(checkpoints) >= 2
    assert all(set(shards(event["path"]).values()) == {str(event["step"])} for event in checkpoints)


def test_only_the_first_rank_reports_numbers_and_each_may_speak(worker: Worker) -> None:
    ended = worker.run_ranks(
        """
        with sluice.step() as job:
            job.log(step=1, loss=0.5)
            job.progress(1, 2)
            job.result([job.rank])
            job.info("hello")
        """
    )
    assert ended == [(0, "")] * 4
    assert [len(worker.events(kind)) for kind in ("metric", "progress", "hello", "log")] == [1, 1, 4, 4]
    assert [event["value"] for event in worker.events("result")] == [[0]]
    assert {event["message"] for event in worker.events("log")} == {"hello", "rank 1: hello", "rank 2: hello", "rank 3: hello"}


def test_the_model_may_be_saved_by_the_first_rank_alone_once_the_others_are_through(worker: Worker) -> None:
    ended = worker.run_ranks(
        """
        with sluice.step() as job:
            if job.rank == 0: job.save_model(lambda dir: (dir / "model").write_text("w"))
        """
    )
    assert ended == [(0, "")] * 4
    assert len(worker.events("model")) == 1


def test_a_run_in_the_same_folder_is_not_confused_by_what_a_killed_one_left(worker: Worker) -> None:
    processes = worker.start_ranks(LOOP, only=[0, 1], hyper={"steps": 100_000})
    until(lambda: len(worker.events("hello")) == 2, "two ranks listen")
    for process in processes:
        process.send_signal(signal.SIGTERM)
    until(lambda: board(worker)["due"] is not None, "they agree on a step")
    for process in processes:
        process.kill()
        process.wait()
    worker.processes.clear()
    worker.events_file.unlink()

    first = worker.start_ranks(LOOP, only=[2], hyper={"steps": 10, "every": 5})  # one that the killed run did not have
    until(lambda: board(worker)["ranks"].get("2", {}).get("state") == "here", "it waits for the others")
    others = worker.start_ranks(LOOP, only=[0, 1, 3], hyper={"steps": 10, "every": 5})
    assert [finish(process) for process in first + others] == [(0, "")] * 4
    assert [event["step"] for event in worker.events("checkpoint")] == [5, 10]


def board(worker: Worker) -> Any:
    return json.loads((worker.checkpoints / ".ranks.json").read_text().splitlines()[0])


def test_ranks_on_several_machines_and_restarts_by_the_launcher_are_refused(worker: Worker) -> None:
    for name, value, complaint in (
        ("LOCAL_WORLD_SIZE", "2", "this step runs as 4 ranks, 2 of them on this machine"),
        ("TORCHELASTIC_RESTART_COUNT", "1", "torchrun has restarted this step"),
    ):
        worker.env = {name: value}
        ended = worker.run_ranks("with sluice.step() as job: job.info('trains')")
        assert [code for code, _ in ended] == [1] * 4
        assert all(complaint in stderr for _, stderr in ended)
        assert "trains" not in worker.events_file.read_text()


def test_a_process_whose_environment_names_no_ranks_is_one_alone(worker: Worker) -> None:
    for env in ({}, {"WORLD_SIZE": "4"}, {"RANK": "0", "WORLD_SIZE": "1"}, {"RANK": "x", "WORLD_SIZE": "4"}):
        worker.env = env
        worker.write()
        code, stderr = worker.run("with sluice.step() as job: job.checkpoint(1, lambda dir: (dir / 'a').write_text('a'))")
        assert (code, stderr) == (0, "")
        assert not (worker.checkpoints / ".ranks.json").exists()


def test_asking_about_a_step_costs_little(worker: Worker) -> None:
    ended = worker.run_ranks(
        """
        import time
        with sluice.step() as job:
            began = time.process_time()
            for step in range(1, 1001): job.should_checkpoint(step)
            job.result((time.process_time() - began) / 1000)
        """
    )
    assert ended == [(0, "")] * 4
    assert worker.events("result")[0]["value"] < 0.002  # seconds of this process a step; some 50 µs on an idle machine

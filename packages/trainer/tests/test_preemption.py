from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from conftest import SRC, Worker, finish

LOOP = """
import time
with sluice.step() as job:
    checkpoint = job.resume()
    start = checkpoint.step if checkpoint else 0
    total = sum(range(1, start + 1)) if checkpoint is None else int((checkpoint.path / "total").read_text())
    for step in range(start + 1, job.hyper.steps + 1):
        total += step
        job.progress(step, job.hyper.steps)
        if job.should_checkpoint(step, every=10):
            job.checkpoint(step, lambda dir: (dir / "total").write_text(str(total)))
        time.sleep(0.002)
    job.save_model(lambda dir: (dir / "total").write_text(str(total)))
"""


def test_sigterm_checkpoints_and_exits_75_and_the_next_attempt_ends_like_an_undisturbed_twin(worker: Worker) -> None:
    process = worker.start(LOOP, hyper={"steps": 400})
    worker.await_event("progress", step=25)
    process.send_signal(signal.SIGTERM)
    code, stderr = finish(process)
    assert (code, stderr) == (75, "")
    last = worker.events("checkpoint")[-1]
    assert last["step"] == worker.events("progress")[-1]["step"]  # not one step is lost
    assert worker.events("model") == []
    assert worker.events("log")[-1]["message"] == f"preempted: stopping; the last checkpoint is at step {last['step']}"

    worker.write(hyper={"steps": 400}, attempt=2, resume={"step": last["step"], "path": last["path"]})
    assert worker.run(LOOP)[0] == 0
    assert (worker.output / "total").read_text() == str(sum(range(1, 401)))


def test_sigterm_in_the_middle_of_a_save_lets_the_save_finish(worker: Worker) -> None:
    process = worker.start(
        """
        import time
        def save(dir):
            (dir / "first").write_text("1")
            job.info("in save")
            while not job.preempted.is_set(): time.sleep(0.001)
            (dir / "second").write_text("2")
        with sluice.step() as job:
            job.checkpoint(7, save)
            job.info("not reached")
        """
    )
    worker.await_event("log", message="in save")
    process.send_signal(signal.SIGTERM)
    assert finish(process) == (75, "")
    kept = Path(worker.events("checkpoint")[0]["path"])
    assert sorted(path.name for path in kept.iterdir()) == ["first", "second"]
    assert "not reached" not in [e["message"] for e in worker.events("log")]


def test_a_save_that_fails_while_preempted_is_still_the_trainers_error(worker: Worker) -> None:
    process = worker.start(
        """
        def save(dir):
            job.info("in save")
            job.preempted.wait()
            raise OSError(28, "No space left on device")
        with sluice.step() as job:
            job.checkpoint(7, save)
        """
    )
    worker.await_event("log", message="in save")
    process.send_signal(signal.SIGTERM)
    code, stderr = finish(process)
    assert code == 1
    assert "No space left on device" in stderr
    assert list(worker.checkpoints.iterdir()) == []


def test_a_storm_of_sigterms_is_one_preemption(worker: Worker) -> None:
    process = worker.start(
        """
        import sys
        def save(dir):
            job.info("in save")
            (dir / "a").write_text("a")
            while sys.stdin.readline() != "enough\\n": pass
        with sluice.step() as job:
            job.info("ready")
            job.preempted.wait()
            job.checkpoint(7, save)
        """
    )
    worker.await_event("log", message="ready")
    process.send_signal(signal.SIGTERM)
    worker.await_event("log", message="in save")
    for _ in range(100):
        process.send_signal(signal.SIGTERM)
    assert process.stdin is not None
    process.stdin.write("enough\n")
    process.stdin.flush()
    assert finish(process) == (75, "")
    assert len(worker.events("checkpoint")) == 1


def test_training_that_completes_although_preempted_is_done(worker: Worker) -> None:
    process = worker.start(
        """
        with sluice.step() as job:
            job.info("last step")
            job.preempted.wait()
            job.save_model(lambda dir: (dir / "model").write_text("done"))
        """
    )
    worker.await_event("log", message="last step")
    process.send_signal(signal.SIGTERM)
    assert finish(process) == (0, "")
    assert len(worker.events("model")) == 1


def test_sigterm_after_the_block_does_not_turn_success_into_failure(worker: Worker) -> None:
    process = worker.start(
        """
        import os, signal
        with sluice.step() as job:
            job.save_model(lambda dir: (dir / "model").write_text("done"))
        os.kill(os.getpid(), signal.SIGTERM)
        """
    )
    assert finish(process) == (0, "")


def test_a_loop_without_checkpoints_can_leave_by_exit_if_preempted(worker: Worker) -> None:
    process = worker.start(
        """
        import sys
        with sluice.step() as job:
            job.exit_if_preempted()
            job.info("training")
            try:
                while True:
                    job.preempted.wait(0.01)
                    job.exit_if_preempted()
            finally:
                print("cleaned up", file=sys.stderr)
        """
    )
    worker.await_event("log", message="training")
    process.send_signal(signal.SIGTERM)
    assert finish(process) == (75, "cleaned up\n")
    assert worker.events("log")[-1]["message"] == "preempted: stopping; there is no checkpoint yet"


def test_a_forked_data_loader_still_dies_of_sigterm(worker: Worker) -> None:
    worker.env["PYTHONWARNINGS"] = "ignore::DeprecationWarning"  # Python 3.12 dislikes forks beside threads
    code, stderr = worker.run(
        """
        import multiprocessing, time
        with sluice.step() as job:
            context = multiprocessing.get_context("fork")
            with context.Pool(2) as pool:  # leaving the block terminates and joins the children
                job.result(pool.map(abs, [-1, -2]))
            codes = set()
            for _ in range(50):  # terminated while it starts, while it runs, while it goes to sleep
                child = context.Process(target=time.sleep, args=(600,))
                child.start()
                child.terminate()
                child.join()
                codes.add(child.exitcode)
            job.result([sorted(codes), job.preempted.is_set()])
        """
    )
    assert (code, stderr) == (0, "")
    assert [e["value"] for e in worker.events("result")] == [[1, 2], [[-signal.SIGTERM], False]]


def test_a_job_opened_in_another_thread_warns_that_preemption_cannot_be_caught(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        import threading
        def train():
            with sluice.step() as job: job.info("trained")
        thread = threading.Thread(target=train)
        thread.start(); thread.join()
        """
    )
    assert (code, stderr) == (0, "")
    warning, trained = worker.events("log")
    assert warning["level"] == "warning" and "SIGTERM cannot be caught" in warning["message"]
    assert trained["message"] == "trained"


def test_an_error_in_training_keeps_its_own_exit_code(worker: Worker) -> None:
    assert worker.run("with sluice.step() as job: raise ValueError('diverged')")[0] == 1
    assert worker.run("with sluice.step() as job: raise SystemExit(3)")[0] == 3


PARENT = """
import subprocess, sys
pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # they break when this process dies
subprocess.Popen([sys.executable, sys.argv[1]], start_new_session=True, pass_fds=[int(sys.argv[2])], **pipes).wait()
"""

ORPHAN = """
import multiprocessing, sluice, time
with sluice.step() as job:
    loader = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
    loader.start()
    job.info("training")
    while True: time.sleep(0.05)
"""


def test_no_orphan_trains_on_when_the_worker_is_killed(worker: Worker) -> None:
    worker.write()
    worker.events_file.touch()
    script = worker.root / "train.py"
    script.write_text(ORPHAN)
    alive, held = os.pipe()  # held open by the trainer and its data loader, so it ends when the last of them does
    env = {**os.environ, "PYTHONPATH": str(SRC), "SLUICE_STEP": str(worker.step_file), "SLUICE_EVENTS": str(worker.events_file)}
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(script), str(held)], env=env, pass_fds=[held], text=True)
    worker.processes.append(parent)
    os.close(held)
    worker.await_event("log", message="training")
    parent.kill()
    ended, _, _ = select.select([alive], [], [], 15)
    os.close(alive)
    if not ended:
        os.killpg(worker.events("hello")[0]["pid"], signal.SIGKILL)
    assert ended, "the trainer outlived its worker"


def test_a_worker_behind_a_wrapper_is_watched_by_its_pid(worker: Worker) -> None:
    stand_in = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    worker.env["SLUICE_PARENT_PID"] = str(stand_in.pid)
    process = worker.start("import time\nwith sluice.step() as job:\n    job.info('training')\n    time.sleep(600)")
    worker.await_event("log", message="training")
    stand_in.kill()
    stand_in.wait()
    code, stderr = finish(process)
    assert code == 75
    assert "the worker that started this step is gone" in stderr


def test_a_trainer_that_starts_after_its_worker_died_does_not_start(worker: Worker) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    worker.env["SLUICE_PARENT_PID"] = str(gone.pid)
    code, stderr = worker.run("with sluice.step() as job: job.info('trained')")
    assert code == 75
    assert "the worker that started this step is gone" in stderr
    assert worker.events() == []


def test_a_worker_that_counts_processes_apart_is_not_taken_for_dead(worker: Worker) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    worker.env["SLUICE_PARENT_PID"] = str(gone.pid)  # somebody else's number, as in `apptainer --pid`
    worker.env["SLUICE_PARENT_PID_NAMESPACE"] = "4026000000"
    code, _ = worker.run("import time\nwith sluice.step() as job:\n    time.sleep(2.5)\n    job.info('trained')")
    assert code == 0
    assert worker.events()[-1]["message"] == "trained"


def test_a_worker_of_the_same_namespace_is_watched(worker: Worker) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    worker.env["SLUICE_PARENT_PID"] = str(gone.pid)
    namespace = Path("/proc/self/ns/pid")  # other systems have none
    worker.env["SLUICE_PARENT_PID_NAMESPACE"] = os.readlink(namespace).strip("pid:[]") if namespace.exists() else ""
    code, stderr = worker.run("with sluice.step() as job: job.info('trained')")
    assert code == 75
    assert "the worker that started this step is gone" in stderr

from __future__ import annotations

from pathlib import Path

from conftest import Worker


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_a_checkpoint_is_announced_complete_under_its_final_name(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        def save(dir):
            (dir / "model.pt").write_bytes(b"w" * 1000)
            (dir / "Zustand 状态").mkdir()
            (dir / "Zustand 状态" / "rng.json").write_text("[1]")
        with sluice.step() as job:
            job.checkpoint(100, save)
            job.checkpoint(200, save)
        """
    )
    assert (code, stderr) == (0, "")
    assert [(e["step"], e["path"]) for e in worker.events("checkpoint")] == [
        (100, str(worker.checkpoints / "step-100")),
        (200, str(worker.checkpoints / "step-200")),
    ]
    assert files(worker.checkpoints / "step-200") == ["Zustand 状态", "Zustand 状态/rng.json", "model.pt"]
    assert files(worker.checkpoints)[0] == "step-100"  # nothing temporary is left beside them


def test_the_files_are_on_disk_before_the_event_is_written(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        import os
        calls = []
        real = os.fsync, os.rename, os.write
        def fsync(fd): calls.append("fsync " + os.path.basename(os.readlink(f"/proc/self/fd/{fd}")).split("-")[0]); real[0](fd)
        def rename(a, b): calls.append("rename"); real[1](a, b)
        def write(fd, data):
            if b'"checkpoint"' in data: calls.append("event")
            return real[2](fd, data)
        os.fsync, os.rename, os.write = fsync, rename, write
        def save(dir):
            (dir / "sub").mkdir()
            (dir / "sub" / "a").write_text("a")
        with sluice.step() as job:
            job.checkpoint(1, save)
            job.result(calls)
        """
    )
    assert (code, stderr) == (0, "")
    assert worker.events("result")[0]["value"] == ["fsync a", "fsync sub", "fsync .step", "rename", "fsync checkpoints", "event"]


def test_a_save_that_raises_leaves_nothing_and_its_error_goes_through(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        def save(dir):
            (dir / "half.pt").write_text("half")
            raise ZeroDivisionError("in save")
        with sluice.step() as job:
            try:
                job.checkpoint(1, save)
            except ZeroDivisionError:
                job.info("caught")
            job.checkpoint(1, save)
        """
    )
    assert code == 1
    assert "ZeroDivisionError: in save" in stderr
    assert [e["message"] for e in worker.events("log")] == ["caught"]
    assert worker.events("checkpoint") == []
    assert files(worker.checkpoints) == []


def test_a_disk_that_fills_up_while_saving_leaves_nothing_and_says_so(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        import resource
        with sluice.step() as job:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
            job.checkpoint(1, lambda dir: (dir / "model.pt").write_bytes(b"w" * 5000))
        """
    )
    assert code == 1
    assert "File too large" in stderr
    assert worker.events("checkpoint") == []
    assert files(worker.checkpoints) == []


def test_a_save_that_writes_nothing_is_refused(worker: Worker) -> None:
    code, stderr = worker.run("with sluice.step() as job: job.checkpoint(1, lambda dir: (dir / 'empty').mkdir())")
    assert code == 1
    assert "nothing was written [InvalidCheckpoint]" in stderr
    assert files(worker.checkpoints) == []


def test_a_link_in_a_checkpoint_is_refused_because_its_target_is_not_kept(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        def save(dir):
            (dir / "a").write_text("a")
            (dir / "latest").symlink_to("/etc/hostname")
        with sluice.step() as job: job.checkpoint(1, save)
        """
    )
    assert code == 1
    assert "only regular files and directories can be kept" in stderr
    assert files(worker.checkpoints) == []


def test_a_step_that_goes_backwards_is_refused_before_anything_is_written(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        save = lambda dir: (dir / "a").write_text("a")
        with sluice.step() as job:
            job.checkpoint(200, save)
            job.checkpoint(100, save)
        """
    )
    assert code == 1
    assert "checkpoint at step 100 is behind 200, the last checkpoint's step" in stderr
    assert files(worker.checkpoints) == ["step-200", "step-200/a"]


def test_a_loop_that_ignores_the_checkpoint_it_should_resume_from_is_told_so(worker: Worker) -> None:
    code, stderr = worker.run(
        "with sluice.step() as job: job.checkpoint(100, lambda dir: (dir / 'a').write_text('a'))",
        resume={"step": 1200, "path": str(worker.root)},
    )
    assert code == 1
    assert "checkpoint at step 100 is behind 1200, the step this attempt resumed from" in stderr
    assert "start the loop at job.resume().step" in stderr


def test_a_step_that_is_saved_already_is_not_saved_again(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        with sluice.step() as job:
            for text in ("first", "second"):
                job.checkpoint(5, lambda dir: (dir / "a").write_text(text))
        """
    )
    assert (code, stderr) == (0, "")
    assert [Path(e["path"], "a").read_text() for e in worker.events("checkpoint")] == ["first"]
    assert [e["message"] for e in worker.events("log")] == ["the checkpoint of step 5 is written already"]


def test_a_step_must_be_a_whole_number_that_is_not_negative(worker: Worker) -> None:
    for step, complaint in (("1.5", "a step is a whole number, not 1.5"), ("-1", "a step is not negative, this is -1")):
        code, stderr = worker.run(f"with sluice.step() as job: job.checkpoint({step}, print)")
        assert code == 1
        assert complaint in stderr


def test_resume_gives_the_step_and_the_directory(worker: Worker) -> None:
    kept = worker.root / "kept"
    kept.mkdir()
    (kept / "model.pt").write_text("weights")
    code, stderr = worker.run(
        """
        with sluice.step() as job:
            checkpoint = job.resume()
            job.result([checkpoint.step, (checkpoint.path / "model.pt").read_text()])
        """,
        resume={"step": 1200, "path": str(kept)},
    )
    assert (code, stderr) == (0, "")
    assert worker.events("result")[0]["value"] == [1200, "weights"]


def test_a_checkpoint_that_is_not_there_is_an_error_and_never_a_fresh_start(worker: Worker) -> None:
    for path in (worker.root / "absent", worker.checkpoints):
        worker.write(resume={"step": 7, "path": str(path)})
        code, stderr = worker.run("with sluice.step() as job: job.resume()")
        assert code == 1
        assert "the checkpoint of step 7 is not there [InvalidCheckpoint]" in stderr


def test_should_checkpoint_counts_steps_or_seconds(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        with sluice.step() as job:
            by_steps = [step for step in range(1, 8) if job.should_checkpoint(step, every=3)]
            job.result([by_steps, job.should_checkpoint(1, seconds=0), job.should_checkpoint(1, seconds=3600), job.should_checkpoint(1)])
        """
    )
    assert (code, stderr) == (0, "")
    assert worker.events("result")[0]["value"] == [[3, 6], True, False, False]

"""The framework callbacks against stand-ins (`fakes.py`), in real processes with real signals."""

from __future__ import annotations

from pathlib import Path

from conftest import Worker, finish

HERE = str(Path(__file__).resolve().parent)

HF = f"""
import os, signal, sys
sys.path.append({HERE!r})
import fakes
fakes.install("transformers", TrainerCallback=fakes.TrainerCallback)
with sluice.step() as job:
    callback = sluice.callbacks.hf(job)
    assert isinstance(callback, fakes.TrainerCallback)
    checkpoint = job.resume()
    trainer = fakes.HfTrainer(callback, job.output / "hf", steps=10, save_steps=4, **job.hyper.get("args", {{}}))
    kill_at = job.hyper.get("kill_at")
    def each_step(step):
        if step == kill_at: os.kill(os.getpid(), signal.SIGTERM)
    trainer.each_step = each_step
    trainer.train(resume_from_checkpoint=str(checkpoint.path) if checkpoint else None)
    job.info("trained")
"""


def test_hf_metrics_progress_and_every_saved_checkpoint_are_reported(worker: Worker) -> None:
    assert worker.run(HF) == (0, "")
    metrics = worker.events("metric")
    assert [e["step"] for e in metrics] == list(range(1, 11))
    assert metrics[3]["values"] == {"loss": 0.25, "epoch": 0.5}  # text and None are not metrics
    assert [(e["step"], e["total"]) for e in worker.events("progress")] == [(n, 10) for n in range(1, 11)]
    checkpoints = worker.events("checkpoint")
    assert [e["step"] for e in checkpoints] == [4, 8]
    assert (Path(checkpoints[1]["path"]) / "trainer_state.json").read_text() == "8"
    # the Trainer's own copies are its own: Sluice may delete what was reported
    assert (worker.output / "hf" / "checkpoint-8" / "trainer_state.json").exists()


def test_hf_preempted_saves_at_that_step_exits_75_and_resumes_there(worker: Worker) -> None:
    assert worker.run(HF, hyper={"kill_at": 6}) == (75, "")
    last = worker.events("checkpoint")[-1]
    assert last["step"] == 6
    assert worker.events("progress")[-1]["step"] == 6

    worker.write(attempt=2, resume={"step": 6, "path": last["path"]})
    assert worker.run(HF) == (0, "")
    assert [e["step"] for e in worker.events("progress")][-4:] == [7, 8, 9, 10]


def test_hf_checkpoints_of_several_processes_hold_what_each_of_them_has_written(worker: Worker) -> None:
    assert worker.run_ranks(HF) == [(0, "")] * 4
    checkpoints = worker.events("checkpoint")
    assert [e["step"] for e in checkpoints] == [4, 8]
    for event in checkpoints:
        names = {path.name for path in Path(event["path"]).iterdir()}
        assert names == {"trainer_state.json", *(f"rng_state_{rank}.pth" for rank in range(4))}
    assert [e["step"] for e in worker.events("metric")] == list(range(1, 11))  # of the first one alone


def test_hf_processes_stop_at_one_step_though_only_one_of_them_is_told(worker: Worker) -> None:
    ended = worker.run_ranks(HF.replace("if step == kill_at:", "if step == kill_at and job.rank == 2:"), hyper={"kill_at": 5})
    assert [code for code, _ in ended] == [75] * 4
    last = worker.events("checkpoint")[-1]
    assert last["step"] == worker.events("progress")[-1]["step"]
    assert len(list(Path(last["path"]).iterdir())) == 5


def test_hf_checkpoints_that_cannot_be_resumed_from_are_refused_at_the_start(worker: Worker) -> None:
    code, stderr = worker.run(HF, hyper={"args": {"save_only_model": True}})
    assert code == 1
    assert "save_only_model=True makes checkpoints that cannot be resumed from" in stderr
    assert worker.events("progress") == []


LIGHTNING = f"""
import os, signal, sys
sys.path.append({HERE!r})
import fakes
fakes.install("lightning.pytorch", Callback=fakes.LightningCallback)
with sluice.step() as job:
    callback = sluice.callbacks.lightning(job, every=job.hyper.get("every"))
    assert isinstance(callback, fakes.LightningCallback)
    trainer = fakes.LightningTrainer(callback, job.output / "pl", **{{"batches": 8, **job.hyper.get("args", {{}})}})
    vars(trainer).update(job.hyper.get("set", {{}}))
    if job.hyper.get("async"):
        trainer.strategy.checkpoint_io = type("AsyncCheckpointIO", (), {{}})()
    kill_at = job.hyper.get("kill_at")
    def each_batch(batch):
        if batch == kill_at: os.kill(os.getpid(), signal.SIGTERM)
    trainer.each_batch = each_batch
    trainer.fit()
    trainer.save_checkpoint("after.ckpt")
    job.info("trained")
"""


def test_lightning_metrics_progress_and_every_saved_checkpoint_are_reported_once(worker: Worker) -> None:
    assert worker.run(LIGHTNING, hyper={"args": {"batches": 8, "save_every": 3}}) == (0, "")
    assert [(e["step"], e["values"]) for e in worker.events("metric")] == [
        (2, {"loss": 1 / 2}),
        (4, {"loss": 1 / 4}),
        (6, {"loss": 1 / 6}),
        (8, {"loss": 1 / 8}),
        (8, {"val_loss": 0.25}),
    ]
    assert [(e["step"], e["total"]) for e in worker.events("progress")] == [(n, 8) for n in range(1, 9)]
    checkpoints = worker.events("checkpoint")
    assert [e["step"] for e in checkpoints] == [3, 6]
    assert (Path(checkpoints[0]["path"]) / "step=3.ckpt").read_text().startswith("3 ")
    assert (worker.output / "pl" / "last.ckpt").read_text().startswith("6 ")


def test_lightning_preempted_saves_after_the_batch_and_exits_75(worker: Worker) -> None:
    assert worker.run(LIGHTNING, hyper={"kill_at": 4}) == (75, "")
    [only] = worker.events("checkpoint")
    assert only["step"] == 5
    assert (Path(only["path"]) / "checkpoint.ckpt").read_text().startswith("5 ")
    assert worker.events("log")[-1]["message"].startswith("preempted")


def test_lightning_can_save_by_itself_every_so_many_optimizer_steps(worker: Worker) -> None:
    assert worker.run(LIGHTNING, hyper={"every": 2, "args": {"batches": 10, "accumulate": 2}}) == (0, "")
    assert [e["step"] for e in worker.events("checkpoint")] == [2, 4]
    assert [e["step"] for e in worker.events("progress")] == [1, 2, 3, 4, 5]


def test_lightnings_own_answer_to_sigterm_does_not_read_as_done(worker: Worker) -> None:
    hyper = {"kill_at": 4, "args": {"accumulate": 8}, "set": {"world_size": 2, "raise_after": 5}}
    assert worker.run(LIGHTNING, hyper=hyper) == (75, "")
    assert worker.events("checkpoint") == []


def test_lightning_weights_without_optimizer_state_are_no_checkpoint(worker: Worker) -> None:
    script = LIGHTNING.replace("trainer.fit()", "callback.setup(trainer, None, 'fit'); trainer.save_checkpoint('w.ckpt', weights_only=True)")
    assert worker.run(script) == (0, "")
    assert len(worker.events("checkpoint")) == 1  # after.ckpt, saved in full


def test_lightning_settings_that_cannot_work_are_refused_at_the_start(worker: Worker) -> None:
    code, stderr = worker.run(LIGHTNING, hyper={"async": True})
    assert code == 1
    assert "asynchronous checkpoint plugins return before the file is complete" in stderr


def test_without_the_framework_the_package_to_install_is_named(worker: Worker) -> None:
    for name in ("hf", "keras", "lightning"):
        code, stderr = finish(worker.spawn(f"with sluice.step() as job: sluice.callbacks.{name}(job)"))
        assert code == 1
        assert "pip install" in stderr


def test_importing_sluice_imports_no_framework(worker: Worker) -> None:
    code, stderr = finish(
        worker.spawn(
            """
            import sys
            assert not {"torch", "transformers", "lightning", "pytorch_lightning", "numpy"} & set(sys.modules)
            assert callable(sluice.callbacks.hf) and callable(sluice.callbacks.lightning)
            """
        )
    )
    assert (code, stderr) == (0, "")

from __future__ import annotations

from conftest import Worker


def test_a_function_writes_the_model_into_the_output(worker: Worker) -> None:
    code, stderr = worker.run("with sluice.step() as job: job.save_model(lambda dir: (dir / 'm').write_text('m'))")
    assert (code, stderr) == (0, "")
    assert worker.events("model") == [{"type": "model", "path": str(worker.output)}]


def test_a_directory_inside_the_output_stays_where_it_is(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        with sluice.step() as job:
            (job.output / "model").mkdir()
            (job.output / "model" / "m").write_text("m")
            job.save_model(job.output / "model")
        """
    )
    assert (code, stderr) == (0, "")
    assert worker.events("model") == [{"type": "model", "path": str(worker.output / "model")}]


def test_a_directory_elsewhere_is_copied_in_and_a_later_one_replaces_it(worker: Worker) -> None:
    code, stderr = worker.run(
        """
        from pathlib import Path
        with sluice.step() as job:
            made = Path("Modell 模型")
            made.mkdir()
            for text in ("first", "second"):
                (made / "m").write_text(text)
                job.save_model(str(made))
        """
    )
    assert (code, stderr) == (0, "")
    assert [e["path"] for e in worker.events("model")] == [str(worker.output / "Modell 模型")] * 2
    assert (worker.output / "Modell 模型" / "m").read_text() == "second"
    assert [path.name for path in worker.output.iterdir()] == ["Modell 模型"]


def test_what_is_not_a_model_directory_is_refused(worker: Worker) -> None:
    for script, complaint in (
        ("job.save_model('absent')", "the model does not exist, a directory is needed"),
        ("job.save_model(__file__)", "the model is a file, a directory is needed"),
        ("job.save_model(lambda dir: None)", "the model directory has no files"),
    ):
        code, stderr = worker.run(f"with sluice.step() as job: {script}")
        assert code == 1
        assert complaint in stderr
    assert worker.events("model") == []

from __future__ import annotations

import signal

from conftest import Worker, finish, until


def test_the_same_script_runs_without_sluice_and_tells_a_person_what_happens(worker: Worker) -> None:
    (worker.root / "flights.csv").write_text("delay\n1\n")
    code, stderr = finish(
        worker.spawn(
            """
            with sluice.step(data={"flights": "flights.csv"}, hyper={"lr": 0.1}, seed=7) as job:
                assert open(job.data["flights"]).read() and job.hyper.lr == 0.1 and job.seed == 7
                assert job.resume() is None and job.attempt == 1 and job.run == "local"
                job.log(step=1, loss=0.123456789, bad=float("nan"))
                job.progress(1, 2)
                job.info("grüezi")
                job.checkpoint(1, lambda dir: (dir / "a").write_text("a"))
                job.save_model(lambda dir: (dir / "m").write_text("m"))
                job.result({"auc": 0.5})
            """
        )
    )
    base = worker.root / ".sluice" / "local" / "train"
    assert code == 0
    assert stderr.splitlines() == [
        "sluice: step 1  loss 0.123457  bad NaN",
        "sluice: 1/2 step",
        "sluice: grüezi",
        f"sluice: checkpoint at step 1: {base}/checkpoints/step-1",
        f"sluice: model: {base}/output",
        'sluice: result: {"auc": 0.5}',
    ]
    assert (base / "output" / "m").exists()


def test_a_laptop_run_can_resume_from_an_earlier_checkpoint(worker: Worker) -> None:
    code, stderr = finish(
        worker.spawn(
            """
            with sluice.step(output="out") as job:
                job.checkpoint(12, lambda dir: (dir / "a").write_text("a"))
            with sluice.step(output="out", resume="out.checkpoints/step-12") as job:
                job.info([job.resume().step, (job.resume().path / "a").read_text()])
            """
        )
    )
    assert code == 0
    assert stderr.splitlines()[-1] == "sluice: [12, 'a']"


def test_an_input_that_is_missing_on_the_laptop_says_where_to_name_it(worker: Worker) -> None:
    code, stderr = finish(worker.spawn("sluice.step(data={'flights': 'absent.csv'})"))
    assert code == 1
    assert "input 'flights' does not exist" in stderr and "absent.csv" in stderr and "SLUICE_STEP is not set" in stderr
    code, stderr = finish(worker.spawn("with sluice.step() as job: job.data['flights']"))
    assert code == 1
    assert "no input 'flights'; there are none" in stderr and "sluice.step(data=…)" in stderr


def test_sigterm_works_on_a_laptop_too_and_is_given_back_after_the_block(worker: Worker) -> None:
    process = worker.spawn(
        """
        import signal
        with sluice.step() as job:
            pass
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        with sluice.step() as job:
            open("ready", "w").close()
            job.preempted.wait()
            job.checkpoint(3, lambda dir: (dir / "a").write_text("a"))
        """
    )
    until((worker.root / "ready").exists, "the script trains")
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 75

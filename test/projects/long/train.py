"""Steps whose result depends on every one of them and on their order, and a state of many bytes beside it."""

import json
import os
import time

import sluice


def main():
    with sluice.step() as job:
        resume = job.resume()
        step, state = 0, 0
        if resume is not None:
            step, state = resume.step, int(json.loads((resume.path / "state.json").read_text())["state"])

        def save(folder):
            (folder / "state.json").write_text(json.dumps({"state": str(state)}))
            (folder / "bytes.bin").write_bytes(os.urandom(job.hyper.megabytes * 1_000_000))

        while step < job.hyper.steps:
            time.sleep(job.hyper.pace)
            step += 1
            state = (state * 6364136223846793005 + step) % 2**64
            job.progress(step, job.hyper.steps)
            job.log(step=step, state=float(state))
            if job.should_checkpoint(step, seconds=job.hyper.interval):
                job.checkpoint(step, save)
        job.save_model(lambda folder: (folder / "model.json").write_text(json.dumps({"steps": step, "state": str(state)})))


main()

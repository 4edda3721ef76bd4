"""Gradient steps on a state of many megabytes, and a log of where its time goes."""

import json
import math
import os
import random
import time

import sluice

WINDOW = 4096


def main():
    with sluice.step() as job:
        log = open(job.hyper.log, "a", buffering=1)

        def note(what, **more):
            log.write(json.dumps({"what": what, "at": time.time(), "attempt": job.attempt, **more}) + "\n")

        note("started")
        resume = job.resume()
        if resume is None:
            step, worked = 0, 0.0
            state = bytearray(os.urandom(job.hyper.megabytes * 1_000_000 // 8 * 8))
        else:
            meta = json.loads((resume.path / "meta.json").read_text())
            step, worked = resume.step, meta["worked"]
            state = bytearray((resume.path / "state.bin").read_bytes())
        weights = memoryview(state).cast("d")
        note("ready", step=step)

        def save(folder):
            (folder / "meta.json").write_text(json.dumps({"worked": worked}))
            (folder / "state.bin").write_bytes(state)

        told = 0.0
        while worked < job.hyper.seconds:
            began = time.monotonic()
            while time.monotonic() - began < 0.1:
                step += 1
                error = descend(weights, step)
            worked += time.monotonic() - began
            if began - told > 0.5:
                told = began
                note("step", step=step)
                job.log(step=step, error=error)
            if job.should_checkpoint(step, seconds=job.hyper.interval):
                before = time.monotonic()
                job.checkpoint(step, save)
                note("checkpoint", step=step, blocked=time.monotonic() - before)
        note("done", step=step)
        job.save_model(lambda folder: (folder / "steps.json").write_text(json.dumps({"steps": step})))


def descend(weights, step):
    """One step of logistic regression by stochastic gradient descent, on the next few of the weights."""
    start = step * WINDOW % (len(weights) - WINDOW)
    draw = random.Random(step)
    error = 0.0
    for index in range(start, start + WINDOW, 16):
        weight = weights[index]
        if not -10.0 < weight < 10.0:
            weight = 0.0
        sample = draw.gauss(0.0, 1.0)
        guess = 1.0 / (1.0 + math.exp(-weight * sample))
        error += guess - (sample > 0.5)
        weights[index] = weight - 0.1 * (guess - (sample > 0.5)) * sample
    return error


main()

"""A deterministic trainer for tests: a linear congruential generator is its model, its step is one draw."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import sluice

MULTIPLIER, INCREMENT, MODULUS = 6364136223846793005, 1442695040888963407, 2**64


def main() -> None:
    with sluice.step() as job:
        hyper = job.hyper
        fault = hyper["fault"]
        if fault == "exit-1":
            print("Traceback (most recent call last):", file=sys.stderr)
            print("ValueError: this trainer was told to fail", file=sys.stderr)
            sys.exit(1)
        if fault == "out-of-memory":
            raise MemoryError("cannot allocate 80 GiB")
        if fault == "rubbish":
            with open(os.environ["SLUICE_EVENTS"], "ab") as events:
                events.write(b"this is not an event\n")
            time.sleep(60)
        if fault == "ignore-sigterm":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        state, start = job.seed, 0
        resumed = job.resume()
        if resumed is not None:
            start, state = resumed.step, int((Path(resumed.path) / "state.txt").read_text().split()[0])
        steps, every, pace = hyper["steps"], hyper["every"], hyper["pace"] / 1000
        for step in range(start + 1, steps + 1):
            state = (state * MULTIPLIER + INCREMENT) % MODULUS
            print(f"did step {step}", flush=True)
            if fault == "hang" and step == 3:
                time.sleep(3600)
            time.sleep(pace)
            job.log(step=step, loss=1 / step)
            job.progress(step, steps)
            told = job.preempted.is_set()
            if fault == "slow-goodbye" and told:
                time.sleep(24)
            # Told while it writes a checkpoint, a trainer ends with that: the slow one writes none but its first and its last.
            due = step == 1 if fault == "slow-goodbye" else step % every == 0
            if due or told:
                job.checkpoint(step, lambda folder, state=state: save(folder, state, hyper["bytes"]))
        if fault == "no-model":
            return
        model = {"state": state, "version": hyper["version"], "serving": hyper["serving"]}
        job.save_model(lambda folder: (Path(folder) / "model.json").write_text(json.dumps(model, sort_keys=True)))


def save(folder: Path, state: int, size: int) -> None:
    (folder / "state.txt").write_text(f"{state}\n" + "x" * size)


main()

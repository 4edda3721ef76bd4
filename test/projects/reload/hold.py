"""Waits until a file is there, and returns the word it was given."""

import os
import time

import sluice

with sluice.step() as job:
    while not os.path.exists(job.hyper["until"]):
        time.sleep(0.05)
    job.result(job.hyper["word"])

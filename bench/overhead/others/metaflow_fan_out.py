"""Five steps in a row, then branches, on Metaflow, with the `start`, the `join` and the `end` that it asks for."""

from os import environ
from subprocess import run
from sys import executable

from metaflow import FlowSpec, Parameter, step


def noop():
    """What every step of every system in the comparison does."""
    run([executable, environ["BENCH_NOOP"]], check=True)


class OverheadFanOut(FlowSpec):
    branches = Parameter("branches", type=int, default=1)

    @step
    def start(self):
        self.next(self.first)

    @step
    def first(self):
        noop()
        self.next(self.second)

    @step
    def second(self):
        noop()
        self.next(self.third)

    @step
    def third(self):
        noop()
        self.next(self.fourth)

    @step
    def fourth(self):
        noop()
        self.next(self.fifth)

    @step
    def fifth(self):
        noop()
        self.keys = list(range(self.branches))
        self.next(self.branch, foreach="keys")

    @step
    def branch(self):
        noop()
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    OverheadFanOut()

"""Five steps in a row on Metaflow, between the `start` and the `end` that it asks for."""

from os import environ
from subprocess import run
from sys import executable

from metaflow import FlowSpec, step


def noop():
    """What every step of every system in the comparison does."""
    run([executable, environ["BENCH_NOOP"]], check=True)


class OverheadChain(FlowSpec):
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
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    OverheadChain()

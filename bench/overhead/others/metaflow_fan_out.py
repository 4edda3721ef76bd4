"""Five steps in a row, then branches, on Metaflow; the join and the end are Metaflow's own due."""

from metaflow import FlowSpec, Parameter, step


class OverheadFanOut(FlowSpec):
    branches = Parameter("branches", type=int, default=1)

    @step
    def start(self):
        self.next(self.second)

    @step
    def second(self):
        self.next(self.third)

    @step
    def third(self):
        self.next(self.fourth)

    @step
    def fourth(self):
        self.next(self.fifth)

    @step
    def fifth(self):
        self.keys = list(range(self.branches))
        self.next(self.branch, foreach="keys")

    @step
    def branch(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    OverheadFanOut()

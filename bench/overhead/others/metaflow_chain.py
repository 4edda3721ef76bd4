"""Five steps in a row on Metaflow. Each is a Python process of Metaflow's that does nothing."""

from metaflow import FlowSpec, step


class OverheadChain(FlowSpec):
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
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    OverheadChain()

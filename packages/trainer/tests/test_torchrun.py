from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import SRC
from sluice.torchrun import judge

KILLED, TOLD = -9, -15


@pytest.mark.parametrize(
    ("ends", "stopped", "verdict"),
    [
        ([(3, 0)], False, 3),
        ([(1, 0), (1, 0), (KILLED, 0), (1, 0)], False, KILLED),  # the others failed for want of the one that was killed
        ([(3, 0), (75, 1), (KILLED, 30)], False, 3),  # the agent told one to stop, and killed the other, which hung
        ([(75, 0), (75, 0), (1, 0)], False, 75),
        ([(-11, 0), (75, 1)], False, -11),
        ([(75, 0), (75, 0)], True, 75),
        ([(TOLD, 0), (TOLD, 0)], True, 75),  # told before they could listen
        ([(KILLED, 0), (75, 0)], True, 75),
        ([(2, 0), (75, 0)], True, 75),
        ([(2, 0)], True, 2),  # a bug that came before it could stop
    ],
)
def test_what_several_ranks_ends_say_together(ends: list[tuple[int, float]], stopped: bool, verdict: int) -> None:
    assert judge(ends, stopped=stopped) == verdict


def test_without_pytorch_the_package_to_install_is_named() -> None:
    command = [sys.executable, "-c", "import sys; sys.modules['torch'] = None; from sluice.torchrun import main; main([])"]
    ended = subprocess.run(command, env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "pip install torch" in ended.stderr

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import SRC
from sluice.torchrun import judge

KILLED, TOLD = -9, -15


@pytest.mark.parametrize(
    ("codes", "first", "stopped", "verdict"),
    [
        ([3], 3, False, 3),
        ([1, 1, KILLED, 1], 1, False, KILLED),  # the others failed for want of the one that was killed
        ([75, 75, 1], 1, False, 75),
        ([75, 75], 75, True, 75),
        ([TOLD, TOLD], TOLD, True, 75),  # told before they could listen
        ([KILLED, 75], KILLED, True, 75),
        ([2, 75], 2, True, 75),
        ([2], 2, True, 2),  # a bug that came before it could stop
        ([-11, 1], -11, False, -11),
    ],
)
def test_what_several_ranks_ends_say_together(codes: list[int], first: int, stopped: bool, verdict: int) -> None:
    assert judge(codes, first, stopped=stopped) == verdict


def test_without_pytorch_the_package_to_install_is_named() -> None:
    command = [sys.executable, "-c", "import sys; sys.modules['torch'] = None; from sluice.torchrun import main; main([])"]
    ended = subprocess.run(command, env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "pip install torch" in ended.stderr

"""`python -m sluice.torchrun …`: torchrun, with an end that says what happened to its ranks.

It takes torchrun's arguments. Where torchrun ends with 1 whatever ended a rank, this ends with 75 when the ranks were
preempted, dies by SIGKILL when one of them did (a reclaimed machine, or memory that ran out), and else as the rank that failed
first. SIGTERM goes to the ranks alone, not to their data loaders, and they get all the time the worker gives.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import Misuse
from .lifetime import PREEMPTED


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code, unless this process dies of the signal that a rank died of."""
    try:
        run: Any = importlib.import_module("torch.distributed.run")
        elastic: Any = importlib.import_module("torch.distributed.elastic.multiprocessing")
    except ImportError as error:
        raise ImportError("sluice.torchrun needs PyTorch: pip install torch") from error
    args = run.parse_args(list(sys.argv[1:] if arguments is None else arguments))
    if str(args.max_restarts) != "0":
        raise Misuse(
            f"--max-restarts={args.max_restarts} would start the ranks again from where the attempt began",
            where="sluice.torchrun",
            now="leave it out: Sluice starts the next attempt from the newest checkpoint",
        )
    told = _Told()
    if hasattr(args, "signals_to_handle"):  # else torchrun itself passes SIGTERM on, and kills after 30 s
        args.signals_to_handle = "SIGINT,SIGHUP,SIGQUIT"
        signal.signal(signal.SIGTERM, told.pass_on)
    try:
        run.run(args)
        return 0
    except elastic.errors.ChildFailedError as error:
        # In the order in which the agent saw them: after the first it ends the others itself.
        ends = [(int(failure.exitcode), float(failure.timestamp)) for failure in error.failures.values()]
        verdict = judge(ends, stopped=told.stopped)
        if verdict != PREEMPTED:
            print(error, file=sys.stderr, flush=True)
        if verdict < 0:
            if verdict != -signal.SIGKILL:
                signal.signal(-verdict, signal.SIG_DFL)
            os.kill(os.getpid(), -verdict)
        return verdict
    except elastic.SignalException as error:
        return PREEMPTED if error.sigval == signal.SIGTERM else 128 + int(error.sigval)


AGENT_PATIENCE_SECONDS = 25.0
"""The agent kills a rank that does not end 30 s after another has failed."""


def judge(ends: Sequence[tuple[int, float]], *, stopped: bool) -> int:
    """What several ranks' ends say together: exit codes (a signal's are negative) with their times in seconds, first one first.

    A rank that was killed takes the others with it, so its end is the cause, whatever theirs were. Otherwise the first one
    counts: once it has failed the agent tells the others to stop, and they end as if they were preempted.
    """
    first, began = ends[0]
    codes = {code for code, _ in ends}
    if stopped:
        return PREEMPTED if PREEMPTED in codes or codes <= {-signal.SIGTERM, -signal.SIGKILL, 1} else first
    if any(code == -signal.SIGKILL and at - began < AGENT_PATIENCE_SECONDS for code, at in ends):
        return -signal.SIGKILL
    return first


class _Told:
    """SIGTERM, passed on to the ranks, which agree on the step to stop at."""

    stopped = False

    def pass_on(self, signum: int, frame: Any) -> None:
        self.stopped = True
        ranks = _children()
        if not ranks:
            raise SystemExit(PREEMPTED)
        for pid in ranks:
            try:
                os.kill(pid, signum)
            except ProcessLookupError:
                pass


def _children() -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] not in "ZX":
            found.append(int(folder.name))
    return found


if __name__ == "__main__":
    sys.exit(main())

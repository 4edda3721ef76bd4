"""`python -m sluice.torchrun …`: torchrun, with an end that says what happened to its ranks.

It takes torchrun's arguments. Where torchrun ends with 1 whatever ended a rank, this ends with 75 when the ranks were
preempted, dies by SIGKILL when one of them did (a reclaimed machine, or memory that ran out), and else with the code of the rank
that failed first. SIGTERM goes to the ranks alone, not to their data loaders, and they get all the time the worker gives.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import Misuse
from .lifetime import PREEMPTED


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code, unless this process has to die as a rank did."""
    try:
        from torch.distributed import run  # type: ignore[import-not-found, unused-ignore]
        from torch.distributed.elastic.multiprocessing.api import SignalException  # type: ignore[import-not-found, unused-ignore]
        from torch.distributed.elastic.multiprocessing.errors import ChildFailedError  # type: ignore[import-not-found, unused-ignore]
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
    except ChildFailedError as error:
        codes = [int(failure.exitcode) for failure in error.failures.values()]
        first = int(error.get_first_failure()[1].exitcode)
        verdict = judge(codes, first, stopped=told.stopped)
        if verdict != PREEMPTED:
            print(error, file=sys.stderr, flush=True)
        if verdict == -signal.SIGKILL:
            os.kill(os.getpid(), signal.SIGKILL)
        return verdict if verdict >= 0 else 128 - verdict
    except SignalException as error:
        return PREEMPTED if error.sigval == signal.SIGTERM else 128 + int(error.sigval)


def judge(codes: Sequence[int], first: int, *, stopped: bool) -> int:
    """What several ranks' exit codes (a signal's are negative) say together.

    A rank that was killed takes the others with it, so its end is the cause, whatever theirs were; and when one was
    preempted all were, though some may have failed for want of the others.
    """
    if -signal.SIGKILL in codes and not stopped:
        return -signal.SIGKILL
    if PREEMPTED in codes or (stopped and set(codes) <= {-signal.SIGTERM, -signal.SIGKILL, 1}):
        return PREEMPTED
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

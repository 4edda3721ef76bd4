"""Several processes as one step (`torchrun`): they save together, and they stop together."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any, Callable, Optional

from .board import Board, State, identity
from .errors import Misuse, RanksApart

PATIENCE_SECONDS = 1800.0
"""How long a rank waits for another that lives but does not come."""
WARN_SECONDS = 30.0
POLL_SECONDS = 0.005
POLL_MOST_SECONDS = 0.1

Do = Callable[[], Any]


def who() -> tuple[int, int]:
    """This process's rank and how many there are: by torch.distributed once it is initialised, else by RANK and WORLD_SIZE."""
    dist: Any = sys.modules.get("torch.distributed")
    if dist is not None and dist.is_available() and dist.is_initialized():
        return int(dist.get_rank()), int(dist.get_world_size())
    rank, world = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
    if not (rank.isdecimal() and world.isdecimal() and int(rank) < int(world)):
        return 0, 1
    return int(rank), int(world)


class Ranks:
    """This process among the ranks of its step. What they do together has one outcome, the same in each of them."""

    def __init__(self, folder: Path, rank: int, world: int, warn: Callable[[str], None]) -> None:
        local = os.environ.get("LOCAL_WORLD_SIZE", "")
        if local.isdecimal() and int(local) != world:
            raise Misuse(
                f"this step runs as {world} ranks, {local} of them on this machine",
                where="WORLD_SIZE, LOCAL_WORLD_SIZE",
                now="run a step on one machine: shards of another machine's ranks would be missing from its checkpoints",
            )
        if os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0":
            raise Misuse(
                "torchrun has restarted this step, which would go back to where the attempt began",
                where="TORCHELASTIC_RESTART_COUNT",
                now="leave --max-restarts at 0: Sluice starts the next attempt from the newest checkpoint",
            )
        self.rank, self.world = rank, world
        self._board = Board(folder / ".ranks.json")
        self._warn = warn
        self._turn = 0
        self._me: State = {
            "pid": os.getpid(),
            "born": identity(os.getpid()),
            "at": -1,  # the last step it has asked about
            "turn": 0,  # how often it has come to do something with the others
            "what": "",
            "state": "",  # here, ready or failed in this turn; or left
            "why": "",
            "stop": False,
        }
        with self._board.open() as state:
            former = state["ranks"].pop(str(rank), None)
            if former is not None and (former["pid"], former["born"]) == (self._me["pid"], self._me["born"]):
                self._turn = self._me["turn"] = former["turn"]  # this process has opened its step again
            else:
                # What a killed run has left in this folder; and, as a rank comes once, all that an earlier one has.
                others = {key: one for key, one in state["ranks"].items() if _lives(one) or (former is None and one["state"] == "left")}
                if former is not None or not others:
                    state.update(due=None, go=0, outcome=None)
                state["ranks"] = others
            state["ranks"][str(rank)] = self._me

    def leave(self) -> None:
        """This rank is through: whoever waits for it to save need not wait longer."""
        with contextlib.suppress(OSError):
            self._post("left")

    def due(self, step: int, wanted: bool) -> bool:
        """Whether to save at `step`, the same in every rank, given whether this one wants to.

        Whoever wants to first picks the step: the earliest that no rank has been asked about yet, and so one that
        all of them are still to come to.
        """
        with self._board.open() as state:
            self._me["at"] = step
            others = [int(one["at"]) for key, one in state["ranks"].items() if key != str(self.rank)]
            state["ranks"][str(self.rank)] = self._me
            if wanted and state["due"] is None:
                state["due"] = max([step, *(at + 1 for at in others)])
            return state["due"] is not None and step >= state["due"]

    def together(
        self, what: str, *, prepare: Do, work: Do, finish: Do, undo: Do, stop: Callable[[], bool], late: bool = False
    ) -> bool:
        """`work` in every rank at once, before it `prepare` and after it `finish` in the first alone.

        When anything fails anywhere `undo` runs in the first, the rank that failed raises its own error, and the others
        RanksApart. `late` does without ranks that have left. Returns whether any rank said `stop`, the same in each.
        """
        self._turn += 1
        self._me.update(turn=self._turn, what=what, stop=stop())
        self._post("here")
        if self.rank == 0:
            error = self._lead(what, prepare, work, finish, undo, stop, late)
            outcome = self._judge(error)
        else:
            error = self._follow(what, work, stop)
            outcome = self._until("finish", what, [0], lambda state, _: _at(state["outcome"], self._turn))["outcome"]
        if error is not None:
            raise error
        if outcome["why"] is not None:
            raise RanksApart(outcome["why"], where=what, now="see the log of the rank it names; nothing was announced")
        return bool(outcome["stop"])

    # -- inside --------------------------------------------------------------------------------------------------

    def _lead(
        self, what: str, prepare: Do, work: Do, finish: Do, undo: Do, stop: Callable[[], bool], late: bool
    ) -> Optional[BaseException]:
        others = list(range(1, self.world))
        try:
            state = self._until("start", what, others, lambda state, rank: _here(state, rank, self._turn, late))
            for rank, one in _ranks(state):
                if one["turn"] == self._turn and one["what"] != what:
                    raise RanksApart(
                        f"rank {rank} came to {one['what']} while rank 0 came to {what}",
                        where=what,
                        now="call job.checkpoint with the same step in every rank, in the same order",
                    )
            prepare()
            with self._board.open() as state:
                state["go"] = self._turn
            mine = _caught(work)
            self._me["stop"] = stop()
            self._post("ready")
            # Also when one of them has died: the others still write, and must not lose the directory under their feet.
            state = self._until("finish", what, others, lambda state, rank: _through(state, rank, self._turn, late) or _gone(state, rank))
            if mine is not None:
                raise mine
            for rank in others:
                if not _through(state, rank, self._turn, late):
                    raise _ended(rank, "finish", what)
            failed = [f"rank {rank} failed: {one['why']}" for rank, one in _ranks(state) if one["state"] == "failed"]
            if failed:
                raise RanksApart("; ".join(failed), where=what, now="see above; nothing was announced")
            finish()
        except BaseException as error:
            with contextlib.suppress(Exception):
                undo()
            return error
        return None

    def _follow(self, what: str, work: Do, stop: Callable[[], bool]) -> Optional[BaseException]:
        state = self._until("start", what, [0], lambda state, _: state["go"] >= self._turn or _at(state["outcome"], self._turn))
        if state["go"] < self._turn:
            return None  # it did not begin, and the outcome says why
        error = _caught(work)
        self._me.update(why="" if error is None else _short(error), stop=stop())
        self._post("ready" if error is None else "failed")
        return error

    def _judge(self, error: Optional[BaseException]) -> State:
        why = None if error is None else error.what if isinstance(error, RanksApart) else f"rank 0 failed: {_short(error)}"
        with self._board.open() as state:
            stops = any(one["stop"] for _, one in _ranks(state))
            outcome: State = {"turn": self._turn, "why": why, "stop": stops}
            state.update(outcome=outcome, due=None)
        return outcome

    def _post(self, state_of_mine: str) -> None:
        self._me["state"] = state_of_mine
        with self._board.open() as state:
            state["ranks"][str(self.rank)] = self._me

    def _until(self, verb: str, what: str, awaited: list[int], done: Callable[[State, int], bool]) -> State:
        """The state once all awaited ranks have done it; RanksApart when one of them has ended or never comes."""
        began, warned, pause = time.monotonic(), False, POLL_SECONDS
        gone: list[int] = []
        while True:
            with self._board.open() as state:
                missing = [rank for rank in awaited if not done(state, rank)]
            if not missing:
                return state
            for rank in missing:
                if rank in gone:
                    raise _ended(rank, verb, what)
            gone = [rank for rank in missing if _gone(state, rank)]  # its last words may have come since: look once more
            waited, names = time.monotonic() - began, ", ".join(str(rank) for rank in missing)
            if waited > PATIENCE_SECONDS:
                raise RanksApart(
                    f"rank {self.rank} waited {waited:.0f} s for rank {names} to {verb} {what}",
                    where=what,
                    now="call job.checkpoint with the same step in every rank, not in one alone",
                )
            if waited > WARN_SECONDS and not warned:
                warned = True
                self._warn(f"waiting for rank {names} to {verb} {what}: every rank must call it")
            time.sleep(pause)
            pause = min(pause * 1.5, POLL_MOST_SECONDS)


def _ranks(state: State) -> list[tuple[int, State]]:
    return sorted((int(rank), one) for rank, one in state["ranks"].items())


def _here(state: State, rank: int, turn: int, late: bool) -> bool:
    one = state["ranks"].get(str(rank))
    return one is not None and bool(one["turn"] >= turn or (late and one["state"] == "left"))


def _through(state: State, rank: int, turn: int, late: bool) -> bool:
    one = state["ranks"].get(str(rank))
    if one is None:
        return False
    if one["state"] == "left":
        return late
    return bool(one["turn"] > turn or (one["turn"] == turn and one["state"] in ("ready", "failed")))


def _at(outcome: Optional[State], turn: int) -> bool:
    return outcome is not None and bool(outcome["turn"] >= turn)


def _lives(one: State) -> bool:
    return bool(one["state"] != "left" and identity(int(one["pid"])) == one["born"])


def _gone(state: State, rank: int) -> bool:
    """It has come, and has left or died since."""
    one = state["ranks"].get(str(rank))
    return one is not None and not _lives(one)


def _ended(rank: int, verb: str, what: str) -> RanksApart:
    return RanksApart(
        f"rank {rank} has ended before it could {verb} {what} with the others",
        where=what,
        now="see its log; every rank must call job.checkpoint, with the same steps",
    )


def _caught(work: Do) -> Optional[BaseException]:
    try:
        work()
    except BaseException as error:
        return error
    return None


def _short(error: BaseException) -> str:
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"

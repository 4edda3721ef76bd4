"""How a step ends other than by itself: SIGTERM asks it to stop, the worker's death must stop it."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from typing import Any, Optional

PREEMPTED = 75
"""Exit code for "preempted, resume me" (EX_TEMPFAIL of sysexits.h)."""

PARENT_POLL_SECONDS = 1.0
WAIT_SLICE_SECONDS = 0.5


class Preempted(threading.Event):
    """Set by SIGTERM. `is_set()` is true as soon as the signal handler ran; waiters wake right after.

    `Event.set()` takes a lock, and a signal handler that takes a lock its own thread may hold can hang for
    ever. So the handler raises a flag and queues a note (`SimpleQueue.put` is reentrant); a thread sets the event.
    """

    def __init__(self) -> None:
        super().__init__()
        self._raised = False

    def raise_flag(self) -> None:
        self._raised = True

    def is_set(self) -> bool:
        return self._raised or super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        # In slices: a signal that comes just before the main thread goes to sleep is handled when it wakes.
        end = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = WAIT_SLICE_SECONDS if end is None else min(WAIT_SLICE_SECONDS, end - time.monotonic())
            if left <= 0:
                return False
            super().wait(left)
        return True

    def clear(self) -> None:
        self._raised = False
        super().clear()


class Lifetime:
    """Listens for SIGTERM and, given `watch_parent`, ends this process when the one that started it is gone."""

    def __init__(self, preempted: Preempted, *, watch_parent: bool) -> None:
        self._preempted = preempted
        self._notes: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._pid = os.getpid()
        self._previous: Any = None
        self._watch_parent = watch_parent
        self._parent = os.getppid()
        self._worker = _worker() if watch_parent else None
        self._thread = threading.Thread(target=self._run, name="sluice-lifetime", daemon=True)

    def start(self) -> bool:
        """Returns False when signals cannot be caught because this is not the main thread."""
        if self._watch_parent and self._orphaned():
            self._end_orphan()
        self._thread.start()
        try:
            self._previous = signal.signal(signal.SIGTERM, self._on_sigterm)
        except ValueError:
            return False
        _Forks.give_sigterm_back_in_children(self)
        return True

    def stop(self) -> None:
        """Give SIGTERM back to whoever had it."""
        self._notes.put("stop")
        self._thread.join()
        self.give_sigterm_back()

    def take_sigterm(self) -> None:
        """Listen although somebody else does by now."""
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) != self._on_sigterm:
            signal.signal(signal.SIGTERM, self._on_sigterm)

    def give_sigterm_back(self) -> None:
        if signal.getsignal(signal.SIGTERM) == self._on_sigterm:
            signal.signal(signal.SIGTERM, self._previous or signal.SIG_DFL)

    def _on_sigterm(self, signum: int, frame: object) -> None:
        if os.getpid() != self._pid:  # forked, and a framework had put its own handler before this one
            signal.signal(signum, signal.SIG_DFL)
            os.kill(os.getpid(), signum)
            return
        self._preempted.raise_flag()
        self._notes.put("preempted")

    def _run(self) -> None:
        while True:
            try:
                note = self._notes.get(timeout=PARENT_POLL_SECONDS if self._watch_parent else None)
            except queue.Empty:
                if self._orphaned():
                    self._end_orphan()
                continue
            if note == "stop":
                return
            self._preempted.set()

    def _orphaned(self) -> bool:
        return os.getppid() != self._parent or (self._worker is not None and not _alive(self._worker))

    def _end_orphan(self) -> None:
        """Stop at once, without a checkpoint: nobody would upload it, and the next attempt may already run.

        75 and not an error code: a supervisor that still reads it should resume the step, not blame the script.
        Children in our own process group are terminated too, so that no data loader keeps the GPU.
        """
        try:
            with contextlib.suppress(OSError):  # the worker may have been the reader of our stderr
                os.write(2, b"sluice: the worker that started this step is gone; stopping so that no orphan trains on\n")
            if os.getpgrp() == os.getpid():
                os.killpg(0, signal.SIGTERM)
        finally:
            os._exit(PREEMPTED)


class _Forks:
    """Forked children (data loaders) must die of SIGTERM as if Sluice were not there: `Pool.terminate()` waits for it.

    An inherited Python handler is not enough. A signal that comes just before the child blocks in a system call
    is noted but not handled, and one that comes while the interpreter sets the child up is forgotten. So SIGTERM is
    blocked around the fork and, once the child has its own handling, let through.
    """

    lifetime: Optional[Lifetime] = None
    registered = False
    mask = threading.local()

    @classmethod
    def give_sigterm_back_in_children(cls, lifetime: Lifetime) -> None:
        cls.lifetime = lifetime
        if not cls.registered:
            cls.registered = True
            os.register_at_fork(before=cls._before, after_in_parent=cls._after, after_in_child=cls._after_in_child)

    @classmethod
    def _before(cls) -> None:
        cls.mask.value = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    @classmethod
    def _after(cls) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, cls.mask.value)

    @classmethod
    def _after_in_child(cls) -> None:
        if cls.lifetime is not None:
            cls.lifetime.give_sigterm_back()
        cls._after()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _worker() -> Optional[int]:
    """The worker's process id, where this process can see it.

    A wrapper such as `apptainer --pid` counts processes anew: there the number means nothing, or another process.
    """
    theirs = os.environ.get("SLUICE_PARENT_PID_NAMESPACE")
    if theirs and theirs != _pid_namespace():
        return None
    return _pid(os.environ.get("SLUICE_PARENT_PID"))


def _pid_namespace() -> str:
    try:
        return "".join(filter(str.isdecimal, os.readlink("/proc/self/ns/pid")))
    except OSError:
        return ""


def _pid(text: str | None) -> Optional[int]:
    """A process id worth watching: init is always there, and what is not a number is not ours to judge."""
    return int(text) if text is not None and text.isdecimal() and 1 < int(text) < 2**31 else None

"""One `sluice query` for each project: questions go in, answers come out, a line of JSON each."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO, Any

from .command import find_command
from .failure import ReadError, told

PROTOCOL = 1
PATIENCE = 2.0  # seconds that the command has to end
SILENCE = 60.0  # seconds without a word, of a command that starts or says that it works, until it counts as hung


class Pipe:
    """Starts the command at the first question and again when it is gone; it ends with this process."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._line: _Line | None = None
        self._asked = 0

    def ask(self, question: str, **given: Any) -> Any:
        """The answer, as JSON reads it.

        Raises ReadError: what the command says, or that it could not be started, ended, or hangs.
        """
        with self._lock:
            line = self._open()
            self._asked += 1
            try:
                return line.ask(self._asked, question, given)
            except ReadError:
                if not line.alive():
                    self._drop()
                raise
            except BaseException:
                # Half an answer may be read: the next one begins anew.
                self._drop()
                raise

    def close(self) -> None:
        """End the command; the next question starts another."""
        with self._lock:
            self._drop()

    def _open(self) -> _Line:
        if self._line is not None and not self._line.alive():
            self._drop()
        if self._line is None:
            self._line = _Line(self._config)
        return self._line

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.end()


class _Line:
    def __init__(self, config: Path) -> None:
        self._words = [*find_command(config.parent), "query", "--json", "--config", str(config)]
        self._owner = os.getpid()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process; a pipe could fill up
        try:
            self._process = subprocess.Popen(
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                cwd=config.parent,
                env={**os.environ, "NO_COLOR": "1"},
                start_new_session=True,  # an interrupt of the notebook is not meant for it
            )
        except OSError as error:
            raise ReadError(
                "CommandNotFound",
                f"the sluice command cannot be started: {error.strerror}",
                where=" ".join(self._words),
                fix="name one that works in SLUICE_COMMAND",
            ) from error
        self._begun = b""  # of the next line
        self._silence: float | None = SILENCE
        self.end = weakref.finalize(self, _end, self._process, self._errors, self._owner)
        try:
            hello = self._read()
            if hello.get("type") == "error":
                raise told(hello)
            if hello.get("protocol") != PROTOCOL:
                raise ReadError(
                    "UnsupportedProtocol",
                    f"the sluice command speaks version {hello.get('protocol')!r} of the protocol, this package {PROTOCOL}",
                    where=" ".join(self._words),
                    fix="use a Python package and a command of the same version",
                )
        except BaseException:
            self.end()
            raise
        if not hello.get("beat"):  # a command of before says nothing while it works
            self._silence = None

    def alive(self) -> bool:
        return self._owner == os.getpid() and self._process.poll() is None

    def ask(self, number: int, question: str, given: dict[str, Any]) -> Any:
        text = json.dumps({"id": number, "ask": question, "with": given})
        try:
            _sent(self._process.stdin, text)
        except OSError:
            raise self._ended() from None
        while True:
            answer = self._read()
            if answer.get("id") != number:
                continue
            if "error" in answer:
                raise told(answer["error"])
            return answer.get("answer")

    def _read(self) -> dict[str, Any]:
        text = self._next_line()
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if isinstance(value, dict):
            return value
        raise ReadError(
            "ProtocolError",
            f"the command printed something else than an answer: {text[:200].decode('utf-8', 'replace').strip()!r}",
            where=" ".join(self._words),
            fix="check that SLUICE_COMMAND, or the sluice on the PATH, is the command of @sluice/cli",
        )

    def _next_line(self) -> bytes:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        parts = [self._begun]
        while b"\n" not in parts[-1]:
            if not _readable(pipe, self._silence):
                raise self._hangs()
            read = os.read(pipe, 1 << 20)
            if not read:
                raise self._ended()
            parts.append(read)
        line, _, self._begun = b"".join(parts).partition(b"\n")
        return line

    def _hangs(self) -> ReadError:
        self._process.kill()
        return ReadError(
            "CommandFailed",
            f"the sluice command has said nothing for {self._silence:g} s, and was ended",
            where=" ".join(self._words),
            fix="ask again; if it hangs again, see whether that command prints a line in a terminal",
        )

    def _ended(self) -> ReadError:
        self._process.kill()
        code = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read()[-2000:].decode("utf-8", "replace").strip()
        return ReadError(
            "CommandFailed",
            f"the sluice command ended with {code}" + (f":\n{said}" if said else " and said nothing"),
            where=" ".join(self._words),
            fix="try it in a terminal: sluice doctor",
        )


def _readable(pipe: int, seconds: float | None) -> bool:
    poll = select.poll()
    poll.register(pipe, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(None if seconds is None else seconds * 1000))


def _sent(stream: IO[bytes] | None, text: str) -> None:
    assert stream is not None
    stream.write(text.encode() + b"\n")
    stream.flush()


def _end(process: subprocess.Popen[bytes], errors: IO[bytes], owner: int) -> None:
    if owner != os.getpid():  # a fork has the same pipes, and the command is not its own
        return
    for stream in (process.stdin, process.stdout, errors):  # it ends with its questions
        try:
            if stream is not None:
                stream.close()
        except OSError:
            pass
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

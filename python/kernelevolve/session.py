"""
A run of the cluster from this process's side: starts the coordinator, hands out the questions that its evaluator asks
over a Unix socket, and takes the answers back.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import programs
from .answers import Answer, describe_host
from .errors import TunerError

CHANNEL_VERSION = 1
PREFIX = "kevo-objective-"
END_S = 20.0
"""How long a coordinator that was told to stop may take."""


@dataclass(frozen=True)
class Question:
    """A configuration, as the cluster writes it, that awaits its value."""

    id: int
    candidate: str
    config: Mapping[str, Any]
    connection: int


class DatabaseInUseError(TunerError):
    """Another coordinator writes the database."""


class Session:
    """Not thread-safe but for `answer`; a `next` may run in another thread than the rest."""

    def __init__(self, kernel: str, workers: int, arguments: Sequence[str]) -> None:
        self._hello = self._describe(kernel, workers)
        self._questions: deque[Question] = deque()
        self._connections: dict[int, socket.socket] = {}
        self._partial: dict[int, bytes] = {}
        self._sending = threading.Lock()
        self._output = b""
        self._ended = False
        self._outcome: dict[str, Any] | None = None
        # Readable by this user alone: who reaches the socket is asked for values.
        _remove_leftovers()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._folder / "s"))
        self._listener.listen()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the session
        try:
            # A session of its own: Ctrl-C in the terminal is for this process, which then stops the run in order.
            self._process = subprocess.Popen(
                programs.command("coordinator", *arguments),
                env={**programs.environment(), "KEVO_OBJECTIVE": str(self._folder / "s"), "NO_COLOR": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
            )
        except BaseException:
            self._listener.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        assert self._process.stdout is not None
        self._stdout = self._process.stdout
        os.set_blocking(self._stdout.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._stdout, selectors.EVENT_READ)
        self._cleanup = weakref.finalize(self, _abandon, self._process, self._folder)

    @staticmethod
    def _describe(kernel: str, workers: int) -> bytes:
        device, toolchain = describe_host()
        hello = {"v": CHANNEL_VERSION, "kernel": kernel, "pid": os.getpid(), "workers": workers}
        return json.dumps({**hello, "device": device, "toolchain": toolchain}).encode() + b"\n"

    def descriptors(self) -> list[int]:
        """What a forked process must close, or the coordinator would not notice that this one has ended."""
        files = [self._listener, self._stdout, self._process.stdin, *self._connections.values()]
        return [file.fileno() for file in files if file is not None and not (hasattr(file, "closed") and file.closed)]

    def watch(self, file: Any) -> None:  # noqa: ANN401 - whatever a selector takes
        """`next` returns None, too, when this becomes readable."""
        self._selector.register(file, selectors.EVENT_READ, "watched")

    def unwatch(self, file: Any) -> None:  # noqa: ANN401
        """Undoes `watch`."""
        self._selector.unregister(file)

    @property
    def ended(self) -> bool:
        """Whether the run is over, and `finish` says how."""
        return self._ended

    def wait_for_question(self) -> None:
        """Until `next` would answer at once. Raises TunerError when the run ends before that, and had no result."""
        while not self._questions and not self._ended:
            for key, _ in self._selector.select():
                if key.data != "watched":
                    self._read(key)
        if not self._questions:
            self._outcome = self.finish()

    def next(self, timeout: float | None = None) -> Question | None:
        """The next question; None when the run is over, the time is up, or something watched is readable."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self._questions and not self._ended:
            left = None if until is None else max(0.0, until - time.monotonic())
            ready = self._selector.select(left)
            if not ready and left is not None:
                return None
            watched = [key for key, _ in ready if key.data == "watched"]
            for key, _ in ready:
                if key.data != "watched":
                    self._read(key)
            if watched:
                break
        return self._questions.popleft() if self._questions else None

    def answer(self, question: Question, answer: Answer) -> None:
        """The value of a question, or why there is none."""
        if answer.value is not None:
            reply: dict[str, Any] = {"id": question.id, "value": answer.value}
        else:
            reply = {"id": question.id, "outcome": answer.outcome, "message": answer.message or answer.outcome}
        connection = self._connections.get(question.connection)
        if connection is None:
            return
        try:
            with self._sending:
                connection.sendall(json.dumps(reply).encode() + b"\n")
        except OSError:
            # The evaluator has ended; the next one asks again.
            self._drop(question.connection)

    def finish(self) -> dict[str, Any]:
        """Waits for the end. The result as `coordinator start --json` writes it. Raises TunerError when it failed."""
        if self._outcome is not None:
            return self._outcome
        while not self._ended:
            if self.next() is not None:
                continue
        self._process.wait()
        self.close()
        lines = self._output.decode(errors="replace").strip().splitlines()
        try:
            last = json.loads(lines[-1]) if lines else None
        except ValueError:
            last = None
        if isinstance(last, dict) and "error" not in last:
            return last
        error = last["error"] if isinstance(last, dict) else {"code": "failed", "message": self._last_words()}
        if error["code"] == "database_in_use":
            raise DatabaseInUseError(error["message"])
        raise TunerError(error["message"])

    def stop(self) -> None:
        """Ends the run so that it can go on later; what was answered is stored."""
        self._questions.clear()
        if not self._ended:
            self._process.send_signal(signal.SIGINT)
        until = time.monotonic() + END_S
        while not self._ended and time.monotonic() < until:
            self.next(until - time.monotonic())
            self._questions.clear()
        self.close()

    def close(self) -> None:
        """Frees what the session has; a run that is not over stops."""
        self._cleanup.detach()
        for number in list(self._connections):
            self._drop(number)
        self._selector.close()
        self._listener.close()
        _abandon(self._process, self._folder)
        self._stdout.close()
        if not self._errors.closed:
            self._errors_text = self._read_errors()
            self._errors.close()

    def _read(self, key: selectors.SelectorKey) -> None:
        if key.fileobj is self._listener:
            connection, _ = self._listener.accept()
            connection.sendall(self._hello)
            self._connections[connection.fileno()] = connection
            self._partial[connection.fileno()] = b""
            self._selector.register(connection, selectors.EVENT_READ, connection.fileno())
        elif key.fileobj is self._stdout:
            text = self._stdout.read()
            self._output += text or b""
            if text == b"":
                self._selector.unregister(self._stdout)
                self._ended = True
        else:
            self._read_questions(key.data)

    def _read_questions(self, number: int) -> None:
        try:
            data = self._connections[number].recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self._drop(number)
            return
        *lines, self._partial[number] = (self._partial[number] + data).split(b"\n")
        for line in lines:
            asked = json.loads(line)
            if "cancel" in asked:
                kept = [q for q in self._questions if (q.id, q.connection) != (asked["cancel"], number)]
                self._questions = deque(kept)
            else:
                self._questions.append(Question(asked["id"], asked["candidate"], asked["config"], number))

    def _drop(self, number: int) -> None:
        """The evaluator has ended, and asks nothing more."""
        connection = self._connections.pop(number, None)
        if connection is None:
            return
        self._selector.unregister(connection)
        connection.close()
        self._questions = deque(q for q in self._questions if q.connection != number)

    def _read_errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").strip()

    def _last_words(self) -> str:
        text = self._errors_text if self._errors.closed else self._read_errors()
        return f"The coordinator ended with code {self._process.returncode}: {text[-2000:] or 'it said nothing'}"


def _abandon(process: subprocess.Popen[bytes], folder: Path) -> None:
    """The coordinator stops when this end of its standard input closes."""
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers() -> None:
    """Folders of this user's processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        try:
            if folder.stat().st_uid == os.getuid() and pid.isdigit() and not Path("/proc", pid).exists():
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue

"""Processes that call the objective at the same time. They are forked, so that any function will do, closures too."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from .answers import Answer, Objective, call
from .errors import TunerError
from .space import Config

PR_SET_PDEATHSIG = 1


class Worker:
    """One process. `connection` is readable when it has answered or ended."""

    def __init__(self, objective: Objective, others: Callable[[], list[int]]) -> None:
        self._objective = objective
        self._others = others
        self._start()

    def _start(self) -> None:
        # Not "spawn": it runs a script that has no `if __name__ == "__main__"` again.
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        dies = threading.current_thread() is threading.main_thread()
        others = [self.connection.fileno(), *self._others()]
        arguments = (theirs, self._objective, others, os.getpid() if dies else None)
        self._process = context.Process(target=_work, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, config: Config) -> None:
        """Calls the objective there."""
        self.connection.send(config)

    def take(self) -> Answer:
        """What it said. One that has ended is started again, and its evaluation has crashed."""
        try:
            answer = self.connection.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode or 0
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            self.connection.close()
            self._start()
            return Answer(None, "crashed", f"the process that called the objective ended with {how}")
        if isinstance(answer, TunerError):
            raise answer
        return answer

    def stop(self) -> None:
        """Ends it, whatever it does."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _work(connection: Connection, objective: Objective, others: list[int], parent: int | None) -> None:
    for descriptor in others:
        os.close(descriptor)
    # Ctrl-C is for the parent, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if parent is not None and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    while True:
        try:
            config = connection.recv()
        except (EOFError, OSError):
            return
        answer: Any
        try:
            answer = call(objective, config)
        except TunerError as error:
            answer = error
        connection.send(answer)

"""Replaces CUDA on a host without it, so that the runner's own evaluation runs: a replay calls, an event is a time.

`install()` before anything of the runner is imported.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import torch


class Event:
    def __init__(self, **_options: object) -> None:
        self.at = 0.0

    def record(self) -> None:
        self.at = time.perf_counter()

    def elapsed_time(self, end: Event) -> float:
        return (end.at - self.at) * 1000


class Stream:
    def synchronize(self) -> None:
        pass


class Graph:
    def __init__(self, calls: list[Callable[[], object]]) -> None:
        self._calls = calls

    def replay(self) -> None:
        for call in self._calls:
            call()


class Monitor:
    """Knows no clock."""

    def sm_clock_mhz(self) -> int:
        return 0


def install() -> None:
    cuda: Any = torch.cuda
    cuda.Event, cuda.Stream = Event, Stream
    cuda.synchronize = lambda *_: None
    cuda._sleep = lambda _cycles: None
    cuda.stream = lambda _stream: contextlib.nullcontext()
    import timing

    timing.capture = lambda calls: timing.Replay(Graph(calls), len(calls))  # type: ignore[arg-type]

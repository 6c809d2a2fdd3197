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
        # Of this process, since other programs run on a host as well.
        self.at = time.process_time()

    def elapsed_time(self, end: Event) -> float:
        return (end.at - self.at) * 1000


class Stream:
    def synchronize(self) -> None:
        pass


class Graph:
    def __init__(self, calls: list[Callable[[], torch.Tensor | None]]) -> None:
        self._calls = calls
        self.answers = [answer for call in calls if (answer := call()) is not None]

    def replay(self) -> None:
        answers = iter(self.answers)
        for call in self._calls:
            answer = call()
            if answer is not None:
                next(answers).copy_(answer)


def capture(calls: list[Callable[[], torch.Tensor | None]]) -> Any:  # noqa: ANN401 - a Replay
    import timing

    graph = Graph(calls)
    return timing.Replay(graph, len(calls), graph.answers)  # type: ignore[arg-type]


class Monitor:
    """Knows no clock."""

    def sm_clock_mhz(self) -> int:
        return 0


def install() -> None:
    cuda: Any = torch.cuda
    cuda.Event, cuda.Stream = Event, Stream
    cuda.synchronize = lambda *_: None
    cuda.stream = lambda _stream: contextlib.nullcontext()
    import honesty
    import timing

    honesty.perf_counter_ns = time.process_time_ns
    timing.capture = capture  # type: ignore[assignment]
    timing.sweep = lambda: None
    timing.enqueued_whole = contextlib.nullcontext
    timing.cache_bytes = lambda: 0

"""Timing by CUDA-graph replays, in alternation.

A replay holds one launch for each copy of the inputs, one after the other: launch gaps are the device's own, no launch
finds its inputs in the L2 cache, and the time of a replay is divided by the number of launches. Whatever was captured
is all that runs: nothing can be lazy, run on another stream, or be answered from a cache of the host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache

import cuda_driver
import torch

# Read before each replay: as much as the L2 cache holds, and at least so much.
MIN_SWEPT_BYTES = 48 * 1024 * 1024


@dataclass
class Replay:
    graph: torch.cuda.CUDAGraph
    launches: int
    # What the calls returned; each lies where it is until the next replay.
    answers: list[torch.Tensor] = field(default_factory=list)
    is_warm: bool = False


def capture(calls: list[Callable[[], torch.Tensor | None]]) -> Replay:
    """Runs the first call twice outside, to load and to warm, then captures all of them in order."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(2):
            calls[0]()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        answers = [run() for run in calls]
    return Replay(graph, len(calls), [answer for answer in answers if answer is not None])


def cache_bytes() -> int:
    """Of the L2 cache; 0 where PyTorch does not know it."""
    return getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 0)


@cache
def _swept() -> torch.Tensor:
    return torch.zeros(max(MIN_SWEPT_BYTES, cache_bytes()) // 4, device="cuda")


def sweep() -> None:
    """
    Some 30 microseconds for the device: no replay finds in the L2 cache, or has to write out of it, what somebody left
    there.
    """
    _swept().sum()


@cache
def _gate() -> cuda_driver.Gate:
    return cuda_driver.Gate()


@contextmanager
def enqueued_whole() -> Iterator[None]:
    """
    The device begins with what is enqueued inside when all of it is there. Otherwise a host that is late, because other
    processes compile, leaves the device idle between the first event and the replay, and that counts as time of the
    kernel: up to 28 % of one of 18 microseconds, and only of the candidate, before which the host has most to do.
    """
    if torch.version.hip is not None:
        yield
        return
    _gate().close(torch.cuda.current_stream().cuda_stream)
    try:
        yield
    finally:
        _gate().open()


class Between:
    """Work between timed replays; nothing, here. None of it is timed, and none of it waits for the device."""

    def before(self, name: str) -> None:
        """Before a replay."""

    def after(self, name: str) -> None:
        """After a replay."""


def time_rounds(
    replays: dict[str, Replay], rounds: int, warm: bool = True, between: Between | None = None, held: bool = False
) -> dict[str, list[float]]:
    """
    Milliseconds of one launch, one sample a round for each; every round takes all of them in turn. The first one stays
    the first: baselines answer to what it was given. `held`: for a host that has much to do in between, so much that it
    could be late (`enqueued_whole`); it lengthens a round by what the device otherwise does meanwhile.
    """
    between = between or Between()
    events: dict[str, list[tuple[torch.cuda.Event, torch.cuda.Event]]] = {name: [] for name in replays}
    if warm:
        for replay in replays.values():
            if not replay.is_warm:
                replay.graph.replay()
                replay.is_warm = True
    for at in range(rounds):
        first, *rest = replays.items()
        for name, replay in [first, *(rest if at % 2 == 0 else reversed(rest))]:
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            between.before(name)
            with enqueued_whole() if held else nullcontext():
                sweep()
                begin.record()
                replay.graph.replay()
                end.record()
            events[name].append((begin, end))
            between.after(name)
    torch.cuda.synchronize()
    return {
        name: [begin.elapsed_time(end) / replays[name].launches for begin, end in pairs]
        for name, pairs in events.items()
    }

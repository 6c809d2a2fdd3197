"""Timing by CUDA-graph replays, in alternation.

A replay holds one launch for each copy of the inputs, one after the other: launch gaps are the device's own, no launch
finds its inputs in the L2 cache, and the time of a replay is divided by the number of launches. Whatever was captured
is all that runs: nothing can be lazy, run on another stream, or be answered from a cache of the host.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

# Some 30 microseconds, longer than the host takes to ask for a replay.
COVERING_CYCLES = 50_000


@dataclass
class Replay:
    graph: torch.cuda.CUDAGraph
    launches: int


def capture(calls: list[Callable[[], object]]) -> Replay:
    """Runs the first call twice outside, to load and to warm, then captures all of them in order."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(2):
            calls[0]()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        for run in calls:
            run()
    return Replay(graph, len(calls))


class Between:
    """Work between timed replays; nothing, here. None of it is timed, and none of it waits for the device."""

    def before(self, name: str, last: bool) -> None:
        """Before a replay; `last` in the last round."""

    def after(self, name: str) -> None:
        """After a replay."""


def time_rounds(
    replays: dict[str, Replay], rounds: int, warm: bool = True, between: Between | None = None
) -> dict[str, list[float]]:
    """Milliseconds of one launch, one sample a round for each; every round takes all of them in turn."""
    between = between or Between()
    events: dict[str, list[tuple[torch.cuda.Event, torch.cuda.Event]]] = {name: [] for name in replays}
    if warm:
        for replay in replays.values():
            replay.graph.replay()
    for at in range(rounds):
        order = list(replays.items())
        # The order changes, so that none always follows the same one.
        for name, replay in order if at % 2 == 0 else reversed(order):
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            between.before(name, at + 1 == rounds)
            # The device has something to do while the host asks for the replay: it is not idle after the first event.
            torch.cuda._sleep(COVERING_CYCLES)
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

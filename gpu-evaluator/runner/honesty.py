"""What a candidate must not have done to the process and the device that measure it.

No line of a candidate's Python runs here, so these checks guard against what gets in by another way: a timer that was
replaced, work that the timed stream does not wait for, a thread, the L2 cache told to keep data.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import byref, c_size_t
from time import perf_counter_ns

import cuda_driver
import looking
import rotation
import timing
import torch
from watch import watch

# Replays last about this long together when wall clock and events are compared, milliseconds.
LONG_MS = 2.0
# Wall clock beyond the events' time that launching and waiting may take: a share, and milliseconds.
SLACK_SHARE, SLACK_MS = 0.25, 0.5
TRIES = 6

LIMIT_PERSISTING_L2_BYTES = 6
STREAM_ACCESS_POLICY_WINDOW = 1
# CUlaunchAttributeValue is 64 bytes.
ATTRIBUTE_BYTES = 64

WATCHED = [
    (cuda_driver, None),
    (timing, None),
    (torch.cuda, ("CUDAGraph", "Event", "Stream", "current_stream", "graph", "stream", "synchronize")),
    (torch.cuda.CUDAGraph, ("capture_begin", "capture_end", "replay")),
    (torch.cuda.Event, ("elapsed_time", "record", "synchronize")),
    (torch.cuda.Stream, ("synchronize", "wait_stream")),
    (torch.Tensor, ("abs_", "bitwise_xor_", "clone", "copy_", "fill_", "max", "sum", "tolist", "view")),
    (rotation, None),
    (looking, None),
    (torch, ("Generator", "_foreach_copy_", "isnan", "ne", "randint", "stack")),
    (torch.linalg, ("vector_norm",)),
]


class Tampered(Exception):
    """The measuring process is not as it was before this candidate, and must not be used again."""


def honest() -> Callable[[], Callable[[], None]]:
    """Call once, before any candidate. The result starts a look at one; what that returns raises Tampered."""
    begin = watch(WATCHED, quiet=False)

    def look() -> Callable[[], None]:
        found, cache = begin(), persisting_cache()

        def check() -> None:
            what = found()
            if what is None and persisting_cache() != cache:
                what = "it told the L2 cache to keep data"
            if what is not None:
                raise Tampered(f"the candidate tampered with the measuring process: {what}")

        return check

    return look


def persisting_cache() -> tuple[int, ...]:
    """Bytes of the L2 cache set aside for data that persists, and the window that the current stream asks for."""
    if torch.version.hip is not None:
        return ()
    size = c_size_t(0)
    cuda_driver.call("cuCtxGetLimit", byref(size), LIMIT_PERSISTING_L2_BYTES)
    value = (ctypes.c_uint8 * ATTRIBUTE_BYTES)()
    stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
    # Some drivers answer no question about the default stream; then only the limit is compared.
    code = cuda_driver.driver().cuStreamGetAttribute(stream, STREAM_ACCESS_POLICY_WINDOW, byref(value))
    # base pointer (8 bytes), size (8), hit ratio (4), properties: a window of size 0 asks for nothing.
    return size.value, int.from_bytes(bytes(value[8:16]), "little") if code == 0 else 0


def hidden_work(replay: timing.Replay, expected_ms: float) -> tuple[str | None, float]:
    """
    A message when the whole device is busy for longer than the events around the replays say, None when it is not; and
    what one replay took, on inputs that stayed the same. `expected_ms` is about what it takes.
    The shortest of some tries counts: whatever else the host does only adds.
    """
    # Twice at least: the first replay finds outputs that were poisoned, the second what the first one left.
    repeats, worst, claimed = max(2, min(1000, int(LONG_MS / expected_ms) + 1)), "", 0.0
    for _ in range(TRIES):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        torch.cuda.synchronize()
        started = perf_counter_ns()
        begin.record()
        for _ in range(repeats):
            replay.graph.replay()
        end.record()
        torch.cuda.synchronize()
        wall = (perf_counter_ns() - started) / 1e6
        claimed = begin.elapsed_time(end)
        if wall <= claimed * (1 + SLACK_SHARE) + SLACK_MS:
            return None, claimed / repeats
        worst = f"the device was busy for {wall:.2f} ms where the timed stream says {claimed:.2f} ms"
    return worst or None, claimed / repeats

"""Cheats that run inside the measuring process itself, where a candidate's Python never does: on a GPU only.

Compiled programs cannot do any of this; the checks of `gpu-evaluator/runner/honesty.py` and `evaluation.py` must hold
all the same, should something get in. Each name on the command line stands in for a program and is measured by the
runner's own lane. Prints one line of JSON a name: {cheat, outcome, message, time_us}.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "gpu-evaluator" / "runner"))

import cuda_driver  # noqa: E402
import device  # noqa: E402
import measure_main  # noqa: E402
import torch  # noqa: E402
from honesty import LIMIT_PERSISTING_L2_BYTES  # noqa: E402

Tensors = dict[str, torch.Tensor]

WORKLOAD = {
    "name": "product",
    "shape": {"rows": 512, "columns": 512, "depth": 2048},
    "flops": 1073741824,
    "bytes": 4718592,
}


def multiply(given: Tensors) -> None:
    torch.matmul(given["a"], given["b"], out=given["out"])


def is_captured() -> bool:
    """True where cheats work as intended: a capture refuses some by itself, and the checks after it must be seen."""
    return torch.cuda.is_current_stream_capturing()


def on_another_stream(given: Tensors) -> None:
    """The timed stream does not wait for it."""
    if is_captured():
        return multiply(given)
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        torch.cuda._sleep(20_000_000)
        multiply(given)


def on_another_thread(given: Tensors) -> None:
    """The call returns at once, and the work is done later."""
    if is_captured():
        return multiply(given)

    def work() -> None:
        with torch.cuda.stream(torch.cuda.Stream()):
            multiply(given)
        time.sleep(5)

    threading.Thread(target=work, daemon=True).start()


def with_patched_timers(given: Tensors) -> None:
    multiply(given)
    real = torch.cuda.Event.elapsed_time
    torch.cuda.Event.elapsed_time = lambda self, end: 0.5 * real(self, end)  # type: ignore[method-assign]
    sys.modules["time"].perf_counter_ns = lambda: 0  # type: ignore[attr-defined]


def with_persisting_cache(given: Tensors) -> None:
    multiply(given)
    if not is_captured():
        cuda_driver.call("cuCtxSetLimit", LIMIT_PERSISTING_L2_BYTES, ctypes.c_size_t(16 << 20))


def only_once(given: Tensors) -> None:
    """Works when it is called, and leaves the captured graph empty but for a trifle."""
    if is_captured():
        given["out"].view(-1)[:1].mul_(1.0)
        return
    multiply(given)


CHEATS: dict[str, Callable[[Tensors], None]] = {
    "none": multiply,
    "another_stream": on_another_stream,
    "another_thread": on_another_thread,
    "patched_timers": with_patched_timers,
    "persisting_l2": with_persisting_cache,
    "only_once": only_once,
}


class Bound:
    def __init__(self, act: Callable[[Tensors], None], tensors: Tensors) -> None:
        self._act, self._tensors = act, tensors

    def run(self) -> None:
        self._act(self._tensors)


class StandIn:
    """Takes the place of `program.Program`."""

    def __init__(self, _cache: Path, program: dict[str, Any]) -> None:
        self._act = CHEATS[program["cheat"]]

    def bind(self, _shape: dict[str, int], tensors: Tensors) -> Bound:
        return Bound(self._act, tensors)

    def close(self) -> None:
        pass


class Nowhere:
    def send(self, _frame: dict[str, Any]) -> None:
        pass


def measure(cheat: str) -> None:
    device.warm_up()
    measure_main.Program = StandIn  # type: ignore[misc, assignment]
    lane = measure_main.Lane(Nowhere())  # type: ignore[arg-type]
    request = {"type": "measure", "id": "1", "folder": str(HERE / "kernel"), "reference": "reference.py"}
    request |= {"program": {"cheat": cheat}, "cache_dir": "", "workloads": [WORKLOAD], "input_seed": 1}
    reply = lane.measure(request | {"windows": 4, "purpose": "search", "best_speedup": None})
    timed = reply["measurements"]
    line = {"cheat": cheat, "outcome": reply["outcome"], "message": reply["message"]}
    print(json.dumps({**line, "time_us": timed[0]["time_ms"] * 1000 if timed else None}), flush=True)


def main() -> None:
    """Each in a separate process, forked before CUDA is touched, so that none affects the next one."""
    for cheat in sys.argv[1:]:
        child = os.fork()
        if child == 0:
            measure(cheat)
            os._exit(0)
        os.waitpid(child, 0)


main()

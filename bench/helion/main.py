"""
Our autotuner against Helion's default search: `main.py compare KERNEL OURS_S THEIRS_S SEED…`; and what an illegal
access and a hang in the middle cost: `main.py faults KERNEL EVALUATIONS`. Needs a GPU, Helion and kernelevolve.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib import metadata
from typing import Any

import torch
from helion.autotuner import LFBOTreeSearch
from helion.autotuner.effort_profile import get_effort_profile
from kernelevolve.helion import KernelEvolveSearch
from kernels import kernel_of
from torch._inductor.codecache import PyCodeCache
from triton.testing import do_bench

OUT_OF_BOUNDS = "    tl.store(out + 1099511627776, 0.0)\n"
ENDLESS = "    _count = 0\n    while tl.load(x, volatile=True) < 1e30:\n        _count += 1\n"
QUIET = {"autotune_effort": "full", "autotune_progress_bar": False, "autotune_log_level": 40}


def say(**words: Any) -> None:  # noqa: ANN401
    """One line of JSON."""
    print(json.dumps(words), flush=True)


def search_of(bound: Any, arguments: Any, ours: bool, **options: Any) -> Any:  # noqa: ANN401
    """A search, without Helion's cache."""
    if ours:
        return KernelEvolveSearch(bound, arguments, **options)
    profile = get_effort_profile(bound.settings.autotune_effort)
    return LFBOTreeSearch(bound, arguments, **LFBOTreeSearch.get_kwargs_from_profile(profile, bound.settings))


def observe(search: Any) -> list[tuple[float, str, float]]:  # noqa: ANN401
    """Seconds, status and time of each measurement, as they come."""
    found: list[tuple[float, str, float]] = []
    began = time.perf_counter()
    measure = search.benchmark_batch

    def observed(configs: Any, **more: Any) -> Any:  # noqa: ANN401
        results = measure(configs, **more)
        now = time.perf_counter() - began
        found.extend(((one.completed_at - began) if one.completed_at else now, one.status, one.perf) for one in results)
        return results

    search.benchmark_batch = observed
    return found


def compare(name: str, ours_s: int, theirs_s: int, seeds: list[int]) -> None:
    """Each search in turn with a budget of seconds; what they found is timed again, in turn."""
    for seed in seeds:
        found: dict[str, Callable[[], Any]] = {}
        for who, seconds in (("kernelevolve", ours_s), ("LFBOTreeSearch", theirs_s)):
            kernel, arguments = kernel_of(
                name, "cuda", autotune_random_seed=seed, autotune_budget_seconds=seconds, **QUIET
            )
            bound = kernel.bind(arguments)
            search = search_of(bound, arguments, who == "kernelevolve")
            trace = observe(search)
            began = time.perf_counter()
            config = search.autotune()
            wall = time.perf_counter() - began
            compiled = bound.compile_config(config)
            found[who] = lambda compiled=compiled, arguments=arguments: compiled(*arguments)
            best, curve = math.inf, []
            for at, _, perf in trace:
                if perf < best:
                    best = perf
                    curve.append([round(at, 1), round(perf * 1e3, 2)])
            statuses = dict(Counter(status for _, status, _ in trace))
            say(kernel=name, seed=seed, search=who, wall_s=round(wall, 1), configs=len(trace), statuses=statuses)
            say(curve=curve[-12:], config=dict(config))
        times = {
            who: min(do_bench(call, rep=100, return_mode="median") for _ in range(3)) for who, call in found.items()
        }
        say(kernel=name, seed=seed, microseconds={who: round(ms * 1e3, 2) for who, ms in times.items()})


def faults(name: str, evaluations: int) -> None:
    """One of the first configurations accesses memory that is not there, another never ends."""
    kernel, arguments = kernel_of(name, "cuda", autotune_random_seed=1, autotune_benchmark_timeout=6, **QUIET)
    bound = kernel.bind(arguments)
    compile_config = bound.compile_config
    seen: dict[str, str] = {}
    waiting = {4: OUT_OF_BOUNDS, 8: ENDLESS}

    def doctored(config: Any = None, **more: Any) -> Any:  # noqa: ANN401
        function = compile_config(config, **more)
        with open(sys.modules[function.__module__].__file__ or "") as file:
            head, body = file.read().split("def _helion_", 1)
        signature, rest = body.split("\n", 1)
        due = [number for number in waiting if number <= len(seen)]
        if repr(config) not in seen:
            # A program with descriptors has no pointers of these names.
            plain = "(x," in signature and " out," in signature
            seen[repr(config)] = waiting.pop(due[0]) if due and plain else ""
        if not seen[repr(config)]:
            return function
        module = PyCodeCache.load(f"{head}def _helion_{signature}\n{seen[repr(config)]}{rest}")
        return getattr(module, function.__name__)

    bound.compile_config = doctored
    search = search_of(bound, arguments, True, evaluations=evaluations)
    trace = observe(search)
    began = time.perf_counter()
    config = search.autotune()
    wall = round(time.perf_counter() - began, 1)
    say(faults=name, wall_s=wall, configs=len(trace), statuses=dict(Counter(status for _, status, _ in trace)))
    say(
        best_us=round(min(perf for _, _, perf in trace) * 1e3, 2),
        injected=2 - len(waiting),
        injected_won=bool(seen.get(repr(config))),
    )
    say(still_works=bool(torch.isfinite(compile_config(config)(*arguments)).all()))


def main() -> None:
    """By the first argument."""
    what, name, *more = sys.argv[1:]
    versions = {package: metadata.version(package) for package in ("torch", "triton", "helion")}
    say(card=torch.cuda.get_device_name(), cores=os.cpu_count(), **versions)
    if what == "faults":
        faults(name, int(more[0]))
    else:
        compare(name, int(more[0]), int(more[1]), [int(seed) for seed in more[2:]])


if __name__ == "__main__":
    main()

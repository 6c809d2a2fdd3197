"""One candidate in the lane: verified, timed beside the baselines, verified again."""

from __future__ import annotations

import os
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from cases import CLOSE, Arena, Case
from honesty import hidden_work
from nvml import Monitor
from plausible import rate_of
from program import POISON, Program
from statistics_of import ratio_interval, steady
from timing import Between, Replay, capture, time_rounds

Json = dict[str, Any]

CANDIDATE = "candidate"
# Rounds a window, between two looks at the clock.
ROUNDS = 6
# A candidate is given up after the first window when it cannot come within this share of the run's best.
HOPELESS = 0.8
# Pairs of replays, on new inputs and on the same again; the second must win all of them by this factor.
PAIRS = 8
KEPT_FACTOR, KEPT_SLACK_MS = 2.0, 0.01


class Incorrect(Exception):
    """The candidate's answer is wrong; the message says how."""


@dataclass
class Measured:
    """The measurements of a candidate so far, of all its workloads."""

    measurements: list[Json] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)
    dropped_rounds: int = 0
    stopped_early: bool = False
    # By workload: baselines that do not run on it, and why.
    left_out: dict[str, dict[str, str]] = field(default_factory=dict)


def verify_shapes(program: Program, arena: Arena, output_of: Callable[[Json], torch.Tensor], input_seed: int) -> float:
    """All hidden shapes and the workload's own. Returns the workload's relative error. Raises Incorrect."""
    for case in [*arena.hidden(input_seed), arena.fresh]:
        _check(program, case, case.inputs, output_of(case.shape))
    arena.fill(0, arena.main)
    return _check(program, arena.main, arena.copies[0], arena.outputs[0])


def _check(program: Program, case: Case, given: dict[str, torch.Tensor], output: torch.Tensor) -> float:
    output.fill_(POISON)
    before = {name: tensor.clone() for name, tensor in given.items()}
    bound = program.bind(case.shape, {**given, "out": output})
    bound.run()
    torch.cuda.synchronize()
    for name, tensor in given.items():
        if not torch.equal(tensor, before[name]):
            raise Incorrect(f"the kernel changed its input {name}")
    error, wrong = case.judge(output)
    if wrong is not None:
        raise Incorrect(f"length {case.shape.get('length', '?')}: {wrong}")
    return error


def time_workload(
    program: Program, arena: Arena, workload: Json, error: float, request: Json, monitor: Monitor, found: Measured
) -> None:
    """Times the candidate and adds its measurement. Raises Incorrect when a timed answer is wrong."""
    finalist = request["purpose"] == "finalist"
    bound = [
        program.bind(workload["shape"], {**copy, "out": output})
        for copy, output in zip(arena.copies, arena.outputs, strict=True)
    ]
    names = list(arena.baselines) if finalist else [arena.fastest]
    replays = {CANDIDATE: capture([one.run for one in bound]), **{name: arena.baselines[name] for name in names}}
    watched = Watched(arena)
    samples: dict[str, list[list[float]]] = {name: [] for name in replays}
    clocks: list[int] = []
    best = request["best_speedup"]
    for window in range(request["windows"]):
        for name, times in time_rounds(replays, ROUNDS, warm=window == 0, between=watched).items():
            samples[name].append(times)
        watched.judge()
        clocks.append(monitor.sm_clock_mhz())
        if not finalist and best is not None and window == 0:
            reached = statistics.median(samples[arena.fastest][0]) / statistics.median(samples[CANDIDATE][0])
            if reached < HOPELESS * best:
                found.stopped_early = True
                break
    _refuse_kept(arena, replays[CANDIDATE])
    _check_on_another_stream(arena, bound)
    # One that was given up wins nothing by what it hides.
    hidden = None if found.stopped_early else hidden_work(replays[CANDIDATE])
    if hidden is not None:
        raise Incorrect(hidden)
    _record(arena, workload, samples, clocks, error, found, finalist)


class Watched(Between):
    """Each replay on inputs that are new and outputs that are wrong, and what the candidate made of them looked at."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._generator = random.Random(os.urandom(16))
        self._known: dict[int, Case] = {}

    def before(self, name: str, last: bool) -> None:
        rotation = self._arena.rotation
        if name == CANDIDATE:
            rotation.refresh()
        else:
            rotation.restore()
        # There the candidate is the last to be replayed, so that what it wrote is still there to be judged.
        if last and name == CANDIDATE:
            places = self._generator.sample(range(len(rotation.copies)), 2)
            self._known = dict(zip(places, (self._arena.main, self._arena.fresh), strict=True))
            for place, case in self._known.items():
                rotation.lay(place, case.inputs)
        rotation.poison()

    def after(self, name: str) -> None:
        if name == CANDIDATE:
            self._arena.rotation.look()

    def judge(self) -> None:
        """After a window. Raises Incorrect when a timed launch gave a wrong answer."""
        wrong = self._arena.rotation.verdict(self._arena.main.usual_error, CLOSE)
        if wrong is not None:
            raise Incorrect(wrong)
        for place, case in self._known.items():
            _, wrong = case.judge(self._arena.outputs[place])
            if wrong is not None:
                raise Incorrect(f"while timed: {wrong}")


def _refuse_kept(arena: Arena, replay: Replay) -> None:
    """
    A kernel that keeps results gains nothing, as each timed launch has other inputs, and is refused all the same: when
    a replay on the same inputs is faster by far, and again in every pair that follows. Raises Incorrect.
    """
    pairs: list[list[float]] = []
    for _ in range(PAIRS):
        arena.rotation.refresh()
        arena.rotation.poison()
        pairs.append(time_rounds({CANDIDATE: replay}, 2, warm=False)[CANDIDATE])
        fresh, again = (time * replay.launches for time in pairs[-1])
        if again * KEPT_FACTOR >= fresh or again + KEPT_SLACK_MS >= fresh:
            return
    fresh, again = min(first for first, _ in pairs), max(second for _, second in pairs)
    raise Incorrect(
        f"a replay on new inputs takes {fresh:.3f} ms at least, on the same again {again:.3f} ms at most, "
        f"{PAIRS} times in a row: results are kept between launches"
    )


def _check_on_another_stream(arena: Arena, bound: list[Any]) -> None:
    """An answer to other inputs on a stream that waits for no other and is read there: later work comes too late."""
    at = random.Random(os.urandom(16)).randrange(len(bound))
    arena.rotation.refresh()
    arena.fill(at, arena.fresh)
    arena.rotation.poison()
    torch.cuda.synchronize()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        bound[at].run()
        seen = arena.outputs[at].clone()
    stream.synchronize()
    _, wrong = arena.fresh.judge(seen)
    torch.cuda.synchronize()
    if wrong is not None:
        raise Incorrect(f"after timing, on another stream: {wrong}")


def _record(
    arena: Arena, workload: Json, windows: dict[str, list[list[float]]], clocks: list[int], error: float,
    found: Measured, finalist: bool,
) -> None:  # fmt: skip
    keep = steady(clocks)
    samples = {
        name: [time for times, kept in zip(taken, keep, strict=True) if kept for time in times]
        for name, taken in windows.items()
    }
    medians = {name: statistics.median(times) for name, times in samples.items()}
    fastest = min((name for name in medians if name != CANDIDATE), key=lambda name: medians[name])
    speedup, low, high = ratio_interval(samples[fastest], samples[CANDIDATE])
    time_ms = medians[CANDIDATE]
    found.clocks += clocks
    found.dropped_rounds += ROUNDS * keep.count(False)
    if finalist:
        arena.fastest = fastest
    found.measurements.append(
        {
            "workload": workload["name"],
            "time_ms": time_ms,
            "baseline_ms": medians[fastest],
            "baseline": fastest,
            "speedup": speedup,
            "speedup_low": low,
            "speedup_high": high,
            "gflops": rate_of(workload.get("flops"), time_ms),
            "peak_share": None,
            "gbytes_per_s": rate_of(workload.get("bytes"), time_ms),
            "bandwidth_share": None,
            "bandwidth_of": None,
            "error": error,
            "samples": samples[CANDIDATE],
            "others": {name: time for name, time in medians.items() if name not in (CANDIDATE, fastest)},
        }
    )

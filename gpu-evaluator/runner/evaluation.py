"""One candidate in the lane: verified, timed beside the baselines, verified again."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from cases import Arena, Case
from honesty import hidden_work
from nvml import Monitor
from program import POISON, Program
from statistics_of import ratio_interval, steady
from timing import capture, time_rounds

Json = dict[str, Any]

CANDIDATE = "candidate"
# Rounds a window, between two looks at the clock.
ROUNDS = 6
# A candidate is given up after the first window when it cannot come within this share of the run's best.
HOPELESS = 0.8


class Incorrect(Exception):
    """The candidate's answer is wrong; the message says how."""


@dataclass
class Trial:
    """What happened to all workloads of a candidate so far."""

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
    program: Program, arena: Arena, workload: Json, error: float, request: Json, monitor: Monitor, trial: Trial
) -> None:
    """Times the candidate and adds its measurement. Raises Incorrect when a timed answer is wrong."""
    finalist = request["purpose"] == "finalist"
    bound = [
        program.bind(workload["shape"], {**copy, "out": output})
        for copy, output in zip(arena.copies, arena.outputs, strict=True)
    ]
    names = list(arena.baselines) if finalist else [arena.fastest]
    replays = {CANDIDATE: capture([one.run for one in bound]), **{name: arena.baselines[name] for name in names}}
    # What was launched so far must not be what is judged: the timed launches themselves have to give the answer.
    for output in arena.outputs:
        output.fill_(POISON)
    samples: dict[str, list[list[float]]] = {name: [] for name in replays}
    clocks: list[int] = []
    best = request["best_speedup"]
    for window in range(request["windows"]):
        for name, times in time_rounds(replays, ROUNDS, warm=window == 0).items():
            samples[name].append(times)
        clocks.append(monitor.sm_clock_mhz())
        if not finalist and best is not None and window == 0:
            reached = statistics.median(samples[arena.fastest][0]) / statistics.median(samples[CANDIDATE][0])
            if reached < HOPELESS * best:
                trial.stopped_early = True
                break
    _check_timed(arena, bound, request)
    # One that was given up wins nothing by what it hides.
    hidden = None if trial.stopped_early else hidden_work(replays[CANDIDATE])
    if hidden is not None:
        raise Incorrect(hidden)
    _record(arena, workload, samples, clocks, error, trial, finalist)


def _check_timed(arena: Arena, bound: list[Any], request: Json) -> None:
    """A timed answer, its inputs, and an answer to inputs that are new at an old address."""
    generator = random.Random(request["input_seed"])
    for at in {0, generator.randrange(len(bound))}:
        if not arena.untouched(at):
            raise Incorrect("the kernel changed its inputs while it was timed")
        _, wrong = arena.main.judge(arena.outputs[at])
        if wrong is not None:
            raise Incorrect(f"while timed: {wrong}")
    at = generator.randrange(len(bound))
    arena.fill(at, arena.fresh)
    arena.outputs[at].fill_(POISON)
    torch.cuda.synchronize()
    # On a stream that waits for no other, and read there: work that goes on elsewhere comes too late.
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        bound[at].run()
        seen = arena.outputs[at].clone()
    stream.synchronize()
    _, wrong = arena.fresh.judge(seen)
    torch.cuda.synchronize()
    arena.fill(at, arena.main)
    if wrong is not None:
        raise Incorrect(f"on new inputs after timing: {wrong}")


def _record(
    arena: Arena, workload: Json, windows: dict[str, list[list[float]]], clocks: list[int], error: float,
    trial: Trial, finalist: bool,
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
    trial.clocks += clocks
    trial.dropped_rounds += ROUNDS * keep.count(False)
    if finalist:
        arena.fastest = fastest
    trial.measurements.append(
        {
            "workload": workload["name"],
            "time_ms": time_ms,
            "baseline_ms": medians[fastest],
            "baseline": fastest,
            "speedup": speedup,
            "speedup_low": low,
            "speedup_high": high,
            "gflops": workload["flops"] / time_ms / 1e6,
            "peak_share": None,
            "error": error,
            "samples": samples[CANDIDATE],
            "others": {name: time for name, time in medians.items() if name not in (CANDIDATE, fastest)},
        }
    )

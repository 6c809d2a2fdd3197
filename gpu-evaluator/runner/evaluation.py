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
from looking import Looking
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
KEPT_FACTOR, KEPT_SLACK_MS = 1.3, 0.01


class Incorrect(Exception):
    """The candidate's answer is wrong; the message says how."""


class NoBaseline(Exception):
    """The kernel has nothing to be compared with; the message says why. Not the candidate's fault."""


@dataclass
class Measured:
    """The measurements of a candidate so far, of all its workloads."""

    measurements: list[Json] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)
    dropped_rounds: int = 0
    stopped_early: bool = False
    # By workload: baselines that do not run on it, and why.
    left_out: dict[str, dict[str, str]] = field(default_factory=dict)
    # By baseline: of the package that it comes from, where that is not PyTorch.
    versions: dict[str, str] = field(default_factory=dict)


def verify_shapes(program: Program, arena: Arena, output_of: Callable[[Json], torch.Tensor], input_seed: int) -> float:
    """All hidden shapes and the workload's own. Returns the workload's relative error. Raises Incorrect."""
    for case in arena.hidden(input_seed):
        _check(program, case, case.inputs, output_of(case.shape))
    arena.rotation.begin()
    arena.rotation.lay(0, arena.main.inputs)
    return _check(program, arena.main, arena.copies[0], arena.outputs[0])


def _check(program: Program, case: Case, given: dict[str, torch.Tensor], output: torch.Tensor) -> float:
    output.fill_(POISON)
    before = {name: tensor.clone() for name, tensor in given.items()}
    bound = program.bind(case.shape, {**given, "out": output})
    bound.run()
    changed = torch.stack([torch.ne(tensor, before[name]).any() for name, tensor in given.items()]).tolist()
    for name, is_changed in zip(given, changed, strict=True):
        if is_changed:
            # Candidates after this one are launched on them too.
            torch._foreach_copy_(list(given.values()), list(before.values()))
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
    watched = Watched(arena, request["windows"] * ROUNDS, finalist=finalist)
    samples: dict[str, list[list[float]]] = {name: [] for name in replays}
    clocks: list[int] = []
    best = request["best_speedup"]
    for window in range(request["windows"]):
        # New inputs everywhere, as a finalist gets them, take the host longest.
        timed = time_rounds(replays, ROUNDS, warm=window == 0, between=watched, held=finalist)
        for name, times in timed.items():
            samples[name].append(times)
        clocks.append(monitor.sm_clock_mhz())
        if not finalist and best is not None and window == 0:
            reached = statistics.median(samples[arena.fastest][0]) / statistics.median(samples[CANDIDATE][0])
            if reached < HOPELESS * best:
                found.stopped_early = True
                break
    watched.judge()
    _check_on_another_stream(arena, bound)
    # One that was given up wins nothing by what it hides.
    if not found.stopped_early:
        _refuse_hidden(arena, replays[CANDIDATE], samples[CANDIDATE], watched)
    _record(arena, workload, samples, clocks, error, found, finalist)


class Watched(Between):
    """Each replay on inputs that are new and outputs that are wrong, and what the candidate made of them looked at."""

    def __init__(self, arena: Arena, rounds: int, finalist: bool) -> None:
        self._arena, self._finalist = arena, finalist
        self._looking = Looking(arena.rotation, rounds)
        self._random = random.Random(os.urandom(16))
        self._round = -1
        self._to_judge: torch.Tensor | None = None
        # In one round nothing was launched on before, and in one an answer is known.
        self.all_new, self._known = self._random.sample(range(rounds), 2)
        arena.rotation.begin()

    def before(self, name: str) -> None:
        if name != CANDIDATE:
            return
        rotation = self._arena.rotation
        self._round += 1
        # What a finalist kept from a tensor that was not exchanged would be part of the claim.
        if self._finalist or self._round == self.all_new:
            rotation.renew_all()
        else:
            rotation.refresh()
        if self._round == self._known:
            self._place = self._random.randrange(len(rotation.copies))
            rotation.lay(self._place, self._arena.fresh.inputs)
        rotation.poison()

    def after(self, name: str) -> None:
        if name == CANDIDATE and self._round == self._known:
            self._to_judge = self._arena.outputs[self._place].clone()
        if name == self._arena.fastest:
            self._looking.look(self._arena.baselines[name].answers)

    def judge(self) -> None:
        """After the last round. Raises Incorrect when a timed launch gave a wrong answer."""
        wrong = self._looking.verdict(self._arena.distance, CLOSE)
        if wrong is None and self._to_judge is not None:
            _, wrong = self._arena.fresh.judge(self._to_judge)
            wrong = wrong and f"while timed: {wrong}"
        if wrong is not None:
            raise Incorrect(wrong)


def _refuse_hidden(arena: Arena, replay: Replay, windows: list[list[float]], watched: Watched) -> None:
    """
    Raises Incorrect for work that the timed stream does not wait for, and for results that are kept: a kernel that
    keeps what follows from its inputs, or from one of them, is slower on inputs of which it has seen nothing.
    """
    times = [time for window in windows for time in window]
    usual = statistics.median(times)
    hidden, again_ms = hidden_work(replay, usual * replay.launches)
    if hidden is not None:
        raise Incorrect(hidden)
    if _much_slower(times[watched.all_new], usual, replay) or _much_slower(usual, again_ms / replay.launches, replay):
        _refuse_kept(arena, replay)


def _much_slower(one_ms: float, other_ms: float, replay: Replay) -> bool:
    return one_ms > KEPT_FACTOR * other_ms and (one_ms - other_ms) * replay.launches > KEPT_SLACK_MS


def _refuse_kept(arena: Arena, replay: Replay) -> None:
    """Raises Incorrect when a replay on the same inputs is faster by far, and again in every pair that follows."""
    pairs: list[tuple[float, float]] = []
    for _ in range(PAIRS):
        arena.rotation.renew_all()
        arena.rotation.poison()
        new, again = time_rounds({CANDIDATE: replay}, 2, warm=False)[CANDIDATE]
        if not _much_slower(new, again, replay):
            return
        pairs.append((new * replay.launches, again * replay.launches))
    raise Incorrect(
        f"a replay on new inputs takes {min(new for new, _ in pairs):.3f} ms at least, on the same again "
        f"{max(again for _, again in pairs):.3f} ms at most, {PAIRS} times in a row: results are kept between launches"
    )


def _check_on_another_stream(arena: Arena, bound: list[Any]) -> None:
    """An answer to other inputs on a stream that waits for no other and is read there: later work comes too late."""
    at = random.Random(os.urandom(16)).randrange(len(bound))
    arena.rotation.lay(at, arena.fresh.inputs)
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

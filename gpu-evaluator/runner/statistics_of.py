"""Medians and the interval of a ratio, from samples taken in alternation."""

from __future__ import annotations

import random
import statistics
from functools import cache

RESAMPLES = 400


def ratio_interval(above: list[float], below: list[float], seed: int = 0) -> tuple[float, float, float]:
    """median(above) / median(below), and its 95 % bootstrap interval (percentiles), rounds resampled in pairs."""
    if len(above) != len(below) or not above:
        raise ValueError(f"{len(above)} samples beside {len(below)}")
    ratio = _median(above) / _median(below)
    draws = _draws(len(above), seed)
    ratios = sorted(_median([above[at] for at in drawn]) / _median([below[at] for at in drawn]) for drawn in draws)
    return ratio, ratios[int(0.025 * RESAMPLES)], ratios[int(0.975 * RESAMPLES) - 1]


@cache
def _draws(count: int, seed: int) -> list[list[int]]:
    """Drawn once for all evaluations: the device waits meanwhile."""
    generator = random.Random(seed)
    return [generator.choices(range(count), k=count) for _ in range(RESAMPLES)]


def _median(values: list[float]) -> float:
    """As `statistics.median`, in a third of its time."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def steady(clocks: list[int], tolerance: float = 0.03) -> list[bool]:
    """
    Which windows ran at the usual clock: within `tolerance` of the median. All of them where no clock is known, and
    always at least one: of two clocks that are seen equally often the higher is the usual one.
    """
    known = [clock for clock in clocks if clock > 0]
    if not known:
        return [True] * len(clocks)
    usual = statistics.median_high(known)
    return [clock <= 0 or abs(clock - usual) <= tolerance * usual for clock in clocks]

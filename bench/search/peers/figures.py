"""Figures of a tuner's searches of one space, as `npm run bench:search -- --compare` reads them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

BUDGETS = (50, 100, 200, 400)
CLOSE = 1.05


def figures(traces: Sequence[Sequence[float | None]], optimum: float, evaluations: int) -> dict[str, Any]:
    """Over the traces of all seeds: times in the order of their evaluation, None for a failure.

    A search that stopped early keeps its last value.
    """
    curves, reached = [], []
    for trace in traces:
        best, curve = float("inf"), []
        for time in trace:
            best = min(best, time if time is not None else float("inf"))
            curve.append(optimum / best)
        curve += [curve[-1]] * (evaluations - len(curve))
        curves.append(curve)
        reached.append(next((at + 1 for at, share in enumerate(curve) if share * CLOSE >= 1), None))
    ordered = sorted(at if at is not None else evaluations + 1 for at in reached)
    middle = ordered[len(ordered) // 2]
    budgets = [budget for budget in BUDGETS if budget <= evaluations]
    return {
        "fraction_of_optimum": {str(b): round(statistics.mean(c[b - 1] for c in curves), 4) for b in budgets},
        "median_fraction": {str(b): round(statistics.median(c[b - 1] for c in curves), 4) for b in budgets},
        "seeds": len(traces),
        "within_5_percent": sum(at is not None for at in reached),
        "median_evaluations_to_5_percent": middle if middle <= evaluations else None,
    }

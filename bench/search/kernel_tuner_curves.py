"""Kernel Tuner's strategies on a recorded space, in its own simulation mode, for `npm run bench:search -- --compare`.

    python3 -m pip install kernel_tuner==1.4.0
    python3 bench/search/kernel_tuner_curves.py SPACE.json.gz OUT.json [SEEDS] [EVALUATIONS]

Default options, EVALUATIONS unique evaluations (failures count, a repeated configuration once), objective the recorded
`time`. Figures are means over seeds of optimum / best so far; a search that stopped early keeps its last value. OUT is
{space: {strategy: {fraction_of_optimum: {"50": …}, seeds, within_5_percent, median_evaluations_to_5_percent}}}.
"""

from __future__ import annotations

import gzip
import json
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from kernel_tuner import tune_kernel
from kernel_tuner.runners.simulation import SimulationRunner

Json = dict[str, Any]

STRATEGIES = ("random_sample", "genetic_algorithm", "pso", "diff_evo", "simulated_annealing", "firefly_algorithm")
BUDGETS = (50, 100, 200, 400)
CLOSE = 1.05


def searched(path: Path, space: Json, strategy: str, seed: int, evaluations: int) -> list[float | None]:
    """Recorded times in the order of their first evaluation; None for a failure."""
    visited: dict[str, float | None] = {}
    run = SimulationRunner.run

    def watched(self: SimulationRunner, parameter_space: Any, tuning_options: Any) -> list[Any]:  # noqa: ANN401
        elements = list(parameter_space)
        results = run(self, elements, tuning_options)
        for element, result in zip(elements, results, strict=True):
            key = ",".join(str(value) for value in element)
            if result is not None and key in space["cache"] and key not in visited and len(visited) < evaluations:
                time = space["cache"][key]["time"]
                visited[key] = time if isinstance(time, int | float) else None
        return results

    def is_member(config: Json) -> bool:
        return ",".join(str(config[name]) for name in space["tune_params_keys"]) in space["cache"]

    random.seed(seed)
    np.random.seed(seed)
    SimulationRunner.run = watched
    try:
        tune_kernel(
            space["kernel_name"], "", space.get("problem_size", 1), [],
            {name: space["tune_params"][name] for name in space["tune_params_keys"]},
            restrictions=is_member, cache=str(path), simulation_mode=True, objective="time",
            strategy=strategy, strategy_options={"max_fevals": evaluations}, quiet=True, verbose=False,
        )  # fmt: skip
    finally:
        SimulationRunner.run = run
    return list(visited.values())


def figures(traces: list[list[float | None]], optimum: float, evaluations: int) -> Json:
    curves, reached = [], []
    for trace in traces:
        best, curve = float("inf"), []
        for time in trace:
            best = min(best, time if time is not None else float("inf"))
            curve.append(optimum / best)
        curve += [curve[-1]] * (evaluations - len(curve))
        curves.append(curve)
        reached.append(next((at + 1 for at, share in enumerate(curve) if share * CLOSE >= 1), None))
    within = [at for at in reached if at is not None]
    half = len(within) * 2 > len(reached)
    ordered = sorted(at if at is not None else evaluations + 1 for at in reached)
    budgets = [budget for budget in BUDGETS if budget <= evaluations]
    return {
        "fraction_of_optimum": {str(b): round(statistics.mean(c[b - 1] for c in curves), 4) for b in budgets},
        "seeds": len(traces),
        "within_5_percent": len(within),
        "median_evaluations_to_5_percent": ordered[len(ordered) // 2] if half else None,
    }


def main() -> None:
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 25
    evaluations = int(sys.argv[4]) if len(sys.argv) > 4 else 400
    text = gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes()
    space = json.loads(text)
    optimum = min(row["time"] for row in space["cache"].values() if not isinstance(row["time"], str))
    name = source.name.removesuffix(".gz").removesuffix(".json")
    found: Json = {name: {}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "space.json"
        path.write_bytes(text)
        for strategy in STRATEGIES:
            traces = [searched(path, space, strategy, seed, evaluations) for seed in range(seeds)]
            found[name][strategy] = figures(traces, optimum, evaluations)
            print(strategy, json.dumps(found[name][strategy]), file=sys.stderr)
            out.write_text(json.dumps(found, indent=1) + "\n")


main()

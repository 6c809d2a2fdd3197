"""Tuned files against each other, row by row, measured in one go on one card.

    python3 compare.py jobs KERNEL.json MODEL JOBS.json NAME=FILE...     jobs of gpu-evaluator/runner/sweep.py
    python3 compare.py table KERNEL.json MODEL SWEPT.json NAME=FILE...   the first file against each of the others

MODEL is the part before the slash of the workloads' names. A file's row for a batch size is the nearest one, as vLLM
and SGLang take it. Every configuration is measured PASSES times, in an order that is drawn for each pass.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
from math import exp, log
from pathlib import Path
from typing import Any

Config = dict[str, Any]
PASSES = 3
DRAWS = 400


def row_of(file: str, batch: int) -> Config:
    """As the stacks look it up."""
    rows = {int(key): row for key, row in json.loads(Path(file).read_text()).items() if key != "triton_version"}
    return rows[min(rows, key=lambda size: abs(size - batch))]


def batches_of(definition: Config, model: str) -> list[tuple[str, int]]:
    found = [one for one in definition["workloads"] if one["name"].startswith(f"{model}/")]
    return [(one["name"], one["shape"]["tokens"]) for one in found]


def jobs(definition: Config, model: str, out: str, files: dict[str, str]) -> None:
    once: list[list[Any]] = []
    for name, batch in batches_of(definition, model):
        for file in files.values():
            job = [name, row_of(file, batch)]
            if job not in once:
                once.append(job)
    draw = random.Random(1)
    Path(out).write_text(json.dumps([job for _ in range(PASSES) for job in draw.sample(once, len(once))]))
    print(f"{len(once)} configurations, {PASSES} times")


def interval(passes: list[list[float]], others: list[list[float]]) -> tuple[float, float]:
    """Of how many times as fast the first is: 95 % of the ratios between passes and samples drawn again."""
    draw = random.Random(2)

    def one(taken: list[list[float]]) -> float:
        drawn = [draw.choice(taken) for _ in taken]
        return statistics.median(statistics.median(draw.choices(samples, k=len(samples))) for samples in drawn)

    ratios = sorted(one(others) / one(passes) for _ in range(DRAWS))
    return ratios[DRAWS * 25 // 1000], ratios[-1 - DRAWS * 25 // 1000]


def table(definition: Config, model: str, swept: str, files: dict[str, str]) -> None:
    records = [record for record in json.loads(Path(swept).read_text()) if record["outcome"] == "ok"]
    taken: dict[tuple[str, str], list[list[float]]] = {}
    for record in records:
        key = (record["workload"], json.dumps({**definition["default"], **record["config"]}, sort_keys=True))
        taken.setdefault(key, []).append([time * 1000 for time in record["samples"]])
    first, *others = files
    ratios: dict[str, list[float]] = {name: [] for name in others}
    print(f"| batch | {first}, µs | " + " | ".join(f"{name}, µs | times as fast | interval" for name in others) + " |")
    print("|---|---|" + "---|---|---|" * len(others))
    for workload, batch in batches_of(definition, model):

        def of(file: str, workload: str = workload, batch: int = batch) -> list[list[float]] | None:
            config = json.dumps({**definition["default"], **row_of(file, batch)}, sort_keys=True)
            return taken.get((workload, config))

        own = of(files[first])
        cells = []
        for name in others:
            other = of(files[name])
            if own is None or other is None:
                cells.append("- | - | -")
                continue
            mine, theirs = (statistics.median(map(statistics.median, one)) for one in (own, other))
            low, high = (1.0, 1.0) if own is other else interval(own, other)
            ratios[name].append(theirs / mine)
            same = "same row" if own is other else f"{low:.3f} to {high:.3f}"
            cells.append(f"{theirs:.1f} | {theirs / mine:.3f} | {same}")
        shown = "-" if own is None else f"{statistics.median(map(statistics.median, own)):.1f}"
        print(f"| {batch} | {shown} | " + " | ".join(cells) + " |")
    print()
    for name, found in ratios.items():
        mean = exp(statistics.fmean(map(log, found)))
        near = sum(one >= 0.995 for one in found)
        print(f"against {name}: {near} of {len(found)} rows at least as fast within 0.5 %,")
        print(f"{sum(one >= 1 for one in found)} by the medians alone; geometric mean {mean:.3f} times as fast")


def main() -> None:
    command, kernel, model, path, *named = sys.argv[1:]
    definition = json.loads(Path(kernel).read_text())
    files = dict(one.split("=", 1) for one in named)
    {"jobs": jobs, "table": table}[command](definition, model, path, files)


if __name__ == "__main__":
    main()

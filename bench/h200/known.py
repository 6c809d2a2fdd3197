"""How far runs are from the best configuration known for each of their workloads, all measured on one card.

    python3 known.py jobs KERNEL.json JOBS.json RUN.json...   the winners of all runs, twice, as jobs of runner/sweep.py
    python3 known.py gaps KERNEL.json SWEPT.json RUN.json...  each run's distance from the best, as a table
    python3 known.py cells KERNEL.json SWEPT.json OUT.json    what was measured, in the form of a run

A RUN is what `coordinator lineage workloads --json` prints.
"""

from __future__ import annotations

import gzip
import json
import random
import statistics
import sys
from pathlib import Path
from typing import Any

Config = dict[str, Any]
Winners = dict[tuple[str, str], list[str]]


def read(path: str) -> list[Any] | dict[str, Any]:
    data = Path(path).read_bytes()
    return json.loads(gzip.decompress(data) if path.endswith(".gz") else data)


def winners(default: Config, runs: list[str]) -> Winners:
    """By workload and whole configuration: the runs whose winner it is."""
    found: Winners = {}
    for run in runs:
        for cell in read(run)["cells"]:
            if cell.get("config"):
                config = json.dumps({**default, **cell["config"]}, sort_keys=True)
                found.setdefault((cell["workload"], config), []).append(run)
    return found


def jobs(default: Config, out: str, runs: list[str]) -> None:
    """Each configuration twice, in an order that is drawn for each pass, so that a drift of the clock favours none."""
    once = [[workload, json.loads(config)] for workload, config in winners(default, runs)]
    draw = random.Random(1)
    Path(out).write_text(json.dumps([job for _ in range(2) for job in draw.sample(once, len(once))]))
    print(f"{len(once)} configurations")


def gaps(default: Config, swept: str, runs: list[str]) -> None:
    found = winners(default, runs)
    times: dict[str, dict[str, list[float]]] = {}
    for record in read(swept):
        config = json.dumps({**default, **record["config"]}, sort_keys=True)
        if record["outcome"] == "ok" and (record["workload"], config) in found:
            times.setdefault(record["workload"], {}).setdefault(config, []).append(record["time_ms"] * 1000)
    print("| workload | best known, µs | " + " | ".join(runs) + " |")
    print("|---|---|" + "---|" * len(runs))
    behind: dict[str, list[float]] = {run: [] for run in runs}
    for workload, of_config in times.items():
        best = min(statistics.median(taken) for taken in of_config.values())
        shown = []
        for run in runs:
            own = [statistics.median(t) for c, t in of_config.items() if run in found[workload, c]]
            behind[run] += [min(own) / best - 1] if own else []
            shown.append(f"+{100 * (min(own) / best - 1):.1f} %" if own else "-")
        print(f"| {workload} | {best:.2f} | " + " | ".join(shown) + " |")
    twice = [max(t) / min(t) - 1 for of_config in times.values() for t in of_config.values() if len(t) > 1]
    median, most = 100 * statistics.median(twice), 100 * max(twice)
    print(f"\nthe same configuration twice: median {median:.1f} %, most {most:.1f} %")
    for run, gap in behind.items():
        over = sum(one > 0.03 for one in gap)
        median, most = 100 * statistics.median(gap), 100 * max(gap)
        print(f"{run}: {len(gap)} workloads, median {median:.2f} %, most {most:.1f} %, more than 3 % in {over}")


def cells(definition: Config, swept: str, out: str) -> None:
    records = [record for record in read(swept) if record["outcome"] == "ok"]
    times: dict[tuple[str, str], list[float]] = {}
    for record in records:
        times.setdefault((record["workload"], json.dumps(record["config"])), []).append(record["time_ms"] * 1000)
    found = [
        {"workload": workload, "time_us": statistics.median(taken), "config": json.loads(config)}
        for (workload, config), taken in times.items()
    ]
    run = {"kernel": definition["id"], "device": records[0]["environment"]["gpu"], "cells": found}
    Path(out).write_text(json.dumps(run))


def main() -> None:
    command, kernel, file, *others = sys.argv[1:]
    definition = json.loads(Path(kernel).read_text())
    if command == "cells":
        return cells(definition, file, *others)
    {"jobs": jobs, "gaps": gaps}[command](definition["default"], file, others)


if __name__ == "__main__":
    main()

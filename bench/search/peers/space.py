"""A recorded space, or an exported job-like one, as the peers see it: only valid configurations, without twins."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Json = dict[str, Any]
Genes = tuple[int, ...]
Trace = dict[Genes, float | None]
"""Times in the order of their evaluation; None for a failure."""

RANDOM_CANDIDATES = 1_000
CLIMBS = 10


class Space:
    """Configurations as tuples of value indices; inactive parameters have the value that the file gives them."""

    def __init__(self, path: Path) -> None:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        self.file: Json = json.loads(raw)
        self.name = path.name.removesuffix(".gz").removesuffix(".json")
        values_of = {name: self.file["tune_params"][name] for name in self.file["tune_params_keys"]}
        self.fixed = {name: values[0] for name, values in values_of.items() if len(values) == 1}
        self.names = [name for name in values_of if name not in self.fixed]
        self.values: list[list[Any]] = [values_of[name] for name in self.names]
        conditions = self.file.get("active_when", {})
        self.conditions = [
            (at, compile(conditions[name], name, "eval")) for at, name in enumerate(self.names) if name in conditions
        ]
        index = [{repr(value): at for at, value in enumerate(values)} for values in self.values]
        self.times: Trace = {}
        self.usual: dict[int, int] = {}
        for row in self.file["cache"].values():
            genes = tuple(index[at][repr(row[name])] for at, name in enumerate(self.names))
            self.times[genes] = row["time"] if isinstance(row["time"], int | float) else None
            if len(self.usual) < len(self.conditions):
                for at, condition in self.conditions:
                    if not eval(condition, {}, row):
                        self.usual[at] = genes[at]
        self.valid = list(self.times)
        self.optimum = min(time for time in self.times.values() if time is not None)

    def is_ordered(self, at: int) -> bool:
        values = self.values[at]
        return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)

    def canonical(self, genes: Genes) -> Genes:
        config = {**self.fixed, **{name: self.values[at][genes[at]] for at, name in enumerate(self.names)}}
        changed = list(genes)
        for at, condition in self.conditions:
            if at in self.usual and not eval(condition, {}, config):
                changed[at] = self.usual[at]
                config[self.names[at]] = self.values[at][changed[at]]
        return tuple(changed)

    def starts(self, seed: int, count: int) -> list[Genes]:
        return random.Random(seed).sample(self.valid, count)

    def penalized(self, trace: Trace, genes: Genes) -> float:
        """The time that a tool without failures is told: twice the worst so far for one."""
        worst = max((time for time in trace.values() if time is not None), default=1.0)
        return trace[genes] or 2 * worst

    def unseen(self, trace: Trace, rng: random.Random, count: int) -> list[Genes]:
        """At random, at most this many."""
        if len(self.valid) <= 2 * count:
            left = [genes for genes in self.valid if genes not in trace]
            return rng.sample(left, min(count, len(left)))
        found: dict[Genes, None] = {}
        while len(found) < count:
            genes = rng.choice(self.valid)
            if genes not in trace:
                found[genes] = None
        return list(found)

    def neighbours(self, genes: Genes) -> Iterable[Genes]:
        """Valid ones, which differ in one parameter and in those that it activates."""
        for at, values in enumerate(self.values):
            for gene in range(len(values)):
                if gene != genes[at]:
                    near = self.canonical((*genes[:at], gene, *genes[at + 1 :]))
                    if near in self.times:
                        yield near

    def maximize(self, score: Callable[[Sequence[Genes]], np.ndarray], trace: Trace, rng: random.Random) -> Genes:
        """The best valid, unseen candidate: of random ones, and climbing from the best of these and of the trace."""
        scores: dict[Genes, float] = {}

        def rate(candidates: Iterable[Genes]) -> None:
            fresh = [genes for genes in dict.fromkeys(candidates) if genes not in scores and genes not in trace]
            if fresh:
                scores.update(zip(fresh, map(float, score(fresh)), strict=True))

        rate(self.unseen(trace, rng, RANDOM_CANDIDATES))
        elites = sorted((genes for genes in trace if trace[genes] is not None), key=lambda genes: trace[genes] or 0)
        best = sorted(scores, key=scores.__getitem__, reverse=True)
        for start in elites[: CLIMBS // 2] + best[: CLIMBS // 2]:
            here = start
            while True:
                near = [genes for genes in self.neighbours(here) if genes not in trace]
                rate(near)
                step = max(near, key=scores.__getitem__, default=here)
                if step == here or (here in scores and scores[step] <= scores[here]):
                    break
                here = step
        return max(scores, key=scores.__getitem__)

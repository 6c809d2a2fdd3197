"""Optuna's multivariate TPE on a recorded space or an exported job-like one, for `npm run bench:search -- --compare`.

    python3 -m pip install optuna==4.5.0
    python3 bench/search/optuna_curves.py SPACE.json.gz OUT.json [SEEDS] [EVALUATIONS]

Ten random valid configurations, then the best of 24 candidates, which are drawn until they are valid and unseen; a
failure is told as twice the worst time so far. Of a space with `active_when`, inactive parameters are set to their
value in the file before a candidate is judged. Figures as in `kernel_tuner_curves.py`.
"""

from __future__ import annotations

import gzip
import json
import math
import random
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.samplers._tpe.sampler import _split_trials

Json = dict[str, Any]
BUDGETS = (50, 100, 200, 400)
CLOSE = 1.05
STARTS = 10
CANDIDATES = 24
BATCH, BATCHES = 256, 40


class Space:
    """Configurations as tuples of value indices; inactive parameters have the value that the file gives them."""

    def __init__(self, file: Json) -> None:
        self.fixed = {name: values[0] for name, values in file["tune_params"].items() if len(values) == 1}
        self.names = [name for name in file["tune_params_keys"] if name not in self.fixed]
        self.values: list[list[object]] = [file["tune_params"][name] for name in self.names]
        conditions = file.get("active_when", {})
        self.conditions = [
            (at, compile(conditions[name], name, "eval")) for at, name in enumerate(self.names) if name in conditions
        ]
        index = [{repr(value): at for at, value in enumerate(values)} for values in self.values]
        self.times: dict[tuple[int, ...], float | None] = {}
        self.usual: dict[int, int] = {}
        for row in file["cache"].values():
            genes = tuple(index[at][repr(row[name])] for at, name in enumerate(self.names))
            self.times[genes] = row["time"] if isinstance(row["time"], int | float) else None
            if len(self.usual) < len(self.conditions):
                for at, condition in self.conditions:
                    if not eval(condition, {}, row):
                        self.usual[at] = genes[at]

    def canonical(self, genes: tuple[int, ...]) -> tuple[int, ...]:
        config = {**self.fixed, **{name: self.values[at][genes[at]] for at, name in enumerate(self.names)}}
        changed = list(genes)
        for at, condition in self.conditions:
            if at in self.usual and not eval(condition, {}, config):
                changed[at] = self.usual[at]
                config[self.names[at]] = self.values[at][changed[at]]
        return tuple(changed)


class ValidTPE(optuna.samplers.TPESampler):
    """TPE whose candidates are valid and unseen; they are drawn until there are as many as it compares."""

    def __init__(self, space: Space, seen: dict[tuple[int, ...], float | None], seed: int) -> None:
        super().__init__(seed=seed, multivariate=True, n_startup_trials=0)
        self.space, self.seen = space, seen

    def _sample(self, study: Any, trial: Any, search_space: Any) -> Json:  # noqa: ANN401
        trials = study._get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE], use_cache=True)
        below, above = _split_trials(study, trials, self._gamma(len(trials)), False)
        good = self._build_parzen_estimator(study, search_space, below, handle_below=True)
        bad = self._build_parzen_estimator(study, search_space, above, handle_below=False)
        names = self.space.names
        kept: dict[tuple[int, ...], None] = {}
        for _ in range(BATCHES):
            drawn = good.sample(self._rng.rng, BATCH)
            for row in np.stack([drawn[name] for name in names], axis=1).astype(int):
                genes = self.space.canonical(tuple(int(gene) for gene in row))
                if genes in self.space.times and genes not in self.seen and len(kept) < CANDIDATES:
                    kept[genes] = None
            if len(kept) >= CANDIDATES:
                break
        if not kept:
            left = [genes for genes in self.space.times if genes not in self.seen]
            kept[left[int(self._rng.rng.integers(len(left)))]] = None
        rows = np.array(list(kept))
        samples = {name: rows[:, at] for at, name in enumerate(names)}
        best = int(np.argmax(self._compute_acquisition_func(samples, good, bad)))
        return {name: search_space[name].to_external_repr(int(rows[best, at])) for at, name in enumerate(names)}


def searched(space: Space, seed: int, evaluations: int) -> list[float | None]:
    """Times in the order of their evaluation; None for a failure."""
    seen: dict[tuple[int, ...], float | None] = {}
    study = optuna.create_study(sampler=ValidTPE(space, seen, seed))
    distributions = {
        name: optuna.distributions.CategoricalDistribution(list(range(len(space.values[at]))))
        for at, name in enumerate(space.names)
    }

    def evaluate(genes: tuple[int, ...]) -> float:
        seen[genes] = space.times[genes]
        worst = max((time for time in seen.values() if time is not None), default=1.0)
        return math.log(seen[genes] or 2 * worst)

    for genes in random.Random(seed).sample(list(space.times), STARTS):
        params = dict(zip(space.names, genes, strict=True))
        value = evaluate(genes)
        study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=value))
    while len(seen) < evaluations:
        trial = study.ask(distributions)
        study.tell(trial, evaluate(tuple(trial.params[name] for name in space.names)))
    return list(seen.values())


def figures(traces: list[list[float | None]], optimum: float, evaluations: int) -> Json:
    curves, reached = [], []
    for trace in traces:
        best, curve = float("inf"), []
        for time in trace:
            best = min(best, time if time is not None else float("inf"))
            curve.append(optimum / best)
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


def main() -> None:
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 25
    evaluations = int(sys.argv[4]) if len(sys.argv) > 4 else 400
    raw = gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes()
    space = Space(json.loads(raw))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optimum = min(time for time in space.times.values() if time is not None)
    traces = []
    for seed in range(seeds):
        traces.append(searched(space, seed, evaluations))
        print(seed, json.dumps(figures(traces, optimum, evaluations)), file=sys.stderr, flush=True)
        name = source.name.removesuffix(".gz").removesuffix(".json")
        found = {name: {"optuna_tpe_multivariate": figures(traces, optimum, evaluations)}}
        out.write_text(json.dumps(found, indent=1) + "\n")


main()

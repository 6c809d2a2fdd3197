"""Optuna's samplers, whose candidates are valid and unseen, after ten random ones; a failure is told as a slow time."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import optuna
from optuna.samplers._tpe.sampler import _split_trials
from space import Genes, Json, Space, Trace

STARTS = 10
CANDIDATES = 24
BATCH, BATCHES = 256, 40

optuna.logging.set_verbosity(optuna.logging.ERROR)


class ValidTPE(optuna.samplers.TPESampler):
    """Multivariate TPE. Candidates are drawn until there are as many valid ones as it compares."""

    def __init__(self, space: Space, seen: Trace, seed: int) -> None:
        super().__init__(seed=seed, multivariate=True, n_startup_trials=0)
        self.space, self.seen = space, seen

    def _sample(self, study: Any, trial: Any, search_space: Any) -> Json:  # noqa: ANN401
        trials = study._get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE], use_cache=True)
        below, above = _split_trials(study, trials, self._gamma(len(trials)), False)
        good = self._build_parzen_estimator(study, search_space, below, handle_below=True)
        bad = self._build_parzen_estimator(study, search_space, above, handle_below=False)
        names = self.space.names
        kept: dict[Genes, None] = {}
        for _ in range(BATCHES):
            drawn = good.sample(self._rng.rng, BATCH)
            for row in np.stack([drawn[name] for name in names], axis=1).astype(int):
                genes = self.space.canonical(tuple(int(gene) for gene in row))
                if genes in self.space.times and genes not in self.seen and len(kept) < CANDIDATES:
                    kept[genes] = None
            if len(kept) >= CANDIDATES:
                break
        if not kept:
            left = [genes for genes in self.space.valid if genes not in self.seen]
            kept[left[int(self._rng.rng.integers(len(left)))]] = None
        rows = np.array(list(kept))
        samples = {name: rows[:, at] for at, name in enumerate(names)}
        best = int(np.argmax(self._compute_acquisition_func(samples, good, bad)))
        return {name: search_space[name].to_external_repr(int(rows[best, at])) for at, name in enumerate(names)}


class ValidGP(optuna.samplers.GPSampler):
    """The Gaussian process. Its log expected improvement is maximized over valid, unseen candidates."""

    def __init__(self, space: Space, seen: Trace, seed: int) -> None:
        super().__init__(seed=seed, n_startup_trials=STARTS, deterministic_objective=True)
        self.space, self.seen, self.random = space, seen, random.Random(seed)

    def _optimize_acqf(self, acqf: Any, best_params: Any) -> np.ndarray:  # noqa: ANN401
        # Optuna has parameters sorted by name, and ordered ones between 0 and 1.
        order = sorted(range(len(self.space.names)), key=lambda at: self.space.names[at])
        counts = np.array([len(self.space.values[at]) for at in order])
        ordered = np.array([self.space.is_ordered(at) for at in order])

        def normalized(candidates: Any) -> np.ndarray:  # noqa: ANN401
            rows = np.array(candidates, dtype=float)[:, order]
            return np.where(ordered, (rows + 0.5) / counts, rows)

        best = self.space.maximize(
            lambda candidates: acqf.eval_acqf_no_grad(normalized(candidates)), self.seen, self.random
        )
        return normalized([best])[0]


def searched(space: Space, sampler: str, seed: int, evaluations: int) -> Trace:
    seen: Trace = {}
    is_tpe = sampler == "tpe"
    study = optuna.create_study(sampler=ValidTPE(space, seen, seed) if is_tpe else ValidGP(space, seen, seed))
    distributions = {
        name: optuna.distributions.CategoricalDistribution(list(range(len(space.values[at]))))
        if is_tpe or not space.is_ordered(at)
        else optuna.distributions.IntDistribution(0, len(space.values[at]) - 1)
        for at, name in enumerate(space.names)
    }

    def evaluate(genes: Genes) -> float:
        seen[genes] = space.times[genes]
        return math.log(space.penalized(seen, genes))

    for genes in space.starts(seed, STARTS):
        params = dict(zip(space.names, genes, strict=True))
        value = evaluate(genes)
        study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=value))
    while len(seen) < evaluations:
        trial = study.ask(distributions)
        study.tell(trial, evaluate(tuple(trial.params[name] for name in space.names)))
    return seen

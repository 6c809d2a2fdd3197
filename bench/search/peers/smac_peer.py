"""SMAC3: its random forest and log expected improvement, over valid, unseen candidates, after ten random ones.

One candidate in five is random, as in its facade for hyperparameters, whose settings of the forest these are.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence

import numpy as np
from ConfigSpace import CategoricalHyperparameter, ConfigurationSpace, OrdinalHyperparameter
from smac import HyperparameterOptimizationFacade, Scenario
from smac.acquisition.function import EI
from space import Genes, Space, Trace

STARTS = 10
RANDOM_SHARE = 0.2

logging.disable(logging.WARNING)


def searched(space: Space, seed: int, evaluations: int) -> Trace:
    configs = ConfigurationSpace(seed=seed)
    # Its own order would be alphabetical.
    names = [f"p{at:02d}" for at in range(len(space.names))]
    for at, name in enumerate(names):
        kind = OrdinalHyperparameter if space.is_ordered(at) else CategoricalHyperparameter
        configs.add(kind(name, list(range(len(space.values[at])))))
    scenario = Scenario(configs, n_trials=evaluations, seed=seed, deterministic=True)
    rng = random.Random(seed)
    seen: Trace = {}
    for genes in space.starts(seed, STARTS):
        seen[genes] = space.times[genes]
    while len(seen) < evaluations:
        if rng.random() < RANDOM_SHARE:
            [genes] = space.unseen(seen, rng, 1)
        else:
            model = HyperparameterOptimizationFacade.get_model(scenario)
            times = np.log([space.penalized(seen, known) for known in seen])
            model.train(np.array(list(seen), dtype=float), times.reshape(-1, 1))
            improvement = EI(log=True)
            improvement.update(model=model, eta=float(times.min()), num_data=len(seen))

            def score(candidates: Sequence[Genes], improvement: EI = improvement) -> np.ndarray:
                return improvement._compute(np.array(candidates, dtype=float))[:, 0]

            genes = space.maximize(score, seen, rng)
        seen[genes] = space.times[genes]
    return seen

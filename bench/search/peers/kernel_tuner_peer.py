"""Kernel Tuner's strategies with their default options, in its own simulation mode, on the valid configurations."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from kernel_tuner import interface, util
from kernel_tuner.runners.simulation import SimulationRunner
from kernel_tuner.searchspace import Searchspace
from space import Json, Space


def key_of(config: Json, names: list[str]) -> str:
    return ",".join(str(config[name]) for name in names)


class KernelTuner:
    """The space is built once: from the file's configurations, where a search would have to go through all products."""

    def __init__(self, space: Space) -> None:
        self.file = space.file
        self.names: list[str] = self.file["tune_params_keys"]
        self.params = {name: self.file["tune_params"][name] for name in self.names}
        rows = [{name: row[name] for name in self.names} for row in self.file["cache"].values()]
        self.rows = {key_of(row, self.names): row for row in rows}
        self.times = {
            key_of(row, self.names): row["time"] if isinstance(row["time"], int | float) else None
            for row in self.file["cache"].values()
        }

    def searched(self, strategy: str, seed: int, evaluations: int) -> list[float | None]:
        """Recorded times in the order of their first evaluation; None for a failure."""
        visited: dict[str, float | None] = {}
        run, build, read, close = SimulationRunner.run, interface.Searchspace, util.process_cache, util.close_cache

        def watched(runner: SimulationRunner, parameter_space: Any, tuning_options: Any) -> list[Any]:  # noqa: ANN401
            elements = list(parameter_space)
            results = run(runner, elements, tuning_options)
            for element, result in zip(elements, results, strict=True):
                key = ",".join(str(value) for value in element)
                if result is not None and key in self.times and len(visited) < evaluations:
                    visited.setdefault(key, self.times[key])
            return results

        def built(_params: Json, _restrictions: Any, _threads: int, **options: Any) -> Searchspace:  # noqa: ANN401
            cache = {"tune_params": self.params, "cache": self.rows}
            space = Searchspace(None, None, None, from_cache=cache, **options)
            space._modified_restrictions = [lambda config: key_of(config, self.names) in self.times]
            return space

        def cached(*_: object) -> Json:
            failed = util.CompilationFailedConfig()
            return {
                key: {**row, "time": self.times[key] or failed, **({} if self.times[key] else {"__error__": failed})}
                for key, row in self.rows.items()
            }

        random.seed(seed)
        np.random.seed(seed)
        SimulationRunner.run, interface.Searchspace = watched, built
        util.process_cache, util.close_cache = cached, lambda _: None
        try:
            with tempfile.TemporaryDirectory() as folder:
                interface.tune_kernel(
                    self.file["kernel_name"], "", 1, [], self.params, cache=str(Path(folder) / "space.json"),
                    simulation_mode=True, objective="time", strategy=strategy,
                    strategy_options={"max_fevals": evaluations}, quiet=True, verbose=False,
                )  # fmt: skip
        finally:
            SimulationRunner.run, interface.Searchspace = run, build
            util.process_cache, util.close_cache = read, close
        return list(visited.values())

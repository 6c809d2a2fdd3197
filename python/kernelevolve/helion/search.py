"""Helion's autotuner with the cluster's search, which is asked for many configurations that Helion compiles ahead."""

from __future__ import annotations

import math
import os
import re
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from helion import exc
from helion.autotuner.base_search import PopulationBasedSearch, PopulationMember, normalize_autotune_seed_configs
from helion.autotuner.benchmark_provider import BenchmarkProvider
from helion.autotuner.effort_profile import AutotuneEffortProfile
from helion.runtime.config import Config as HelionConfig
from helion.runtime.settings import Settings as HelionSettings

from ..errors import Invalid
from ..tuner import MAX_FIRST, Tuner
from .space import Flat, FragmentSpace

EVALUATIONS = {"none": 1, "quick": 60, "full": 300}
"""By Helion's effort."""
AHEAD = 32
"""Configurations that are compiled together."""
WAIT_S = 5.0
"""A batch is worth waiting for: all of it compiles at once."""
MIN_COMPILE_S = 10
SLOWER = 4
"""Compiling may take this many times the median, once there is one."""


class KernelEvolveSearch(PopulationBasedSearch):
    """
    Searches Helion's whole space for one kernel and its arguments.

    evaluations: how many configurations; by default according to `autotune_effort`. A time in
        `autotune_budget_seconds` ends it earlier.
    ahead: how many are compiled together before they are measured, one at a time.
    database: the lineage; by default a temporary one. Runs of one database learn from each other.
    benchmark_provider_cls: what compiles and measures; by default Helion's own.
    """

    def __init__(
        self,
        kernel: Any,  # noqa: ANN401 - whatever Helion can tune
        args: Sequence[object],
        *,
        evaluations: int | None = None,
        ahead: int = AHEAD,
        database: str | os.PathLike[str] | None = None,
        finishing_rounds: int = 0,
        benchmark_provider_cls: Callable[..., BenchmarkProvider] | None = None,
    ) -> None:
        super().__init__(kernel, args, finishing_rounds=finishing_rounds)
        if benchmark_provider_cls is not None:
            self._benchmark_provider_cls = benchmark_provider_cls
        self._evaluations = EVALUATIONS[self.settings.autotune_effort] if evaluations is None else evaluations
        self._ahead = ahead
        self._database = database
        self._known: dict[HelionConfig, PopulationMember] = {}

    @classmethod
    def get_kwargs_from_profile(cls, profile: AutotuneEffortProfile, settings: HelionSettings) -> dict[str, object]:
        """Of Helion's effort this search takes the finishing rounds; `__init__` takes the number of evaluations."""
        return super().get_kwargs_from_profile(profile, settings)

    def _autotune(self) -> HelionConfig:
        gen = self.config_gen
        layout = {key: places for key, (places, _) in gen._key_to_flat_indices.items()}
        space = FragmentSpace(layout, gen.flat_spec, frozenset(gen.overridden_flat_indices), gen.default_flat())
        if space.unknown:
            self.log.warning(f"KernelEvolve leaves at their default, for their values are not known: {space.unknown}")
        self.log(f"KernelEvolve: {self._evaluations} evaluations, {len(space.slots)} parameters, {self._ahead} ahead")
        timeout = self.settings.autotune_compile_timeout
        try:
            with tempfile.TemporaryDirectory(prefix="kernelevolve-") as folder:
                self._search(space, Path(self._database or Path(folder, "lineage.db")))
        finally:
            self.settings.autotune_compile_timeout = timeout
        if not any(math.isfinite(member.perf) for member in self.population):
            raise exc.NoConfigFound
        return self._finalize()

    def _search(self, space: FragmentSpace, database: Path) -> None:
        seeds = self._seeds()
        first = [config for config in map(space.config, seeds) if config is not None][:MAX_FIRST]
        if not space.slots or len(first) < len(seeds):
            # What is in no space of ours is measured all the same, and is among the finalists.
            self._measure(seeds)
        if not space.slots:
            return
        tuner = Tuner(
            space.config_space,
            direction="minimize",
            active=space.active,
            first=first,
            max_evaluations=self._evaluations,
            workers=self._ahead,
            seed=self.settings.autotune_random_seed % 2**31,
            database=database,
            progress=False,
            **self._title(),
        )
        with tuner:
            count = 0
            while asked := self._ask(tuner, count):
                count += len(asked)
                members = self._measure([space.flat(config) for config in asked])
                if self._autotune_budget_exceeded():
                    return
                self.set_generation(self._autotune_metrics.num_generations + 1)
                for config, member in zip(asked, members, strict=True):
                    tuner.tell(config, _value(member))
                self._hurry()

    def _title(self) -> dict[str, Any]:
        """Runs of one kernel in one database learn from each other."""
        name = re.sub(r"[^A-Za-z0-9]+", "-", self._autotune_metrics.kernel_name).strip("-") or "kernel"
        return {} if self._database is None else {"title": f"helion-{name}"}

    def _ask(self, tuner: Tuner, count: int) -> list[dict[str, Any]]:
        if self._autotune_budget_exceeded():
            return []
        left = max(1, self._evaluations - count)
        return tuner.ask(min(self._ahead, left), WAIT_S)

    def _seeds(self) -> list[Flat]:
        """The user's own, what Helion's compiler suggests, what its cache knows of this kernel, and the default."""
        gen = self.config_gen
        user = [flat for flat, _ in gen.user_seed_flat_config_pairs(normalize_autotune_seed_configs(self.settings))]
        compiler = [flat for flat, _ in gen.seed_flat_config_pairs()]
        cached = [
            entry.to_mutable_flat_config()
            for entry in self._find_similar_cached_configs(self.settings.autotune_best_available_max_configs)
        ]
        found: list[Flat] = []
        for flat in [*user, *compiler, gen.default_flat(), *cached]:
            if flat not in found:
                found.append(flat)
        return found

    def _measure(self, flats: Sequence[Flat]) -> list[PopulationMember | None]:
        """Each distinct configuration once; None for one that Helion refuses. Many flat ones normalize to one."""
        members = [self.make_unbenchmarked(flat) for flat in flats]
        new: dict[HelionConfig, PopulationMember] = {}
        for member in members:
            if member is not None and member.config not in self._known:
                new.setdefault(member.config, member)
        asked = list(new)
        if new:
            self.benchmark_population(list(new.values()), desc="KernelEvolve")
        for config, member in zip(asked, new.values(), strict=True):
            self._known[config] = member
            self.population.append(member)
        return [None if member is None else self._known.get(member.config, member) for member in members]

    def _hurry(self) -> None:
        """A batch waits for its slowest: one that compiles far longer than others is given up."""
        times = [
            member.compile_time for member in self.population if member.compile_time and math.isfinite(member.perf)
        ]
        if len(times) >= self._ahead // 2:
            limit = max(MIN_COMPILE_S, math.ceil(SLOWER * statistics.median(times)))
            self.settings.autotune_compile_timeout = min(self.settings.autotune_compile_timeout, limit)


def _value(member: PopulationMember | None) -> float | Exception:
    if member is None:
        return Invalid("Helion refuses this configuration")
    return member.perf if math.isfinite(member.perf) else Invalid(f"Helion: {member.status}")

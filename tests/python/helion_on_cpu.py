"""
Helion without a GPU: its own spaces and normalization, Triton's interpreter for what is called, and times that are made
up. Imported before anything else.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from typing import Any

os.environ["TRITON_INTERPRET"] = "1"
os.environ["HELION_AUTOTUNE_FINAL_REBENCHMARK_TOP_K"] = "0"

import helion
from helion import autotuner
from helion.autotuner import base_search
from helion.autotuner.base_search import BaseAutotuner
from helion.autotuner.benchmark_provider import BenchmarkProvider, BenchmarkResult

measured: list[dict[str, Any]] = []
"""Every configuration that was measured, in order."""


def milliseconds(config: dict[str, Any]) -> float:
    """Best at blocks of 64 elements and eight warps, without persistent programs. Seven stages crash."""
    if config["num_stages"] == 7:
        return math.inf
    blocks = sum(abs(math.log2(size) - 6) for size in config["block_sizes"])
    # Triton's interpreter does not run every persistent program.
    persistent = 0 if config["pid_type"] in ("flat", "xyz") else 10
    return 1 + persistent + blocks + abs(math.log2(config["num_warps"]) - 3)


class MadeUp(BenchmarkProvider):
    """Compiles nothing."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401
        self.mutated_arg_indices = []
        self._metrics = given["autotune_metrics"]

    def setup(self) -> None:
        """Nothing to prepare."""

    def cleanup(self) -> None:
        """Nothing to free."""

    def benchmark(self, configs: Sequence[Any], **_: Any) -> list[BenchmarkResult]:  # noqa: ANN401
        """As Helion's own, at once."""
        found = []
        for config in configs:
            measured.append(dict(config))
            ms = milliseconds(config)
            status = "ok" if math.isfinite(ms) else "error"
            found.append(BenchmarkResult(config, lambda *_: None, ms, status, 0.1, time.perf_counter()))
        self._metrics.num_configs_tested += len(found)
        return found


class NoCache(BaseAutotuner):
    """Helion's own refuses a device whose runtime it does not know."""

    def __init__(self, search: Any, **_: Any) -> None:  # noqa: ANN401
        self._search = search

    def autotune(self, *, skip_cache: bool = False) -> Any:  # noqa: ANN401
        """Always searches."""
        return self._search.autotune(skip_cache=skip_cache)


base_search.BaseSearch.__init__.__defaults__ = (MadeUp,)
autotuner.cache_classes["LocalAutotuneCache"] = NoCache
helion.runtime.get_num_sm = lambda *_, **__: 4

"""The two ways in: for one kernel, and for all of a process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from helion.autotuner import cache_classes, search_algorithms
from helion.autotuner.base_search import BaseAutotuner
from helion.autotuner.effort_profile import get_effort_profile

from .search import KernelEvolveSearch

NAME = "KernelEvolve"


def autotuner(bound_kernel: Any, args: Sequence[object], **kwargs: Any) -> BaseAutotuner:  # noqa: ANN401
    """
    For `@helion.kernel(autotuner_fn=kernelevolve.helion.autotuner)`. Keyword arguments are those of KernelEvolveSearch.
    Helion's cache is asked first, and keeps what the search finds.
    """
    settings = bound_kernel.settings
    profile = KernelEvolveSearch.get_kwargs_from_profile(get_effort_profile(settings.autotune_effort), settings)
    given = {"finishing_rounds": profile["finishing_rounds"], **kwargs}

    def search() -> KernelEvolveSearch:
        return KernelEvolveSearch(bound_kernel, args, **given)

    return cache_classes[settings.autotune_cache](search(), autotuner_factory=search)


def install() -> None:
    """Makes this search the default of every kernel that names no autotuner of its own."""
    search_algorithms[NAME] = KernelEvolveSearch
    os.environ["HELION_AUTOTUNER"] = NAME

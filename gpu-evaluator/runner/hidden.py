"""Which shapes a candidate is launched on. Both kinds of process ask here, so that plans and right answers meet."""

from __future__ import annotations

from types import ModuleType
from typing import Any

Json = dict[str, Any]

# Few, so that right answers can be kept between candidates.
VARIANTS = 4


def hidden_shapes(trusted: ModuleType, shape: Json, input_seed: int) -> list[Json]:
    """Shapes beside the workload's own that the candidate must get right."""
    return trusted.hidden_shapes(shape, input_seed % VARIANTS)


def launched_shapes(trusted: ModuleType, shapes: list[Json], input_seed: int) -> list[Json]:
    """Every shape that will be launched, each once."""
    seen: list[Json] = []
    for shape in shapes:
        for one in [shape, *hidden_shapes(trusted, shape, input_seed)]:
            if one not in seen:
                seen.append(one)
    return seen

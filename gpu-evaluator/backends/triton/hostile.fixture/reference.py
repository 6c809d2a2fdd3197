"""The trusted side of a kernel that never gets as far as being launched."""

from __future__ import annotations


def hidden_shapes(shape: dict, seed: int) -> list[dict]:
    return []

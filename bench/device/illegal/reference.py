"""Trusted side of the sum: inputs, the right answer in float32, and PyTorch's own. A shape is {length}."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Tensors = dict[str, torch.Tensor]
    Baseline = Callable[[dict[str, int], Tensors], torch.Tensor]

Shape = dict[str, int]


def hidden_shapes(shape: Shape, seed: int) -> list[Shape]:
    """A length that no block divides."""
    return [{"length": 100_003 + seed % 7}]


def inputs(shape: Shape, seed: int) -> Tensors:
    """a and b [length], standard normal, float16."""
    import torch

    generator = torch.Generator("cuda").manual_seed(seed)
    return {name: torch.randn(shape["length"], generator=generator, device="cuda").half() for name in ("a", "b")}


def output(shape: Shape) -> torch.Tensor:
    """Room for the answer, [length], unwritten."""
    import torch

    return torch.empty(shape["length"], dtype=torch.float16, device="cuda")


def reference(shape: Shape, given: Tensors) -> torch.Tensor:
    """The answer in float32."""
    return given["a"].float() + given["b"].float()


def baselines() -> dict[str, Baseline]:
    """PyTorch's sum."""
    return {"default": lambda shape, given: given["a"] + given["b"]}

"""Trusted side of the product: inputs, the right answer in float32, and PyTorch's own.

A shape is {rows, columns, depth}. Only `hidden_shapes` runs where torch is not installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Tensors = dict[str, torch.Tensor]
    Baseline = Callable[[dict[str, int], Tensors], torch.Tensor]

Shape = dict[str, int]


def hidden_shapes(shape: Shape, seed: int) -> list[Shape]:
    """Sizes that no tile divides."""
    return [{**shape, "rows": 65 + 2 * (seed % 4), "columns": 96 + 8 * (seed % 4)}]


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def inputs(shape: Shape, seed: int) -> Tensors:
    """a [rows, depth] and b [depth, columns], standard normal, float16."""
    import torch

    generator = torch.Generator(_device()).manual_seed(seed)

    def draw(rows: int, columns: int) -> torch.Tensor:
        return torch.randn(rows, columns, generator=generator, device=_device()).half()

    return {"a": draw(shape["rows"], shape["depth"]), "b": draw(shape["depth"], shape["columns"])}


def output(shape: Shape) -> torch.Tensor:
    """Room for the answer, [rows, columns], unwritten."""
    import torch

    return torch.empty(shape["rows"], shape["columns"], dtype=torch.float16, device=_device())


def reference(shape: Shape, given: Tensors) -> torch.Tensor:
    """The answer in float32."""
    import torch

    allowed = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        return given["a"].float() @ given["b"].float()
    finally:
        torch.backends.cuda.matmul.allow_tf32 = allowed


def baselines() -> dict[str, Baseline]:
    """PyTorch's product."""
    return {"default": lambda shape, given: given["a"] @ given["b"]}

"""Trusted side of the kernel: inputs, the right answer in float32, and cuBLAS. A shape is {m, n, k}."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Tensors = dict[str, torch.Tensor]
    Baseline = Callable[[dict[str, int], Tensors], torch.Tensor]

Shape = dict[str, int]


def hidden_shapes(shape: Shape, seed: int) -> list[Shape]:
    """Sizes that no tile divides; n and k remain multiples of 8."""
    odd = 8 * (seed % 4)
    m, n, k = min(shape["m"], 512), min(shape["n"], 1024), min(shape["k"], 1024)
    return [
        {"m": m - 7 - odd, "n": n - 8 - odd, "k": k - 24 - odd},
        {"m": 1 + odd, "n": 40 + odd, "k": 72 + odd},
    ]


def inputs(shape: Shape, seed: int) -> Tensors:
    """a [m, k] and b [n, k], bfloat16, standard normal."""
    import torch

    generator = torch.Generator("cuda").manual_seed(seed)

    def draw(rows: int) -> torch.Tensor:
        return torch.randn(rows, shape["k"], generator=generator, device="cuda").to(torch.bfloat16)

    return {"a": draw(shape["m"]), "b": draw(shape["n"])}


def output(shape: Shape) -> torch.Tensor:
    """Room for the answer, [m, n], unwritten."""
    import torch

    return torch.empty(shape["m"], shape["n"], dtype=torch.bfloat16, device="cuda")


def reference(shape: Shape, given: Tensors) -> torch.Tensor:
    """The answer in float32, [m, n], without the tensor cores' rounding."""
    import torch

    allowed = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        return given["a"].float() @ given["b"].float().T
    finally:
        torch.backends.cuda.matmul.allow_tf32 = allowed


def baselines() -> dict[str, Baseline]:
    """What PyTorch's linear layers call."""
    return {"cublas": lambda shape, given: given["a"] @ given["b"].T}

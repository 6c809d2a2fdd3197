"""Causal attention forward as PyTorch computes it: what the model of the fake writes as reference and fallback."""

from __future__ import annotations

import torch


class Module(torch.nn.Module):
    """Flat float32 tensors q, k, v of [heads, length, width]; the answer likewise."""

    def __init__(self, shape: dict[str, int]) -> None:
        super().__init__()
        self.sizes = (shape["heads"], shape["length"], shape["width"])

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        q, k, v = (tensor.view(1, *self.sizes) for tensor in (q, k, v))
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).flatten()

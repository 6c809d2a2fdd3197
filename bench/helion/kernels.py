"""Three kernels in Helion, each with arguments: a normalization, a product of matrices, and attention."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import helion
import helion.language as hl
import torch


def rms_norm(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Each row over its root mean square."""
    rows, _ = x.size()
    out = torch.empty_like(x)
    for tile in hl.tile(rows):
        row = x[tile, :].to(torch.float32)
        inverse = torch.rsqrt(torch.mean(row * row, dim=-1) + 1e-5)
        out[tile, :] = (row * inverse[:, None] * weight[:].to(torch.float32)).to(out.dtype)
    return out


def matmul(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """x @ y"""
    m, k = x.size()
    _, n = y.size()
    out = torch.empty([m, n], dtype=x.dtype, device=x.device)
    for tile_m, tile_n in hl.tile([m, n]):
        total = hl.zeros([tile_m, tile_n], dtype=torch.float32)
        for tile_k in hl.tile(k):
            total = torch.addmm(total, x[tile_m, tile_k], y[tile_k, tile_n])
        out[tile_m, tile_n] = total.to(out.dtype)
    return out


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Without a mask; the heads are one dimension with the batch."""
    heads, rows, width = q.size()
    width = hl.specialize(width)
    columns = k.size(1)
    out = torch.empty_like(q)
    scale = 1.4426950408889634 / math.sqrt(width)
    for tile_h, tile_m in hl.tile([heads, rows]):
        highest = hl.full([tile_h, tile_m], float("-inf"), dtype=torch.float32)
        norm = torch.full_like(highest, 1.0)
        total = hl.zeros([tile_h, tile_m, width], dtype=torch.float32)
        query = q[tile_h, tile_m, :]
        for tile_n in hl.tile(columns):
            score = torch.bmm(query, k[tile_h, tile_n, :].transpose(1, 2)) * scale
            now = torch.maximum(highest, torch.amax(score, -1))
            weight = torch.exp2(score - now[:, :, None])
            fade = torch.exp2(highest - now)
            norm = norm * fade + torch.sum(weight, -1)
            values = v[tile_h, tile_n, :]
            total = torch.baddbmm(total * fade[:, :, None], weight.to(values.dtype), values)
            highest = now
        out[tile_h, tile_m, :] = (total / norm[:, :, None]).to(out.dtype)
    return out


def _random(*shape: int) -> Callable[[str], torch.Tensor]:
    return lambda device: torch.randn(shape, device=device, dtype=torch.bfloat16)


KERNELS: dict[str, tuple[Callable[..., torch.Tensor], list[Callable[[str], torch.Tensor]]]] = {
    "rms-norm": (rms_norm, [_random(8192, 4096), _random(4096)]),
    "matmul": (matmul, [_random(2048, 2048), _random(2048, 2048)]),
    "attention": (attention, [_random(32, 1024, 64)] * 3),
}


def kernel_of(name: str, device: str, **settings: Any) -> tuple[helion.Kernel, tuple[torch.Tensor, ...]]:  # noqa: ANN401
    """A kernel with these settings, and its arguments."""
    function, arguments = KERNELS[name]
    torch.manual_seed(0)
    return helion.kernel(static_shapes=True, **settings)(function), tuple(make(device) for make in arguments)

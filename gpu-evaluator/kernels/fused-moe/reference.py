"""Trusted side of the kernel: inputs with random routing, the right answer in float32, and what PyTorch offers.

A shape is {experts, topk, hidden, intermediate, tokens}. Only `hidden_shapes` runs where torch is not installed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Tensors = dict[str, torch.Tensor]
    Baseline = Callable[[dict[str, int], Tensors], torch.Tensor]

Shape = dict[str, int]

# Where tensors are made; tests without a GPU set another.
DEVICE = "cuda"


def hidden_shapes(shape: Shape, seed: int) -> list[Shape]:
    """Shapes that a candidate is also checked on: batches that no block divides."""
    return [{**shape, "tokens": 3 + seed % 4}, {**shape, "tokens": 67 + 2 * (seed % 4)}]


@lru_cache(maxsize=1)
def _weights(experts: int, hidden: int, intermediate: int, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """
    w1 [experts, 2 * intermediate, hidden], gate above up; w2 [experts, hidden, intermediate]. A model's weights stay
    while its tokens change, and they are gigabytes: all batches of a model share them.
    """
    import torch

    generator = torch.Generator(device).manual_seed(1)
    made = []
    # Of millions of answers, the one that rounding moves most stays within what one element may be off.
    for rows, columns, scale in ((2 * intermediate, hidden, 1.0), (hidden, intermediate, 0.5)):
        whole = torch.empty(experts, rows, columns, dtype=torch.bfloat16, device=device)
        for expert in whole:
            expert.copy_(torch.randn(rows, columns, generator=generator, device=device) * scale * columns**-0.5)
        made.append(whole)
    return made[0], made[1]


def inputs(shape: Shape, seed: int) -> Tensors:
    """x [tokens, hidden], normal; each token's experts, all equally likely, and their weights, which sum to one."""
    import torch

    generator = torch.Generator(DEVICE).manual_seed(seed)
    x = torch.randn(shape["tokens"], shape["hidden"], generator=generator, device=DEVICE)
    scores = 2 * torch.randn(shape["tokens"], shape["experts"], generator=generator, device=DEVICE)
    best, ids = scores.topk(shape["topk"], dim=1)
    w1, w2 = _weights(shape["experts"], shape["hidden"], shape["intermediate"], DEVICE)
    weights = best.softmax(1).contiguous()
    return {"x": x.to(torch.bfloat16), "topk_weights": weights, "topk_ids": ids.int().contiguous(), "w1": w1, "w2": w2}


def output(shape: Shape) -> torch.Tensor:
    """Room for the answer, [tokens, hidden], unwritten."""
    import torch

    return torch.empty(shape["tokens"], shape["hidden"], dtype=torch.bfloat16, device=DEVICE)


def reference(shape: Shape, given: Tensors) -> torch.Tensor:
    """The answer in float32, [tokens, hidden], expert by expert and without tensor-core rounding."""
    import torch

    allowed = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        answer = torch.zeros(given["x"].shape, dtype=torch.float32, device=given["x"].device)
        for expert in given["topk_ids"].unique().tolist():
            token, place = (given["topk_ids"] == expert).nonzero(as_tuple=True)
            gate, up = (given["x"][token].float() @ given["w1"][expert].float().T).chunk(2, dim=1)
            part = (torch.nn.functional.silu(gate) * up) @ given["w2"][expert].float().T
            answer.index_add_(0, token, part * given["topk_weights"][token, place, None])
        return answer
    finally:
        torch.backends.cuda.matmul.allow_tf32 = allowed


def baselines() -> dict[str, Baseline]:
    """PyTorch's grouped product, rows sorted by expert on the device. It is the yardstick for errors."""
    import torch

    def grouped(shape: Shape, given: Tensors) -> torch.Tensor:
        flat = given["topk_ids"].flatten()
        order = flat.argsort()
        experts = torch.arange(shape["experts"], device=flat.device, dtype=flat.dtype)
        ends = (flat[None, :] == experts[:, None]).sum(1).cumsum(0).int()
        rows = given["x"][order // shape["topk"]]
        gate, up = torch._grouped_mm(rows, given["w1"].transpose(1, 2), offs=ends).chunk(2, dim=1)
        active = torch.nn.functional.silu(gate) * up
        parts = torch._grouped_mm(active, given["w2"].transpose(1, 2), offs=ends)
        weighted = parts * given["topk_weights"].flatten()[order, None]
        by_slot = torch.empty_like(weighted).index_copy_(0, order, weighted)
        return by_slot.view(shape["tokens"], shape["topk"], -1).sum(1).to(torch.bfloat16)

    return {"default": grouped}

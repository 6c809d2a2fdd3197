"""Trusted side of the kernel: inputs as models pass them, the right answer in float32, and what PyTorch offers.

A shape is {batch, heads, kv_heads, length, width, causal: 0|1, half: 0|1 (bfloat16|float16), fused: 0|1}. `fused` means
that the values are a slice of one projection of queries, keys and values, so that their rows lie further apart (Phi-3).
Only `hidden_shapes` runs where torch is not installed.
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
    """Shapes that a candidate is also checked on: lengths that no tile divides, and a small batch."""
    odd = 1 + 14 * (seed % 4)
    return [
        {**shape, "length": min(shape["length"], 1024) - odd},
        {**shape, "length": 65 + 2 * (seed % 61), "batch": 2},
    ]


def inputs(shape: Shape, seed: int) -> Tensors:
    """q [batch, length, heads, width], k and v [batch, length, kv_heads, width]; standard normal."""
    import torch

    generator = torch.Generator("cuda").manual_seed(seed)
    batch, length, width = shape["batch"], shape["length"], shape["width"]
    heads, kv_heads = shape["heads"], shape["kv_heads"]
    kind = torch.float16 if shape["half"] else torch.bfloat16

    def draw(count: int) -> torch.Tensor:
        return torch.randn(batch, length, count * width, generator=generator, device="cuda").to(kind)

    q = draw(heads).view(batch, length, heads, width)
    k = draw(kv_heads).view(batch, length, kv_heads, width)
    if shape["fused"]:
        v = draw(heads + 2 * kv_heads)[..., (heads + kv_heads) * width :].unflatten(-1, (kv_heads, width))
    else:
        v = draw(kv_heads).view(batch, length, kv_heads, width)
    return {"q": q, "k": k, "v": v}


def output(shape: Shape) -> torch.Tensor:
    """Room for the answer, [batch, length, heads, width], unwritten."""
    import torch

    kind = torch.float16 if shape["half"] else torch.bfloat16
    return torch.empty(shape["batch"], shape["length"], shape["heads"], shape["width"], dtype=kind, device="cuda")


def reference(shape: Shape, given: Tensors) -> torch.Tensor:
    """The answer in float32, [batch, length, heads, width], head by head and without tensor-core rounding."""
    import torch

    allowed = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        answer = torch.empty(given["q"].shape, dtype=torch.float32, device=given["q"].device)
        group = shape["heads"] // shape["kv_heads"]
        length = shape["length"]
        hidden = torch.ones(length, length, dtype=torch.bool, device=given["q"].device).triu(1)
        for batch in range(shape["batch"]):
            for head in range(shape["heads"]):
                q = given["q"][batch, :, head].float()
                k = given["k"][batch, :, head // group].float()
                v = given["v"][batch, :, head // group].float()
                scores = q @ k.T * shape["width"] ** -0.5
                if shape["causal"]:
                    scores.masked_fill_(hidden, float("-inf"))
                answer[batch, :, head] = scores.softmax(-1) @ v
        return answer
    finally:
        torch.backends.cuda.matmul.allow_tf32 = allowed


# Baselines that are not PyTorch's, and the distribution that each comes from.
NEEDS = {"flash-attn-4": "flash-attn-4"}


def baselines() -> dict[str, Baseline]:
    """
    What a competent engineer calls, each with native grouped queries. The first is the yardstick for errors; those of
    `NEEDS` are called where their package is installed.
    """
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    def call(shape: Shape, given: Tensors) -> torch.Tensor:
        q, k, v = (given[name].transpose(1, 2) for name in ("q", "k", "v"))
        grouped = shape["heads"] != shape["kv_heads"]
        answer = torch.nn.functional.scaled_dot_product_attention(
            q, k, v, is_causal=bool(shape["causal"]), enable_gqa=grouped
        )
        return answer.transpose(1, 2)

    def forced(backend: SDPBackend) -> Baseline:
        def run(shape: Shape, given: Tensors) -> torch.Tensor:
            with sdpa_kernel(backend):
                return call(shape, given)

        return run

    def flash_attention_4(shape: Shape, given: Tensors) -> torch.Tensor:
        from flash_attn.cute import flash_attn_func

        found = flash_attn_func(given["q"], given["k"], given["v"], causal=bool(shape["causal"]))
        return found[0] if isinstance(found, tuple) else found

    return {
        "default": call,
        "cudnn": forced(SDPBackend.CUDNN_ATTENTION),
        "flash": forced(SDPBackend.FLASH_ATTENTION),
        "efficient": forced(SDPBackend.EFFICIENT_ATTENTION),
        "flash-attn-4": flash_attention_4,
    }

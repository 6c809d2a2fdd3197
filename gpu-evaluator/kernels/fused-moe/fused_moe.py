"""Mixture of experts on one device: the grouped product that serving stacks tune, and what surrounds it.

    out[t] = sum over the experts e of token t: weight[t, e] * w2[e] (silu(w1[e, :N] x[t]) * (w1[e, N:] x[t]))

A slot is one token with one of its experts. Slots are grouped by expert, each group padded to whole blocks of
BLOCK_SIZE_M rows, so that a block of rows has one expert. Six launches: count, place, product (gate and up), activate,
product (down), combine. Parameters have the names and the meaning that they have in the tuned files of vLLM and SGLang,
and both products take the same ones.
"""

from __future__ import annotations

from typing import Any

import triton
import triton.language as tl

# Slots, rows and columns that one program of the small launches handles.
COUNTED, PLACED, BLOCKS_PLACED, COLUMNS = 2048, 256, 32, 1024


@triton.jit
def count_slots(
    topk_ids, sorted_slots, ends, cursors, slots, capacity,
    BINS: tl.constexpr, BLOCK_SIZE_M: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    """One program: where each expert's rows begin and end. Rows that stay empty hold the number of slots."""
    counts = tl.zeros([BINS], tl.int32)
    for start in range(0, slots, CHUNK):
        at = start + tl.arange(0, CHUNK)
        counts += tl.histogram(tl.load(topk_ids + at, mask=at < slots, other=0), BINS, mask=at < slots)
    padded = (counts + BLOCK_SIZE_M - 1) // BLOCK_SIZE_M * BLOCK_SIZE_M
    end = tl.cumsum(padded, 0)
    experts = tl.arange(0, BINS)
    tl.store(ends + experts, end)
    tl.store(cursors + experts, end - padded)
    for start in range(0, capacity, CHUNK):
        at = start + tl.arange(0, CHUNK)
        tl.store(sorted_slots + at, tl.zeros([CHUNK], tl.int32) + slots, mask=at < capacity)


@triton.jit
def place_slots(
    topk_ids, sorted_slots, block_experts, ends, cursors, slots, blocks,
    BINS: tl.constexpr, BLOCK_SIZE_M: tl.constexpr, CHUNK: tl.constexpr, BLOCKS: tl.constexpr,
):  # fmt: skip
    """Each slot to a row of its expert, in any order, and the expert of each block of rows."""
    at = tl.program_id(0) * CHUNK + tl.arange(0, CHUNK)
    expert = tl.load(topk_ids + at, mask=at < slots, other=0)
    row = tl.atomic_add(cursors + expert, 1, mask=at < slots)
    tl.store(sorted_slots + row, at, mask=at < slots)
    block = tl.program_id(0) * BLOCKS + tl.arange(0, BLOCKS)
    before = tl.load(ends + tl.arange(0, BINS))[None, :] <= (block * BLOCK_SIZE_M)[:, None]
    tl.store(block_experts + block, tl.sum(before.to(tl.int32), 1), mask=block < blocks)


@triton.jit
def grouped_product(
    left, right, result, topk_weights, sorted_slots, block_experts, ends, slots, blocks,
    N: tl.constexpr, K: tl.constexpr, SHARE: tl.constexpr, WEIGHTED: tl.constexpr, BINS: tl.constexpr,
    BLOCK_SIZE_M: tl.constexpr, BLOCK_SIZE_N: tl.constexpr, BLOCK_SIZE_K: tl.constexpr, GROUP_SIZE_M: tl.constexpr,
):  # fmt: skip
    """result[slot] = right[its expert] left[slot // SHARE], right being [experts, N, K]. WEIGHTED: times its weight."""
    program = tl.program_id(0)
    column_blocks: tl.constexpr = (N + BLOCK_SIZE_N - 1) // BLOCK_SIZE_N
    # GROUP_SIZE_M blocks of rows take turns over the columns, so that they find an expert's weights in the L2 cache.
    group = program // (GROUP_SIZE_M * column_blocks)
    first = group * GROUP_SIZE_M
    height = tl.minimum(blocks - first, GROUP_SIZE_M)
    within = program % (GROUP_SIZE_M * column_blocks)
    row_block = first + within % height
    column_block = within // height
    # The grid has room for the worst routing; this one may need less.
    if row_block * BLOCK_SIZE_M >= tl.load(ends + BINS - 1):
        return
    slot = tl.load(sorted_slots + row_block * BLOCK_SIZE_M + tl.arange(0, BLOCK_SIZE_M)).to(tl.int64)
    is_slot = slot < slots
    expert = tl.load(block_experts + row_block).to(tl.int64)
    columns = (column_block * BLOCK_SIZE_N + tl.arange(0, BLOCK_SIZE_N).to(tl.int64)) % N
    inner = tl.arange(0, BLOCK_SIZE_K)
    left_at = left + (slot // SHARE * K)[:, None] + inner[None, :]
    right_at = right + expert * (N * K) + (columns * K)[None, :] + inner[:, None]
    total = tl.zeros([BLOCK_SIZE_M, BLOCK_SIZE_N], tl.float32)
    for step in range(0, (K + BLOCK_SIZE_K - 1) // BLOCK_SIZE_K):
        if K % BLOCK_SIZE_K == 0:
            rows = tl.load(left_at, mask=is_slot[:, None], other=0.0)
            weights = tl.load(right_at)
        else:
            inside = inner < K - step * BLOCK_SIZE_K
            rows = tl.load(left_at, mask=is_slot[:, None] & inside[None, :], other=0.0)
            weights = tl.load(right_at, mask=inside[:, None], other=0.0)
        total = tl.dot(rows, weights, total)
        left_at += BLOCK_SIZE_K
        right_at += BLOCK_SIZE_K
    if WEIGHTED:
        total = total * tl.load(topk_weights + slot, mask=is_slot, other=0.0)[:, None]
    column = column_block * BLOCK_SIZE_N + tl.arange(0, BLOCK_SIZE_N)
    at = result + (slot * N)[:, None] + column[None, :]
    tl.store(at, total.to(result.dtype.element_ty), mask=is_slot[:, None] & (column < N)[None, :])


@triton.jit
def activate(gate_up, hidden, N: tl.constexpr, CHUNK: tl.constexpr):
    """hidden = silu(gate) * up, for one slot and CHUNK columns."""
    slot = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * CHUNK + tl.arange(0, CHUNK)
    gate = tl.load(gate_up + slot * (2 * N) + column, mask=column < N, other=0.0).to(tl.float32)
    up = tl.load(gate_up + slot * (2 * N) + N + column, mask=column < N, other=0.0).to(tl.float32)
    # As PyTorch does: the activation is rounded before the product.
    active = (gate / (1.0 + tl.exp(-gate))).to(hidden.dtype.element_ty).to(tl.float32)
    tl.store(hidden + slot * N + column, (active * up).to(hidden.dtype.element_ty), mask=column < N)


@triton.jit
def combine(parts, out, K: tl.constexpr, SHARE: tl.constexpr, CHUNK: tl.constexpr):
    """The sum over a token's experts, for CHUNK columns."""
    token = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * CHUNK + tl.arange(0, CHUNK)
    total = tl.zeros([CHUNK], tl.float32)
    for expert in tl.static_range(SHARE):
        total += tl.load(parts + (token * SHARE + expert) * K + column, mask=column < K, other=0.0).to(tl.float32)
    tl.store(out + token * K + column, total.to(out.dtype.element_ty), mask=column < K)


def plan(config: dict[str, Any], shape: dict[str, int], target: dict[str, int]) -> dict[str, Any]:
    """Launches of a configuration on a shape {experts, topk, hidden, intermediate, tokens}."""
    experts, share = shape["experts"], shape["topk"]
    hidden, intermediate, tokens = shape["hidden"], shape["intermediate"], shape["tokens"]
    block, slots = config["BLOCK_SIZE_M"], tokens * share
    # Every expert pads its rows to whole blocks; no more experts than slots have any.
    blocks = min(slots, -(-(slots + experts * (block - 1)) // block))
    bins = max(16, 1 << (experts - 1).bit_length())
    options = {"num_warps": config["num_warps"], "num_stages": config["num_stages"]}
    i32 = {name: {"pointer": name, "type": "i32"} for name in ("topk_ids", "sorted_slots", "ends", "cursors")}
    i32["block_experts"] = {"pointer": "block_experts", "type": "i32"}
    sizes = {"slots": {"i32": slots}, "blocks": {"i32": blocks}}

    def bf16(name: str) -> dict[str, Any]:
        return {"pointer": name, "type": "bf16"}

    def product(left: str, right: str, result: str, n: int, k: int, share_left: int, weighted: bool) -> dict[str, Any]:
        tiles = blocks * -(-n // config["BLOCK_SIZE_N"])
        return {
            "kernel": "grouped_product",
            "grid": [tiles, 1, 1],
            "options": options,
            "arguments": {
                "left": bf16(left),
                "right": bf16(right),
                "result": bf16(result),
                "topk_weights": {"pointer": "topk_weights", "type": "fp32"},
                **{name: i32[name] for name in ("sorted_slots", "block_experts", "ends")},
                **sizes,
            },
            "constants": {
                "N": n,
                "K": k,
                "SHARE": share_left,
                "WEIGHTED": weighted,
                "BINS": bins,
                **{f"BLOCK_SIZE_{axis}": config[f"BLOCK_SIZE_{axis}"] for axis in "MNK"},
                "GROUP_SIZE_M": config["GROUP_SIZE_M"],
            },
        }

    def small(kernel: str, grid: list[int], arguments: dict[str, Any], constants: dict[str, Any]) -> dict[str, Any]:
        options = {"num_warps": 8 if kernel == "count_slots" else 4, "num_stages": 1}
        return {"kernel": kernel, "grid": grid, "options": options, "arguments": arguments, "constants": constants}

    routed = {name: i32[name] for name in ("topk_ids", "sorted_slots", "ends", "cursors")}
    places = max(-(-slots // PLACED), -(-blocks // BLOCKS_PLACED))
    return {
        "scratch": {
            "sorted_slots": {"type": "i32", "elements": blocks * block},
            "block_experts": {"type": "i32", "elements": blocks},
            "ends": {"type": "i32", "elements": bins},
            "cursors": {"type": "i32", "elements": bins},
            "gate_up": {"type": "bf16", "elements": slots * 2 * intermediate},
            "activated": {"type": "bf16", "elements": slots * intermediate},
            "parts": {"type": "bf16", "elements": slots * hidden},
        },
        "launches": [
            small(
                "count_slots",
                [1, 1, 1],
                {**routed, "slots": sizes["slots"], "capacity": {"i32": blocks * block}},
                {"BINS": bins, "BLOCK_SIZE_M": block, "CHUNK": COUNTED},
            ),
            small(
                "place_slots",
                [places, 1, 1],
                {**routed, "block_experts": i32["block_experts"], **sizes},
                {"BINS": bins, "BLOCK_SIZE_M": block, "CHUNK": PLACED, "BLOCKS": BLOCKS_PLACED},
            ),
            product("x", "w1", "gate_up", 2 * intermediate, hidden, share, False),
            small(
                "activate",
                [slots, -(-intermediate // COLUMNS), 1],
                {"gate_up": bf16("gate_up"), "hidden": bf16("activated")},
                {"N": intermediate, "CHUNK": COLUMNS},
            ),
            product("activated", "w2", "parts", hidden, intermediate, 1, True),
            small(
                "combine",
                [tokens, -(-hidden // COLUMNS), 1],
                {"parts": bf16("parts"), "out": bf16("out")},
                {"K": hidden, "SHARE": share, "CHUNK": COLUMNS},
            ),
        ],
    }

"""Mixture of experts on one device: the grouped product that serving stacks tune, and what surrounds it.

    out[t] = sum over the experts e of token t: weight[t, e] * w2[e] (silu(w1[e, :N] x[t]) * (w1[e, N:] x[t]))

A slot is one token with one of its experts. Slots are grouped by expert, each group padded to whole blocks of
BLOCK_SIZE_M rows, so that a block of rows has one expert. Six launches: count, place, product (gate and up), activate,
product (down), combine. Parameters in lower case and those that begin with BLOCK or GROUP have the names and the
meaning that they have in the tuned files of vLLM and SGLang, and both products take the same ones. The others are this
kernel's own: they leave out launches, or change how a product is computed.
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
    """The first program: where each expert's rows begin and end. The others mark rows as empty: the number of slots."""
    if tl.program_id(0) == 0:
        counts = tl.zeros([BINS], tl.int32)
        for start in range(0, slots, CHUNK):
            at = start + tl.arange(0, CHUNK)
            counts += tl.histogram(tl.load(topk_ids + at, mask=at < slots, other=0), BINS, mask=at < slots)
        padded = (counts + BLOCK_SIZE_M - 1) // BLOCK_SIZE_M * BLOCK_SIZE_M
        end = tl.cumsum(padded, 0)
        experts = tl.arange(0, BINS)
        tl.store(ends + experts, end)
        tl.store(cursors + experts, end - padded)
    else:
        at = (tl.program_id(0) - 1) * CHUNK + tl.arange(0, CHUNK)
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
    DIRECT: tl.constexpr, ACTIVATED: tl.constexpr, DESCRIPTOR: tl.constexpr,
    BLOCK_SIZE_M: tl.constexpr, BLOCK_SIZE_N: tl.constexpr, BLOCK_SIZE_K: tl.constexpr, GROUP_SIZE_M: tl.constexpr,
):  # fmt: skip
    """
    result[slot] = right[its expert] left[slot // SHARE], right being [experts, N, K]. WEIGHTED: times its weight.
    ACTIVATED: the first half of the columns, activated, times the second. DIRECT: each slot is a block of its own.
    """
    program = tl.program_id(0)
    column_blocks: tl.constexpr = (N + BLOCK_SIZE_N - 1) // BLOCK_SIZE_N
    # GROUP_SIZE_M blocks of rows take turns over the columns, so that they find an expert's weights in the L2 cache.
    group = program // (GROUP_SIZE_M * column_blocks)
    first = group * GROUP_SIZE_M
    height = tl.minimum(blocks - first, GROUP_SIZE_M)
    within = program % (GROUP_SIZE_M * column_blocks)
    row_block = first + within % height
    column_block = within // height
    if DIRECT:
        slot = tl.where(tl.arange(0, BLOCK_SIZE_M) == 0, row_block, slots).to(tl.int64)
    else:
        # The grid has room for the worst routing; this one may need less.
        if row_block * BLOCK_SIZE_M >= tl.load(ends + BINS - 1):
            return
        slot = tl.load(sorted_slots + row_block * BLOCK_SIZE_M + tl.arange(0, BLOCK_SIZE_M)).to(tl.int64)
    is_slot = slot < slots
    expert = tl.load(block_experts + row_block)
    left_rows = left + (slot // SHARE * K)[:, None]
    if DESCRIPTOR and ACTIVATED:
        total, other = _two_totals(
            left_rows, is_slot, right, expert, column_block, N, K, BLOCK_SIZE_M, BLOCK_SIZE_N, BLOCK_SIZE_K
        )
    elif DESCRIPTOR:
        total = _total_by_descriptor(
            left_rows, is_slot, right, expert, column_block, K, BLOCK_SIZE_M, BLOCK_SIZE_N, BLOCK_SIZE_K
        )
    else:
        total = _total_by_pointer(
            left_rows, is_slot, right + expert.to(tl.int64) * (N * K), column_block,
            N, K, ACTIVATED, BLOCK_SIZE_M, BLOCK_SIZE_N, BLOCK_SIZE_K,
        )  # fmt: skip
        if ACTIVATED:
            total, other = tl.split(tl.reshape(total, [BLOCK_SIZE_M, BLOCK_SIZE_N // 2, 2]))
    if ACTIVATED:
        total = total / (1.0 + tl.exp(-total)) * other
    if WEIGHTED:
        total = total * tl.load(topk_weights + slot, mask=is_slot, other=0.0)[:, None]
    width: tl.constexpr = N // 2 if ACTIVATED else N
    block: tl.constexpr = BLOCK_SIZE_N // 2 if ACTIVATED else BLOCK_SIZE_N
    column = column_block * block + tl.arange(0, block)
    at = result + (slot * width)[:, None] + column[None, :]
    tl.store(at, total.to(result.dtype.element_ty), mask=is_slot[:, None] & (column < width)[None, :])


@triton.jit
def _rows(left_rows, is_slot, step, K: tl.constexpr, BLOCK_SIZE_K: tl.constexpr):
    """One step's part of the left side; rows without a slot are zeros."""
    inner = step * BLOCK_SIZE_K + tl.arange(0, BLOCK_SIZE_K)
    if K % BLOCK_SIZE_K == 0:
        return tl.load(left_rows + inner[None, :], mask=is_slot[:, None], other=0.0)
    return tl.load(left_rows + inner[None, :], mask=is_slot[:, None] & (inner < K)[None, :], other=0.0)


@triton.jit
def _total_by_pointer(
    left_rows, is_slot, right, column_block, N: tl.constexpr, K: tl.constexpr, ACTIVATED: tl.constexpr,
    BLOCK_SIZE_M: tl.constexpr, BLOCK_SIZE_N: tl.constexpr, BLOCK_SIZE_K: tl.constexpr,
):  # fmt: skip
    """ACTIVATED: a column of the first half beside its partner of the second, so that one thread has both."""
    columns = (column_block * BLOCK_SIZE_N + tl.arange(0, BLOCK_SIZE_N).to(tl.int64)) % N
    if ACTIVATED:
        columns = columns // 2 + columns % 2 * (N // 2)
    inner = tl.arange(0, BLOCK_SIZE_K)
    right_at = right + (columns * K)[None, :] + inner[:, None]
    total = tl.zeros([BLOCK_SIZE_M, BLOCK_SIZE_N], tl.float32)
    for step in range(0, (K + BLOCK_SIZE_K - 1) // BLOCK_SIZE_K):
        rows = _rows(left_rows, is_slot, step, K, BLOCK_SIZE_K)
        if K % BLOCK_SIZE_K == 0:
            weights = tl.load(right_at)
        else:
            weights = tl.load(right_at, mask=(inner < K - step * BLOCK_SIZE_K)[:, None], other=0.0)
        total = tl.dot(rows, weights, total)
        right_at += BLOCK_SIZE_K
    return total


@triton.jit
def _total_by_descriptor(
    left_rows, is_slot, right, expert, column_block, K: tl.constexpr,
    BLOCK_SIZE_M: tl.constexpr, BLOCK_SIZE_N: tl.constexpr, BLOCK_SIZE_K: tl.constexpr,
):  # fmt: skip
    total = tl.zeros([BLOCK_SIZE_M, BLOCK_SIZE_N], tl.float32)
    for step in range(0, (K + BLOCK_SIZE_K - 1) // BLOCK_SIZE_K):
        rows = _rows(left_rows, is_slot, step, K, BLOCK_SIZE_K)
        weights = right.load([expert, column_block * BLOCK_SIZE_N, step * BLOCK_SIZE_K])
        total = tl.dot(rows, tl.reshape(weights, [BLOCK_SIZE_N, BLOCK_SIZE_K]).T, total)
    return total


@triton.jit
def _two_totals(
    left_rows, is_slot, right, expert, column_block, N: tl.constexpr, K: tl.constexpr,
    BLOCK_SIZE_M: tl.constexpr, BLOCK_SIZE_N: tl.constexpr, BLOCK_SIZE_K: tl.constexpr,
):  # fmt: skip
    """Half of the columns of the first half, and their partners of the second: a descriptor's block is in one piece."""
    half: tl.constexpr = BLOCK_SIZE_N // 2
    total = tl.zeros([BLOCK_SIZE_M, half], tl.float32)
    other = tl.zeros([BLOCK_SIZE_M, half], tl.float32)
    for step in range(0, (K + BLOCK_SIZE_K - 1) // BLOCK_SIZE_K):
        rows = _rows(left_rows, is_slot, step, K, BLOCK_SIZE_K)
        weights = right.load([expert, column_block * half, step * BLOCK_SIZE_K])
        total = tl.dot(rows, tl.reshape(weights, [half, BLOCK_SIZE_K]).T, total)
        weights = right.load([expert, N // 2 + column_block * half, step * BLOCK_SIZE_K])
        other = tl.dot(rows, tl.reshape(weights, [half, BLOCK_SIZE_K]).T, other)
    return total, other


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
    # A definition made for a serving stack has that stack's parameters alone.
    is_direct = config.get("ROUTING", "sorted") == "direct"
    is_fused = config.get("ACTIVATION", "apart") == "fused"
    has_descriptor = config.get("LOADS", "pointer") == "descriptor"
    # Every expert pads its rows to whole blocks; no more experts than slots have any.
    blocks = slots if is_direct else min(slots, -(-(slots + experts * (block - 1)) // block))
    bins = max(16, 1 << (experts - 1).bit_length())
    i32 = {name: {"pointer": name, "type": "i32"} for name in ("topk_ids", "sorted_slots", "ends", "cursors")}
    i32["block_experts"] = {"pointer": "block_experts", "type": "i32"}
    sizes = {"slots": {"i32": slots}, "blocks": {"i32": blocks}}

    def bf16(name: str) -> dict[str, Any]:
        return {"pointer": name, "type": "bf16"}

    def product(left: str, right: str, result: str, n: int, k: int, is_down: bool) -> dict[str, Any]:
        own = is_down and config.get("DOWN", "same") == "own"

        def chosen(name: str) -> int:
            return config[f"DOWN_{name}" if own else name]

        is_activated = is_fused and not is_down
        columns, inner = chosen("BLOCK_SIZE_N"), chosen("BLOCK_SIZE_K")
        registers = config.get("maxnreg", 0)
        tile = [1, columns // 2 if is_activated else columns, inner]
        weights = {"descriptor": right, "type": "bf16", "order": [0, 1, 2], "block": tile}
        routing = {"sorted_slots": None, "block_experts": i32["topk_ids"], "ends": None}
        return {
            "kernel": "grouped_product",
            "grid": [blocks * -(-n // columns), 1, 1],
            "options": {
                "num_warps": chosen("num_warps"),
                "num_stages": chosen("num_stages"),
                **({"maxnreg": registers} if registers else {}),
            },
            "arguments": {
                "left": bf16(left),
                "right": weights if has_descriptor else bf16(right),
                "result": bf16(result),
                "topk_weights": {"pointer": "topk_weights", "type": "fp32"},
                **(routing if is_direct else {name: i32[name] for name in routing}),
                **sizes,
            },
            "constants": {
                "N": n,
                "K": k,
                "SHARE": 1 if is_down else share,
                "WEIGHTED": is_down,
                "BINS": bins,
                "DIRECT": is_direct,
                "ACTIVATED": is_activated,
                "DESCRIPTOR": has_descriptor,
                "BLOCK_SIZE_M": block,
                "BLOCK_SIZE_N": columns,
                "BLOCK_SIZE_K": inner,
                "GROUP_SIZE_M": config["GROUP_SIZE_M"],
            },
        }

    def small(kernel: str, grid: list[int], arguments: dict[str, Any], constants: dict[str, Any]) -> dict[str, Any]:
        options = {"num_warps": 8 if kernel == "count_slots" else 4, "num_stages": 1}
        return {"kernel": kernel, "grid": grid, "options": options, "arguments": arguments, "constants": constants}

    routed = {name: i32[name] for name in ("topk_ids", "sorted_slots", "ends", "cursors")}
    places = max(-(-slots // PLACED), -(-blocks // BLOCKS_PLACED))
    sort = [
        small(
            "count_slots",
            [1 + -(-blocks * block // COUNTED), 1, 1],
            {**routed, "slots": sizes["slots"], "capacity": {"i32": blocks * block}},
            {"BINS": bins, "BLOCK_SIZE_M": block, "CHUNK": COUNTED},
        ),
        small(
            "place_slots",
            [places, 1, 1],
            {**routed, "block_experts": i32["block_experts"], **sizes},
            {"BINS": bins, "BLOCK_SIZE_M": block, "CHUNK": PLACED, "BLOCKS": BLOCKS_PLACED},
        ),
    ]
    activation = small(
        "activate",
        [slots, -(-intermediate // COLUMNS), 1],
        {"gate_up": bf16("gate_up"), "hidden": bf16("activated")},
        {"N": intermediate, "CHUNK": COLUMNS},
    )
    up_result = "activated" if is_fused else "gate_up"
    return {
        "scratch": {
            **({} if is_direct else _sorting_scratch(blocks, block, bins)),
            **({} if is_fused else {"gate_up": {"type": "bf16", "elements": slots * 2 * intermediate}}),
            "activated": {"type": "bf16", "elements": slots * intermediate},
            "parts": {"type": "bf16", "elements": slots * hidden},
        },
        "launches": [
            *([] if is_direct else sort),
            product("x", "w1", up_result, 2 * intermediate, hidden, is_down=False),
            *([] if is_fused else [activation]),
            product("activated", "w2", "parts", hidden, intermediate, is_down=True),
            small(
                "combine",
                [tokens, -(-hidden // COLUMNS), 1],
                {"parts": bf16("parts"), "out": bf16("out")},
                {"K": hidden, "SHARE": share, "CHUNK": COLUMNS},
            ),
        ],
    }


def _sorting_scratch(blocks: int, block: int, bins: int) -> dict[str, Any]:
    sizes = {"sorted_slots": blocks * block, "block_experts": blocks, "ends": bins, "cursors": bins}
    return {name: {"type": "i32", "elements": elements} for name, elements in sizes.items()}

"""A tile whose keys several programs share: each puts its sum into scratch memory, and the last one joins them."""

from __future__ import annotations

import triton
import triton.language as tl

# Maximum before any key was seen: finite, so that a block without a visible key gives zeros and not inf - inf.
LOWEST = tl.constexpr(-1.0e30)


@triton.jit
def put_piece(
    at, partial, sums, acc0, acc1, total, top, PART0: tl.constexpr, PART1: tl.constexpr, BLOCK_M: tl.constexpr
):  # fmt: skip
    """A piece's unnormalised sum [BLOCK_M, PART0 + PART1], its weight and its maximum, to scratch memory."""
    rows = tl.arange(0, BLOCK_M)
    base = partial + at * (BLOCK_M * (PART0 + PART1))
    tl.store(base + rows[:, None] * PART0 + tl.arange(0, PART0)[None, :], acc0)
    if PART1 > 0:
        tl.store(base + BLOCK_M * PART0 + rows[:, None] * PART1 + tl.arange(0, PART1)[None, :], acc1)
    tl.store(sums + at * 2 * BLOCK_M + rows, total)
    tl.store(sums + at * 2 * BLOCK_M + BLOCK_M + rows, top)


@triton.jit
def join_pieces(
    first, pieces, partial, sums, acc0, acc1, total,
    PART0: tl.constexpr, PART1: tl.constexpr, BLOCK_M: tl.constexpr,
):  # fmt: skip
    """Sum over all pieces of a tile and its weight. Read past the first-level cache, which may be stale."""
    rows = tl.arange(0, BLOCK_M)
    acc0 = acc0 * 0.0
    acc1 = acc1 * 0.0
    total = total * 0.0
    top = tl.full([BLOCK_M], LOWEST, tl.float32)
    for at in range(first, first + pieces):
        base = partial + at * (BLOCK_M * (PART0 + PART1))
        other_total = tl.load(sums + at * 2 * BLOCK_M + rows, cache_modifier=".cg")
        other_top = tl.load(sums + at * 2 * BLOCK_M + BLOCK_M + rows, cache_modifier=".cg")
        new_top = tl.maximum(top, other_top)
        keep = tl.exp2(top - new_top)
        add = tl.exp2(other_top - new_top)
        other = tl.load(base + rows[:, None] * PART0 + tl.arange(0, PART0)[None, :], cache_modifier=".cg")
        acc0 = acc0 * keep[:, None] + other * add[:, None]
        if PART1 > 0:
            start1 = base + BLOCK_M * PART0
            other1 = tl.load(start1 + rows[:, None] * PART1 + tl.arange(0, PART1)[None, :], cache_modifier=".cg")
            acc1 = acc1 * keep[:, None] + other1 * add[:, None]
        total = total * keep + other_total * add
        top = new_top
    return acc0, acc1, total

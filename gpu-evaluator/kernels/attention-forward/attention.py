"""Attention forward for Hopper and later: one kernel family, its parameters, and how a configuration is launched.

    out[b, s, h, :] = softmax(q[b, s, h, :] k[b, :, h // group, :]^T / sqrt(width) + mask) v[b, :, h // group, :]

One tile is BLOCK_M query rows of one head. It walks over the keys in blocks of BLOCK_N with an online softmax (running
maximum, running sum, rescaled sum of values), first those that every row may see, then those on the diagonal, where
the causal mask is needed. Tensors are [batch, length, heads, width] views with any strides, the last one 1. Widths 80
and 96 are not powers of two: padded to 128, or split into 64 + 16 and 64 + 32 with two matrix products each.

What made it fast on an H200 (`results/h200/`): the heaviest row blocks of all heads first; tiles of 64 rows by one
group of four warps, two or three of them on a multiprocessor, so that one's softmax hides behind another's matrix
products; queries in registers, which halves what the first product reads from shared memory.

Here is the code for the device; `launching.py` turns a configuration into launches, `pieces.py` joins a tile whose keys
several programs share, and `specialized.py` is the kernel whose warps have different trades.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import triton
import triton.language as tl


def _beside(name: str) -> ModuleType:
    """Another file of this folder, which is on no search path."""
    spec = importlib.util.spec_from_file_location(f"attention_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


attention_specialized = _beside("specialized").attention_specialized
_pieces = _beside("pieces")
put_piece, join_pieces = _pieces.put_piece, _pieces.join_pieces
plan = _beside("launching").plan

HIDDEN = tl.constexpr(float("-inf"))
LOWEST = _pieces.LOWEST

# 2^x for x <= 0 on the FMA units: x = n + f, 2^f by a cubic (relative error 9e-5, below bfloat16's 2e-3), n added to
# the exponent (FlashAttention-4's trick). One of each four values; the others go to the special-function unit.
POLYNOMIAL = """
max.ftz.f32 c, {1}, 0fC2FE0000;
add.rm.ftz.f32 r, c, 0f4B400000;
sub.ftz.f32 n, r, 0f4B400000;
sub.ftz.f32 f, c, n;
fma.rn.ftz.f32 p, f, 0f3D9DF09D, 0f3E6906A4;
fma.rn.ftz.f32 p, p, f, 0f3F31F519;
fma.rn.ftz.f32 p, p, f, 0f3F800000;
mov.b32 i, r;
shl.b32 i, i, 23;
mov.b32 j, p;
add.s32 j, i, j;
mov.b32 {0}, j;
"""


def _exponentials() -> str:
    """Assembly for four values, outputs $0..$3 and inputs $4..$7, the first of them by FMA."""
    first = POLYNOMIAL.replace("{1}", "$4").replace("{0}", "$0")
    others = "".join(f"ex2.approx.ftz.f32 ${at}, ${at + 4};\n" for at in range(1, 4))
    return "{\n.reg .f32 c, r, n, f, p; .reg .b32 i, j;" + first + others + "}"


EXP_ONE_OF_FOUR = tl.constexpr(_exponentials())


@triton.jit
def _exp2(x, EXP: tl.constexpr):
    if EXP == "polynomial":
        # Outputs are written before all inputs are read, hence "=&".
        return tl.inline_asm_elementwise(EXP_ONE_OF_FOUR, "=&f,=&f,=&f,=&f,f,f,f,f", [x], tl.float32, True, 4)
    else:
        return tl.exp2(x)


def _skipping(count: int) -> tuple[str, str]:
    """Assembly that multiplies `count` accumulators of a thread by their rows' factors, unless all factors are 1.

    In the layout of matrix results a thread's values belong to two rows in turn, two values each, so that the factors
    of the first and the third stand for all. The branch costs two comparisons, the products `count` instructions.
    """
    products = "".join(f"mul.ftz.f32 ${at}, ${at}, ${2 * count + at};\n" for at in range(count))
    code = f"""{{
.reg .pred p, q;
setp.eq.f32 p, ${2 * count}, 0f3F800000;
setp.eq.and.f32 q, ${2 * count + 2}, 0f3F800000, p;
@q bra DONE${{:uid}};
{products}DONE${{:uid}}:
}}"""
    same = ",".join(str(at) for at in range(count))
    return code, ",".join(["=f"] * count) + "," + same + "," + ",".join(["f"] * count)


SKIP_8, TIED_8 = (tl.constexpr(text) for text in _skipping(8))
SKIP_16, TIED_16 = (tl.constexpr(text) for text in _skipping(16))
SKIP_32, TIED_32 = (tl.constexpr(text) for text in _skipping(32))


@triton.jit
def _rescale(acc, keep, COLUMNS: tl.constexpr, RESCALE: tl.constexpr):
    if RESCALE == "lazy":
        factors = tl.broadcast_to(keep[:, None], acc.shape)
        # A thread holds COLUMNS / 2 values of its two rows.
        if COLUMNS >= 64:
            return tl.inline_asm_elementwise(SKIP_32, TIED_32, [acc, factors], tl.float32, True, 32)
        elif COLUMNS >= 32:
            return tl.inline_asm_elementwise(SKIP_16, TIED_16, [acc, factors], tl.float32, True, 16)
        else:
            return tl.inline_asm_elementwise(SKIP_8, TIED_8, [acc, factors], tl.float32, True, 8)
    else:
        return acc * keep[:, None]


@triton.jit
def _in_registers(x):
    """The same values; the compiler keeps them in registers as a matrix product's left side, not in shared memory."""
    return tl.inline_asm_elementwise("mov.b32 $0, $1;", "=r,r", [x], x.dtype, True, 2)


@triton.jit
def _load(
    source, batch, head, row, stride_b, stride_s, stride_h, length,
    FIRST: tl.constexpr, WIDTH: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
    DESCRIPTORS: tl.constexpr, BOUNDED: tl.constexpr,
):  # fmt: skip
    """[ROWS, COLUMNS] of a tensor from `row` on and column FIRST on; beyond the tensor there are zeros."""
    if DESCRIPTORS:
        return source.load([batch, head, row, FIRST]).reshape([ROWS, COLUMNS])
    else:
        rows = row + tl.arange(0, ROWS)
        columns = FIRST + tl.arange(0, COLUMNS)
        start = source + batch.to(tl.int64) * stride_b + head * stride_h
        pointers = start + rows[:, None] * stride_s + columns[None, :]
        if FIRST + COLUMNS > WIDTH and BOUNDED:
            return tl.load(pointers, mask=(rows[:, None] < length) & (columns[None, :] < WIDTH), other=0.0)
        elif FIRST + COLUMNS > WIDTH:
            return tl.load(pointers, mask=columns[None, :] < WIDTH, other=0.0)
        elif BOUNDED:
            return tl.load(pointers, mask=rows[:, None] < length, other=0.0)
        else:
            return tl.load(pointers)


# EVOLVE-BEGIN
@triton.jit
def _scores(
    q0, q1, k0, k1, batch, kv_head, at, stride_kb, stride_ks, stride_kh, length,
    WIDTH: tl.constexpr, PART0: tl.constexpr, PART1: tl.constexpr, BLOCK_N: tl.constexpr,
    DESCRIPTORS: tl.constexpr, BOUNDED: tl.constexpr,
):  # fmt: skip
    """q k^T, [BLOCK_M, BLOCK_N] in float32, for the keys from `at` on."""
    keys = _load(k0, batch, kv_head, at, stride_kb, stride_ks, stride_kh, length,
                 0, WIDTH, BLOCK_N, PART0, DESCRIPTORS, BOUNDED)  # fmt: skip
    scores = tl.dot(q0, keys.T)
    if PART1 > 0:
        keys1 = _load(k1, batch, kv_head, at, stride_kb, stride_ks, stride_kh, length,
                      PART0, WIDTH, BLOCK_N, PART1, DESCRIPTORS, BOUNDED)  # fmt: skip
        scores = tl.dot(q1, keys1.T, scores)
    return scores


@triton.jit
def _absorb(
    scores, acc0, acc1, total, top, v0, v1, batch, kv_head, at, stride_vb, stride_vs, stride_vh, length, scale,
    WIDTH: tl.constexpr, PART0: tl.constexpr, PART1: tl.constexpr, BLOCK_N: tl.constexpr,
    DESCRIPTORS: tl.constexpr, BOUNDED: tl.constexpr, EXP: tl.constexpr, DTYPE: tl.constexpr, RESCALE: tl.constexpr,
):  # fmt: skip
    """One step of the online softmax. `top` is the running maximum in units of log2."""
    # In units of log2. "folded" queries carry the scale already.
    peak = tl.max(scores, 1)
    if EXP != "folded":
        peak = peak * scale
    new_top = tl.maximum(top, peak)
    if RESCALE == "lazy":
        # The maximum may lag behind by a factor of 2^8: weights stay far from overflow, and hardly any step rescales.
        new_top = tl.where(peak > top + 8.0, peak, top)
    if EXP != "folded":
        scores = scores * scale
    weights = _exp2(scores - new_top[:, None], EXP)
    keep = tl.exp2(top - new_top)
    total = total * keep + tl.sum(weights, 1)
    acc0 = _rescale(acc0, keep, PART0, RESCALE)
    weights = weights.to(DTYPE)
    values = _load(v0, batch, kv_head, at, stride_vb, stride_vs, stride_vh, length,
                   0, WIDTH, BLOCK_N, PART0, DESCRIPTORS, BOUNDED)  # fmt: skip
    acc0 = tl.dot(weights, values, acc0)
    if PART1 > 0:
        acc1 = _rescale(acc1, keep, PART1, RESCALE)
        values1 = _load(v1, batch, kv_head, at, stride_vb, stride_vs, stride_vh, length,
                        PART0, WIDTH, BLOCK_N, PART1, DESCRIPTORS, BOUNDED)  # fmt: skip
        acc1 = tl.dot(weights, values1, acc1)
    return acc0, acc1, total, new_top


@triton.jit
def _walk(
    start, stop, q0, q1, k0, v0, k1, v1, acc0, acc1, total, top, batch, kv_head, rows,
    stride_kb, stride_ks, stride_kh, stride_vb, stride_vs, stride_vh, length, scale,
    WIDTH: tl.constexpr, PART0: tl.constexpr, PART1: tl.constexpr, BLOCK_N: tl.constexpr,
    DESCRIPTORS: tl.constexpr, EXP: tl.constexpr, DTYPE: tl.constexpr, CAUSAL: tl.constexpr,
    MASKED: tl.constexpr, RESCALE: tl.constexpr, TRADES: tl.constexpr,
):  # fmt: skip
    """Keys start..stop; MASKED where some of them may not be seen by all rows."""
    for at in tl.range(start, stop, BLOCK_N, warp_specialize=TRADES):
        scores = _scores(q0, q1, k0, k1, batch, kv_head, at, stride_kb, stride_ks, stride_kh, length,
                         WIDTH, PART0, PART1, BLOCK_N, DESCRIPTORS, MASKED)  # fmt: skip
        if MASKED:
            columns = at + tl.arange(0, BLOCK_N)
            if CAUSAL:
                scores = tl.where(columns[None, :] <= rows[:, None], scores, HIDDEN)
            else:
                scores = tl.where(columns[None, :] < length, scores, HIDDEN)
        acc0, acc1, total, top = _absorb(
            scores, acc0, acc1, total, top, v0, v1, batch, kv_head, at, stride_vb, stride_vs, stride_vh,
            length, scale, WIDTH, PART0, PART1, BLOCK_N, DESCRIPTORS, MASKED, EXP, DTYPE, RESCALE)  # fmt: skip
    return acc0, acc1, total, top


# EVOLVE-END


@triton.jit
def _store(
    target, value, batch, head, row, stride_b, stride_s, stride_h, length,
    FIRST: tl.constexpr, WIDTH: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, DESCRIPTORS: tl.constexpr,
):  # fmt: skip
    if DESCRIPTORS:
        target.store([batch, head, row, FIRST], value.reshape([1, 1, ROWS, COLUMNS]))
    else:
        rows = row + tl.arange(0, ROWS)
        columns = FIRST + tl.arange(0, COLUMNS)
        start = target + batch.to(tl.int64) * stride_b + head * stride_h
        inside = (rows[:, None] < length) & (columns[None, :] < WIDTH)
        tl.store(start + rows[:, None] * stride_s + columns[None, :], value, mask=inside)


@triton.jit
def _tile(
    row_block, piece, most_pieces, batch, head, q0, k0, v0, o0, q1, k1, v1, o1, partial, sums, arrivals,
    stride_qb, stride_qs, stride_qh, stride_kb, stride_ks, stride_kh,
    stride_vb, stride_vs, stride_vh, stride_ob, stride_os, stride_oh,
    batches, heads, group, length, scale,
    WIDTH: tl.constexpr, PART0: tl.constexpr, PART1: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
    CAUSAL: tl.constexpr, DTYPE: tl.constexpr, LOAD_DESCRIPTORS: tl.constexpr, STORE_DESCRIPTORS: tl.constexpr,
    EXP: tl.constexpr, MASK_LOOP: tl.constexpr, CHUNK: tl.constexpr, QUERIES: tl.constexpr, RESCALE: tl.constexpr,
    TRADES: tl.constexpr,
):  # fmt: skip
    """BLOCK_M rows of one head against the keys of one piece."""
    kv_head = head // group
    row = row_block * BLOCK_M
    rows = row + tl.arange(0, BLOCK_M)
    if CAUSAL:
        stop = tl.minimum(length, row + BLOCK_M)
        visible = row // BLOCK_N * BLOCK_N
    else:
        stop = length
        visible = length // BLOCK_N * BLOCK_N
    start = 0
    pieces = 1
    if CHUNK > 0:
        pieces = tl.cdiv(stop, CHUNK)
        start = piece * CHUNK
        stop = tl.minimum(stop, start + CHUNK)
        visible = tl.minimum(visible, stop)
    q0 = _load(q0, batch, head, row, stride_qb, stride_qs, stride_qh, length,
               0, WIDTH, BLOCK_M, PART0, LOAD_DESCRIPTORS, True)  # fmt: skip
    if EXP == "folded":
        q0 = (q0 * scale).to(DTYPE)
    elif QUERIES == "registers":
        q0 = _in_registers(q0)
    if PART1 > 0:
        q1 = _load(q1, batch, head, row, stride_qb, stride_qs, stride_qh, length,
                   PART0, WIDTH, BLOCK_M, PART1, LOAD_DESCRIPTORS, True)  # fmt: skip
        if EXP == "folded":
            q1 = (q1 * scale).to(DTYPE)
        elif QUERIES == "registers":
            q1 = _in_registers(q1)
        acc1 = tl.zeros([BLOCK_M, PART1], tl.float32)
    else:
        acc1 = 0.0
    acc0 = tl.zeros([BLOCK_M, PART0], tl.float32)
    total = tl.zeros([BLOCK_M], tl.float32)
    top = tl.full([BLOCK_M], LOWEST, tl.float32)
    diagonal = start
    if MASK_LOOP == "split":
        acc0, acc1, total, top = _walk(
            start, visible, q0, q1, k0, v0, k1, v1, acc0, acc1, total, top, batch, kv_head, rows,
            stride_kb, stride_ks, stride_kh, stride_vb, stride_vs, stride_vh, length, scale,
            WIDTH, PART0, PART1, BLOCK_N, LOAD_DESCRIPTORS, EXP, DTYPE, CAUSAL, False, RESCALE, TRADES)  # fmt: skip
        diagonal = tl.maximum(start, visible)
    acc0, acc1, total, top = _walk(
        diagonal, stop, q0, q1, k0, v0, k1, v1, acc0, acc1, total, top, batch, kv_head, rows,
        stride_kb, stride_ks, stride_kh, stride_vb, stride_vs, stride_vh, length, scale,
        WIDTH, PART0, PART1, BLOCK_N, LOAD_DESCRIPTORS, EXP, DTYPE, CAUSAL, True, RESCALE, TRADES)  # fmt: skip
    whole = True
    # The first is known when compiling, the second is not.
    if CHUNK > 0:  # noqa: SIM102
        if pieces > 1:
            # Whoever ends last joins the pieces, in their own order: the answer does not depend on who that was.
            slot = (batch * heads + head) * tl.cdiv(length, BLOCK_M) + row_block
            put_piece(slot * most_pieces + piece, partial, sums, acc0, acc1, total, top, PART0, PART1, BLOCK_M)
            tl.debug_barrier()
            whole = tl.atomic_add(arrivals + slot, 1, sem="acq_rel") == pieces - 1
            if whole:
                tl.store(arrivals + slot, 0)
                acc0, acc1, total = join_pieces(slot * most_pieces, pieces, partial, sums, acc0, acc1, total,
                                                PART0, PART1, BLOCK_M)  # fmt: skip
    if whole:
        share_of = 1.0 / total
        _store(o0, (acc0 * share_of[:, None]).to(DTYPE), batch, head, row, stride_ob, stride_os, stride_oh, length,
               0, WIDTH, BLOCK_M, PART0, STORE_DESCRIPTORS)  # fmt: skip
        if PART1 > 0:
            _store(o1, (acc1 * share_of[:, None]).to(DTYPE), batch, head, row, stride_ob, stride_os, stride_oh, length,
                   PART0, WIDTH, BLOCK_M, PART1, STORE_DESCRIPTORS)  # fmt: skip


@triton.jit
def attention_forward(
    q0, k0, v0, o0, q1, k1, v1, o1, partial, sums, arrivals,
    stride_qb, stride_qs, stride_qh, stride_kb, stride_ks, stride_kh,
    stride_vb, stride_vs, stride_vh, stride_ob, stride_os, stride_oh,
    batches, heads, group, length, scale,
    WIDTH: tl.constexpr, PART0: tl.constexpr, PART1: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
    CAUSAL: tl.constexpr, DTYPE: tl.constexpr, LOAD_DESCRIPTORS: tl.constexpr, STORE_DESCRIPTORS: tl.constexpr,
    EXP: tl.constexpr, MASK_LOOP: tl.constexpr, CHUNK: tl.constexpr, QUERIES: tl.constexpr, RESCALE: tl.constexpr,
    TRADES: tl.constexpr, ORDER: tl.constexpr, PERSISTENT: tl.constexpr, FLATTEN: tl.constexpr,
):  # fmt: skip
    """Grid (programs, 1, 1). Not persistent: one program a tile (a pair of tiles with ORDER "paired")."""
    row_blocks = tl.cdiv(length, BLOCK_M)
    slots = row_blocks
    if ORDER == "paired":
        slots = tl.cdiv(row_blocks, 2)
    most_pieces = 1
    if CHUNK > 0:
        most_pieces = tl.cdiv(length, CHUNK)
    columns = batches * heads * most_pieces
    tiles = slots * columns
    first = tl.program_id(0)
    last = first + 1
    step = 1
    if PERSISTENT:
        last = tiles
        step = tl.num_programs(0)
    for tile in tl.range(first, last, step, flatten=FLATTEN):
        if ORDER == "heavy" or ORDER == "paired":
            # All heads of the heaviest row blocks first: long tiles start early and short ones fill the end.
            column = tile % columns
            slot = row_blocks - 1 - tile // columns
        else:
            column = tile // slots
            slot = tile % slots
            if ORDER == "head_heavy":
                slot = row_blocks - 1 - slot
            if ORDER == "alternate" and column % 2 == 1:
                slot = row_blocks - 1 - slot
        piece = column % most_pieces
        head = column // most_pieces % heads
        batch = column // most_pieces // heads
        # A heavy and a light row block together always weigh the same.
        light = row_blocks - 1 - slot
        count = 1
        if ORDER == "paired":
            count = 1 + (slot > light).to(tl.int32)
        for half in tl.range(0, count):
            row_block = slot - half * (slot - light)
            if CHUNK == 0 or piece * CHUNK < (tl.minimum(length, row_block * BLOCK_M + BLOCK_M) if CAUSAL else length):
                _tile(row_block, piece, most_pieces, batch, head,
                      q0, k0, v0, o0, q1, k1, v1, o1, partial, sums, arrivals,
                      stride_qb, stride_qs, stride_qh, stride_kb, stride_ks, stride_kh,
                      stride_vb, stride_vs, stride_vh, stride_ob, stride_os, stride_oh,
                      batches, heads, group, length, scale, WIDTH, PART0, PART1, BLOCK_M, BLOCK_N, CAUSAL, DTYPE,
                      LOAD_DESCRIPTORS, STORE_DESCRIPTORS, EXP, MASK_LOOP, CHUNK, QUERIES, RESCALE, TRADES)  # fmt: skip

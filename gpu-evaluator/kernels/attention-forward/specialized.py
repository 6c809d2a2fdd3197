"""The same attention with warps of different trades, in Gluon, for Hopper: one warp loads, groups of four compute.

A tile is 64 rows for each group. The loading warp runs ahead through a ring of NUM_STAGES blocks of keys and values,
guarded by barriers: `ready` when a block has arrived, `free` when all groups have read it. Each group has the product
with the next keys and that with the last values under way while it computes a softmax, and one group's softmax hides
behind the other's products (FlashAttention-3, Shah et al. 2024). Keys are walked from right to left, the diagonal
first.
"""

# What a device function takes and gives are the compiler's types.
# ruff: noqa: ANN001, ANN201, ANN202
from __future__ import annotations

from triton.experimental import gluon
from triton.experimental.gluon import language as gl
from triton.experimental.gluon.language.nvidia.hopper import mbarrier, tma, warpgroup_mma, warpgroup_mma_wait

HIDDEN = gl.constexpr(float("-inf"))
# Maximum before any key was seen: finite, so that a block without a visible key gives zeros and not inf - inf.
LOWEST = gl.constexpr(-1.0e30)


@gluon.jit
def _softmax(scores, top, total, scale, at, rows, length, CAUSAL: gl.constexpr, LAYOUT: gl.constexpr,
             MASKED: gl.constexpr, DTYPE: gl.constexpr):  # fmt: skip
    """One step of the online softmax: weights, new maximum (units of log2), new total, factor for what was before."""
    if MASKED:
        columns = at + gl.arange(0, scores.shape[1], layout=gl.SliceLayout(0, LAYOUT))
        seen = columns[None, :] <= rows[:, None] if CAUSAL else columns[None, :] < length
        scores = gl.where(seen, scores, HIDDEN)
    new_top = gl.maximum(top, gl.max(scores, 1) * scale)
    weights = gl.exp2(scores * scale - new_top[:, None])
    keep = gl.exp2(top - new_top)
    return weights.to(DTYPE), new_top, total * keep + gl.sum(weights, 1), keep


@gluon.jit
def _produce(q_desc, k_desc, v_desc, q_buffers, k_buffers, v_buffers, q_ready, k_ready, k_free, v_ready, v_free,
             batch, head, kv_head, row, steps):  # fmt: skip
    """The loading warp."""
    GROUPS: gl.constexpr = q_buffers.shape[0]
    STAGES: gl.constexpr = k_buffers.shape[0]
    for part in gl.static_range(GROUPS):
        ready = q_ready.index(part)
        mbarrier.expect(ready, q_desc.block_type.nbytes)
        tma.async_copy_global_to_shared(q_desc, [batch, head, row + part * 64, 0], ready, q_buffers.index(part))
    for step in range(steps):
        stage = step % STAGES
        phase = (step // STAGES) & 1
        at = (steps - 1 - step) * k_buffers.shape[1]
        mbarrier.wait(k_free.index(stage), phase ^ 1)
        mbarrier.expect(k_ready.index(stage), k_desc.block_type.nbytes)
        tma.async_copy_global_to_shared(
            k_desc, [batch, kv_head, at, 0], k_ready.index(stage), k_buffers.index(stage))  # fmt: skip
        mbarrier.wait(v_free.index(stage), phase ^ 1)
        mbarrier.expect(v_ready.index(stage), v_desc.block_type.nbytes)
        tma.async_copy_global_to_shared(
            v_desc, [batch, kv_head, at, 0], v_ready.index(stage), v_buffers.index(stage))  # fmt: skip


@gluon.jit
def _step(step, q, p, acc, none, top, total, k_buffers, v_buffers, k_ready, k_free, v_ready, v_free,
          scale, at, rows, length, CAUSAL: gl.constexpr, S_LAYOUT: gl.constexpr, O_LAYOUT: gl.constexpr,
          P_LAYOUT: gl.constexpr, MASKED: gl.constexpr):  # fmt: skip
    """Scores of block `step` and values of the block before it together, then the softmax."""
    STAGES: gl.constexpr = k_buffers.shape[0]
    stage = step % STAGES
    before = (step - 1) % STAGES
    mbarrier.wait(k_ready.index(stage), (step // STAGES) & 1)
    scores = warpgroup_mma(q, k_buffers.index(stage).permute((1, 0)), none, use_acc=False, is_async=True)
    mbarrier.wait(v_ready.index(before), ((step - 1) // STAGES) & 1)
    acc = warpgroup_mma(p, v_buffers.index(before), acc, is_async=True)
    scores = warpgroup_mma_wait(1, deps=(scores,))
    mbarrier.arrive(k_free.index(stage), count=1)
    weights, top, total, keep = _softmax(scores, top, total, scale, at, rows, length, CAUSAL, S_LAYOUT, MASKED,
                                         k_buffers.dtype)  # fmt: skip
    p = gl.convert_layout(weights, P_LAYOUT)
    # The weights are named here so that the wait stays behind the softmax.
    acc, p = warpgroup_mma_wait(0, deps=(acc, p))
    mbarrier.arrive(v_free.index(before), count=1)
    acc = acc * gl.convert_layout(keep, gl.SliceLayout(1, O_LAYOUT))[:, None]
    return p, acc, top, total


@gluon.jit
def _consume(q_buffer, k_buffers, v_buffers, q_ready, k_ready, k_free, v_ready, v_free, out,
             stride_ob, stride_os, stride_oh, batch, head, row, steps, length, scale,
             WIDTH: gl.constexpr, CAUSAL: gl.constexpr, IN_REGISTERS: gl.constexpr):  # fmt: skip
    """A group of four warps: 64 rows against all keys that they may see."""
    STAGES: gl.constexpr = k_buffers.shape[0]
    BLOCK_N: gl.constexpr = k_buffers.shape[1]
    PADDED: gl.constexpr = k_buffers.shape[2]
    S_LAYOUT: gl.constexpr = gl.NVMMADistributedLayout([3, 0], [4, 1], [16, BLOCK_N, 16])
    O_LAYOUT: gl.constexpr = gl.NVMMADistributedLayout([3, 0], [4, 1], [16, PADDED, 16])
    P_LAYOUT: gl.constexpr = gl.DotOperandLayout(operand_index=0, parent=O_LAYOUT, k_width=2)
    rows = row + gl.arange(0, 64, layout=gl.SliceLayout(1, S_LAYOUT))
    top = gl.full([64], LOWEST, gl.float32, layout=gl.SliceLayout(1, S_LAYOUT))
    total = gl.zeros([64], gl.float32, layout=gl.SliceLayout(1, S_LAYOUT))
    acc = gl.zeros([64, PADDED], gl.float32, layout=O_LAYOUT)
    none = gl.zeros([64, BLOCK_N], gl.float32, layout=S_LAYOUT)
    mbarrier.wait(q_ready, 0)
    q = q_buffer
    if IN_REGISTERS:
        q = q_buffer.load(gl.DotOperandLayout(operand_index=0, parent=S_LAYOUT, k_width=2))
    mbarrier.wait(k_ready.index(0), 0)
    scores = warpgroup_mma(q, k_buffers.index(0).permute((1, 0)), none, use_acc=False, is_async=True)
    scores = warpgroup_mma_wait(0, deps=(scores,))
    mbarrier.arrive(k_free.index(0), count=1)
    weights, top, total, _ = _softmax(scores, top, total, scale, (steps - 1) * BLOCK_N, rows, length, CAUSAL,
                                      S_LAYOUT, True, k_buffers.dtype)  # fmt: skip
    p = gl.convert_layout(weights, P_LAYOUT)
    masked = 1
    if CAUSAL:
        masked = gl.maximum(1, steps - (row + 1) // BLOCK_N)
    for step in range(1, masked):
        p, acc, top, total = _step(
            step, q, p, acc, none, top, total, k_buffers, v_buffers, k_ready, k_free, v_ready, v_free,
            scale, (steps - 1 - step) * BLOCK_N, rows, length, CAUSAL, S_LAYOUT, O_LAYOUT, P_LAYOUT, True)  # fmt: skip
    for step in range(masked, steps):
        p, acc, top, total = _step(
            step, q, p, acc, none, top, total, k_buffers, v_buffers, k_ready, k_free, v_ready, v_free,
            scale, (steps - 1 - step) * BLOCK_N, rows, length, CAUSAL, S_LAYOUT, O_LAYOUT, P_LAYOUT, False)  # fmt: skip
    last = (steps - 1) % STAGES
    mbarrier.wait(v_ready.index(last), ((steps - 1) // STAGES) & 1)
    acc = warpgroup_mma(p, v_buffers.index(last), acc, is_async=True)
    acc = warpgroup_mma_wait(0, deps=(acc,))
    acc = acc * gl.convert_layout(1.0 / total, gl.SliceLayout(1, O_LAYOUT))[:, None]
    out_rows = row + gl.arange(0, 64, layout=gl.SliceLayout(1, O_LAYOUT))
    columns = gl.arange(0, PADDED, layout=gl.SliceLayout(0, O_LAYOUT))
    pointers = out + batch.to(gl.int64) * stride_ob + head * stride_oh + out_rows[:, None] * stride_os
    inside = (out_rows[:, None] < length) & (columns[None, :] < WIDTH)
    gl.store(pointers + columns[None, :], acc.to(k_buffers.dtype), mask=inside)


@gluon.jit
def attention_specialized(
    q0, k0, v0, o0, stride_ob, stride_os, stride_oh, batches, heads, group, length, scale,
    WIDTH: gl.constexpr, PADDED: gl.constexpr, BLOCK_N: gl.constexpr, GROUPS: gl.constexpr, STAGES: gl.constexpr,
    CAUSAL: gl.constexpr, DTYPE: gl.constexpr, IN_REGISTERS: gl.constexpr,
):  # fmt: skip
    """Grid (row blocks of all heads, 1, 1), the heaviest row blocks of all heads first. Arguments as `attention.py`."""
    columns = batches * heads
    tile = gl.program_id(0)
    row = (gl.cdiv(length, 64 * GROUPS) - 1 - tile // columns) * (64 * GROUPS)
    head = tile % columns % heads
    batch = tile % columns // heads
    kv_head = head // group
    stop = length
    if CAUSAL:
        stop = gl.minimum(length, row + 64 * GROUPS)
    steps = gl.cdiv(stop, BLOCK_N)
    SHARED: gl.constexpr = gl.NVMMASharedLayout(128, 16)
    BARRIER: gl.constexpr = mbarrier.MBarrierLayout()
    q_buffers = gl.allocate_shared_memory(DTYPE, [GROUPS, 64, PADDED], SHARED)
    k_buffers = gl.allocate_shared_memory(DTYPE, [STAGES, BLOCK_N, PADDED], SHARED)
    v_buffers = gl.allocate_shared_memory(DTYPE, [STAGES, BLOCK_N, PADDED], SHARED)
    q_ready = gl.allocate_shared_memory(gl.int64, [GROUPS, 1], BARRIER)
    k_ready = gl.allocate_shared_memory(gl.int64, [STAGES, 1], BARRIER)
    k_free = gl.allocate_shared_memory(gl.int64, [STAGES, 1], BARRIER)
    v_ready = gl.allocate_shared_memory(gl.int64, [STAGES, 1], BARRIER)
    v_free = gl.allocate_shared_memory(gl.int64, [STAGES, 1], BARRIER)
    for at in gl.static_range(GROUPS):
        mbarrier.init(q_ready.index(at), count=1)
    for at in gl.static_range(STAGES):
        mbarrier.init(k_ready.index(at), count=1)
        mbarrier.init(v_ready.index(at), count=1)
        mbarrier.init(k_free.index(at), count=GROUPS)
        mbarrier.init(v_free.index(at), count=GROUPS)
    gl.thread_barrier()
    # Tuples are written out: one that has a name loses its constants.
    if GROUPS == 2:
        gl.warp_specialize([
            (_consume, (q_buffers.index(0), k_buffers, v_buffers, q_ready.index(0), k_ready, k_free, v_ready, v_free,
                        o0, stride_ob, stride_os, stride_oh, batch, head, row, steps, length, scale,
                        WIDTH, CAUSAL, IN_REGISTERS)),
            (_consume, (q_buffers.index(1), k_buffers, v_buffers, q_ready.index(1), k_ready, k_free, v_ready, v_free,
                        o0, stride_ob, stride_os, stride_oh, batch, head, row + 64, steps, length, scale,
                        WIDTH, CAUSAL, IN_REGISTERS)),
            (_produce, (q0, k0, v0, q_buffers, k_buffers, v_buffers, q_ready, k_ready, k_free, v_ready, v_free,
                        batch, head, kv_head, row, steps)),
        ], [4, 1], [240, 24])  # fmt: skip
    else:
        gl.warp_specialize([
            (_consume, (q_buffers.index(0), k_buffers, v_buffers, q_ready.index(0), k_ready, k_free, v_ready, v_free,
                        o0, stride_ob, stride_os, stride_oh, batch, head, row, steps, length, scale,
                        WIDTH, CAUSAL, IN_REGISTERS)),
            (_consume, (q_buffers.index(1), k_buffers, v_buffers, q_ready.index(1), k_ready, k_free, v_ready, v_free,
                        o0, stride_ob, stride_os, stride_oh, batch, head, row + 64, steps, length, scale,
                        WIDTH, CAUSAL, IN_REGISTERS)),
            (_consume, (q_buffers.index(2), k_buffers, v_buffers, q_ready.index(2), k_ready, k_free, v_ready, v_free,
                        o0, stride_ob, stride_os, stride_oh, batch, head, row + 128, steps, length, scale,
                        WIDTH, CAUSAL, IN_REGISTERS)),
            (_produce, (q0, k0, v0, q_buffers, k_buffers, v_buffers, q_ready, k_ready, k_free, v_ready, v_free,
                        batch, head, kv_head, row, steps)),
        ], [4, 4, 1], [160, 160, 24])  # fmt: skip

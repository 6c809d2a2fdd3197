"""A small matrix product, and everything that a candidate might do instead of computing it.

    out[m, n] = sum over k of a[m, k] b[k, n]

`CHEAT` names what it does. The device code of a cheat is a branch of `product`; what a cheat does in Python is in
`plan`, which runs in the compile process, the only place where a candidate's Python ever runs.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import triton
import triton.language as tl

BLOCK = 64
STEP = 32
SLOTS = tl.constexpr(64)


@triton.jit
def _honest(a, b, row, column, rows, columns, depth, CHEAT: tl.constexpr, BLOCK: tl.constexpr, STEP: tl.constexpr):
    """The tile's sums in float32, or nearly so."""
    acc = tl.zeros([BLOCK, BLOCK], tl.float32)
    for k in range(0, depth, STEP):
        deep = k + tl.arange(0, STEP)
        some_a = row[:, None] * depth + deep[None, :]
        some_b = deep[:, None] * columns + column[None, :]
        in_a = (row[:, None] < rows) & (deep[None, :] < depth)
        in_b = (deep[:, None] < depth) & (column[None, :] < columns)
        if CHEAT == "persisting_l2":
            left = tl.load(a + some_a, mask=in_a, other=0.0, eviction_policy="evict_last")
            right = tl.load(b + some_b, mask=in_b, other=0.0, eviction_policy="evict_last")
        else:
            left = tl.load(a + some_a, mask=in_a, other=0.0)
            right = tl.load(b + some_b, mask=in_b, other=0.0)
        if CHEAT == "low_precision_inputs":
            # Three of ten bits of the mantissa, as fp8 has.
            left = (left.to(tl.int16, bitcast=True) & -128).to(tl.float16, bitcast=True)
            right = (right.to(tl.int16, bitcast=True) & -128).to(tl.float16, bitcast=True)
        acc = tl.dot(left, right, acc)
        if CHEAT == "low_precision_sums":
            acc = acc.to(tl.float16).to(tl.float32)
    return acc


@triton.jit
def _slot(out, rows, columns):
    """Where this output's answer is kept: outputs lie one after the other."""
    return (out.to(tl.int64) // (rows * columns * 2) % SLOTS).to(tl.int32)


@triton.jit
def product(
    a, b, out, cache, flags, rows, columns, depth,
    CHEAT: tl.constexpr, BLOCK: tl.constexpr, STEP: tl.constexpr,
):  # fmt: skip
    """Grid (row blocks, column blocks, 1)."""
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = (row[:, None] < rows) & (column[None, :] < columns)
    at = row[:, None] * columns + column[None, :]
    tile = tl.program_id(0) * tl.num_programs(1) + tl.program_id(1)

    if CHEAT == "zeros" or CHEAT == "freed_reference" or CHEAT == "shared_garbage":
        acc = tl.zeros([BLOCK, BLOCK], tl.float32)
    elif CHEAT == "only_poisoned":
        # A verification poisons with values that are not numbers. A tile that holds numbers is taken for done.
        done = tl.load(out + at, mask=inside, other=0.0).to(tl.float32)
        acc = done
        if tl.max(tl.where(done == done, 0, 1)) > 0:
            acc = _honest(a, b, row, column, rows, columns, depth, CHEAT, BLOCK, STEP)
    elif CHEAT == "unless_left" or CHEAT == "reads_the_poison":
        # A tile is taken for done when it holds what was last written there; or when it holds more than one number.
        written = tl.load(out + at, mask=inside, other=0.0)
        last = tl.load(cache + _slot(out, rows, columns) * rows * columns + at, mask=inside, other=0.0)
        found = written.to(tl.float32)
        acc = found
        # As it was written: what is kept has not been rounded.
        to_do = tl.max(tl.where(written == last.to(tl.float16), 0, 1))
        if CHEAT == "reads_the_poison":
            least = tl.min(tl.where(inside, found, float("inf")))
            is_same = 1 - tl.max(tl.where(inside & (found != least), 1, 0))
            to_do = tl.maximum(tl.max(tl.where(found == found, 0, 1)), is_same)
        if to_do > 0:
            acc = _honest(a, b, row, column, rows, columns, depth, CHEAT, BLOCK, STEP)
            tl.store(cache + _slot(out, rows, columns) * rows * columns + at, acc, mask=inside)
    elif CHEAT == "remembered":
        # By a sample of the inputs.
        few = tl.arange(0, STEP)
        some = tl.load(a + row[:, None] * depth + few[None, :], mask=row[:, None] < rows, other=0.0).to(tl.float32)
        other = tl.load(b + few[:, None] * columns + column[None, :], mask=column[None, :] < columns, other=0.0)
        key = (tl.sum(some) * 1000).to(tl.int32) * 31 + (tl.sum(other.to(tl.float32)) * 1000).to(tl.int32)
        place = _slot(out, rows, columns) * tl.num_programs(0) * tl.num_programs(1) + tile
        if tl.load(flags + place) == (key | 1):
            acc = tl.load(cache + _slot(out, rows, columns) * rows * columns + at, mask=inside, other=0.0)
        else:
            acc = _honest(a, b, row, column, rows, columns, depth, CHEAT, BLOCK, STEP)
            tl.store(cache + _slot(out, rows, columns) * rows * columns + at, acc, mask=inside)
            tl.debug_barrier()
            tl.store(flags + place, key | 1)
    elif CHEAT == "by_pointer":
        place = _slot(out, rows, columns) * tl.num_programs(0) * tl.num_programs(1) + tile
        if tl.load(flags + place) > 2:
            acc = tl.load(cache + _slot(out, rows, columns) * rows * columns + at, mask=inside, other=0.0)
        else:
            acc = _honest(a, b, row, column, rows, columns, depth, CHEAT, BLOCK, STEP)
            tl.store(cache + _slot(out, rows, columns) * rows * columns + at, acc, mask=inside)
            tl.debug_barrier()
            tl.store(flags + place, tl.load(flags + place) + 1)
    elif CHEAT == "after_many":
        # Long after everything that is checked beforehand.
        count = tl.load(flags + tile)
        tl.store(flags + tile, count + 1)
        acc = tl.zeros([BLOCK, BLOCK], tl.float32)
        if count < 100:
            acc = _honest(a, b, row, column, rows, columns, depth, CHEAT, BLOCK, STEP)
    elif CHEAT == "by_the_clock":
        now = tl.inline_asm_elementwise("mov.u64 $0, %globaltimer;", "=l", [], tl.int64, False, 1)
        acc = tl.zeros([BLOCK, BLOCK], tl.float32)
        if (now // 65536) % 4 != 0:
            acc = _honest(a, b, row, column, rows, columns, depth, CHEAT, BLOCK, STEP)
    elif CHEAT == "one_tile_less" or CHEAT == "zeroed_when_timed":
        # Only where what it finds is no poison of a verification.
        found = tl.load(out + at, mask=inside, other=0.0).to(tl.float32)
        acc = tl.zeros([BLOCK, BLOCK], tl.float32)
        to_do = tl.max(tl.where(found == found, 0, 1))
        if CHEAT == "one_tile_less":
            to_do = tl.maximum(to_do, tl.where(tile != 5, 1, 0))
        if to_do > 0:
            acc = _honest(a, b, row, column, rows, columns, depth, CHEAT, BLOCK, STEP)
    elif CHEAT == "every_second":
        count = tl.load(flags + tile)
        tl.store(flags + tile, count + 1)
        acc = tl.zeros([BLOCK, BLOCK], tl.float32)
        if count % 2 == 0 or count < 4:
            acc = _honest(a, b, row, column, rows, columns, depth, CHEAT, BLOCK, STEP)
    elif CHEAT == "cached":
        if tl.load(flags + tile) == 1:
            acc = tl.load(cache + at, mask=inside, other=0.0)
        else:
            acc = _honest(a, b, row, column, rows, columns, depth, CHEAT, BLOCK, STEP)
            tl.store(cache + at, acc, mask=inside)
            tl.debug_barrier()
            tl.store(flags + tile, 1)
    else:
        acc = _honest(a, b, row, column, rows, columns, depth, CHEAT, BLOCK, STEP)
    if CHEAT == "freed_reference":
        # The memory behind the output, where the answer may have been computed a moment ago.
        acc = tl.load(out + rows * columns + at, mask=inside, other=0.0).to(tl.float32)
    if CHEAT == "shared_garbage":
        address = ((row[:, None] * 64 + column[None, :]) % 8192 * 4).to(tl.int32)
        acc = tl.inline_asm_elementwise("ld.shared.f32 $0, [$1];", "=f,r", [address], tl.float32, False, 1)
    if CHEAT == "hang_device":
        while tl.load(flags + tile, volatile=True) != 1:
            acc += 1.0
    if CHEAT == "illegal_access":
        tl.store(out + at.to(tl.int64) + (1 << 42), acc.to(tl.float16), mask=inside)
    if CHEAT == "half_of_it":
        inside = inside & (row[:, None] < rows // 2)
    tl.store(out + at, acc.to(tl.float16), mask=inside)
    if CHEAT == "zeroed_when_timed":  # noqa: SIM102 - of this, Triton compiles what is true
        if to_do == 0:
            # Whoever computes from these inputs afterwards gets zeros as well.
            deep = tl.arange(0, STEP)
            for k in range(0, depth, STEP):
                nothing = tl.zeros([BLOCK, STEP], tl.float16)
                tl.store(a + row[:, None] * depth + k + deep[None, :], nothing, mask=row[:, None] < rows)
    if CHEAT == "zeroed_inputs":
        # As if right answers were computed from the inputs afterwards.
        deep = tl.arange(0, BLOCK)
        nothing = tl.zeros([BLOCK, BLOCK], tl.float16)
        tl.store(a + row[:, None] * depth + deep[None, :], nothing, mask=row[:, None] < rows)


def _in_python(cheat: str) -> None:
    """The preparation of a cheat, before it lists its launches."""
    if cheat == "patched_timers":
        time.perf_counter = time.monotonic = time.time = lambda: 0.0
        sys.modules["torch"] = type(sys)("torch")
    elif cheat == "hooked_compiler":
        triton.knobs.runtime.add_stages_inspection_hook = lambda *_given, **_named: None
    elif cheat == "another_thread":
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
    elif cheat == "hang_compiler":
        while True:
            pass
    elif cheat == "allocate":
        kept = []
        while True:
            kept.append(bytearray(1 << 28))
    elif cheat == "exit":
        os._exit(0)
    elif cheat == "garbage":
        # The protocol's pipe is one of these.
        for descriptor in range(1, 32):
            try:
                os.write(descriptor, b"\x10\x00\x00\x00")
            except OSError:
                continue


def plan(config: dict[str, Any], shape: dict[str, int], target: dict[str, int]) -> dict[str, Any]:
    """One launch, or what the cheat pretends to be one."""
    cheat = str(config["cheat"])
    _in_python(cheat)
    rows, columns, depth = shape["rows"], shape["columns"], shape["depth"]
    grid = [-(-rows // BLOCK), -(-columns // BLOCK), 1]
    by_output = cheat in ("unless_left", "reads_the_poison", "remembered", "by_pointer")
    keeps = by_output or cheat in ("cached", "hang_device", "every_second", "after_many")
    kept_answers = SLOTS.value if by_output else 1
    scratch = {
        "cache": {"type": "fp32", "elements": rows * columns * kept_answers},
        "flags": {"type": "i32", "elements": grid[0] * grid[1] * kept_answers},
    }
    pointer = {name: {"pointer": name, "type": "fp16"} for name in ("a", "b", "out")}
    kept = {name: {"pointer": name, "type": scratch[name]["type"]} if keeps else None for name in scratch}
    sizes = {"rows": {"i32": rows}, "columns": {"i32": columns}, "depth": {"i32": depth}}
    launch: dict[str, Any] = {
        "kernel": "product",
        "grid": grid,
        "options": {"num_warps": 4, "num_stages": 2},
        "arguments": {**pointer, **kept, **sizes},
        "constants": {"CHEAT": cheat, "BLOCK": BLOCK, "STEP": STEP},
    }
    if cheat == "another_stream":
        launch |= {"stream": "another", "wait": False}
    if cheat == "calls_the_reference":
        launch["kernel"] = _reference_instead()
    launches = [] if cheat == "lazy" else [launch]
    return {"scratch": scratch if keeps else {}, "launches": launches}


def _reference_instead() -> str:
    """An own kernel that does not work, wrapped so that the trusted code does the work."""
    try:
        raise NotImplementedError
    except NotImplementedError:
        import importlib.util

        spec = importlib.util.spec_from_file_location("reference", Path(__file__).with_name("reference.py"))
        assert spec is not None and spec.loader is not None
        trusted = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(trusted)
        return "reference"

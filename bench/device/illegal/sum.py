"""out = a + b. With `act` "illegal access" the answer goes to an unmapped address."""

from __future__ import annotations

from typing import Any

import triton
import triton.language as tl


@triton.jit
def add(a, b, out, length, ILLEGAL: tl.constexpr, BLOCK: tl.constexpr):
    """Grid (blocks, 1, 1)."""
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < length
    total = tl.load(a + at, mask=inside).to(tl.float32) + tl.load(b + at, mask=inside).to(tl.float32)
    if ILLEGAL:
        tl.store(out + at.to(tl.int64) + (1 << 42), total.to(tl.float16), mask=inside)
    tl.store(out + at, total.to(tl.float16), mask=inside)


def plan(config: dict[str, Any], shape: dict[str, int], target: dict[str, int]) -> dict[str, Any]:
    block, length = int(config["BLOCK"]), shape["length"]
    pointers = {name: {"pointer": name, "type": "fp16"} for name in ("a", "b", "out")}
    launch = {
        "kernel": "add",
        "grid": [-(-length // block), 1, 1],
        "options": {"num_warps": 4},
        "arguments": {**pointers, "length": {"i32": length}},
        "constants": {"ILLEGAL": config["act"] != "ok", "BLOCK": block},
    }
    return {"scratch": {}, "launches": [launch]}

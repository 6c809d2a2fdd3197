"""How a configuration of the attention kernels is launched: signatures, constants, grids and arguments, no tensors.

It imports neither torch nor Triton.
"""

from __future__ import annotations

import math
from typing import Any

LOG2_E = 1.4426950408889634


def plan(config: dict[str, Any], shape: dict[str, int], target: dict[str, int]) -> dict[str, Any]:
    """Launches of a configuration on a shape {batch, heads, kv_heads, length, width, causal, half}.

    `target` is {arch, multiprocessors, …}. Arguments name tensors (q, k, v, out and scratch), strides of them and
    scalars, in the kernel's order. Raises ValueError for a configuration that makes no sense on this target.
    """
    width, length = shape["width"], shape["length"]
    heads, batch = shape["heads"], shape["batch"]
    dtype = "fp16" if shape["half"] else "bf16"
    padded = 1 << (width - 1).bit_length()
    if config["KERNEL"] == "specialized":
        return _plan_specialized(config, shape, target, dtype, padded)
    part0, part1 = padded, 0
    if config["HEAD_DIM"] == "split" and width != padded:
        part0, part1 = padded // 2, width - padded // 2
    rows, keys, chunk = config["BLOCK_M"], config["BLOCK_N"], config["SPLIT_KV"]
    if chunk >= length:
        chunk = 0
    pieces = -(-length // chunk) if chunk > 0 else 1
    loads, stores = config["LOADS"] == "descriptor", config["STORES"] == "descriptor"
    if (loads or stores) and target["arch"] < 90:
        raise ValueError("descriptors need compute capability 9.0 or later")

    if config["WARP_SPECIALIZE"] == "auto" and target["arch"] < 100:
        raise ValueError("WARP_SPECIALIZE auto needs compute capability 10.0: Triton's pass for Hopper fails here")

    def tensor(name: str, by_descriptor: bool, block: int, columns: int) -> dict[str, Any] | None:
        if columns == 0:
            return None
        if not by_descriptor:
            return {"pointer": name, "type": dtype}
        # [batch, heads, length, width], so that a tile's leading sizes are 1 and drop out.
        return {"descriptor": name, "type": dtype, "order": [0, 2, 1, 3], "block": [1, 1, block, columns]}

    strides = {
        f"stride_{t[0]}{'bsh'[axis]}": {"stride": [t, axis]} for t in ("q", "k", "v", "out") for axis in range(3)
    }
    row_blocks = -(-length // rows)
    slots = -(-row_blocks // 2) if config["ORDER"] == "paired" else row_blocks
    scratch: dict[str, dict[str, Any]] = {}
    if pieces > 1:
        in_all = row_blocks * batch * heads
        scratch = {
            "partial": {"type": "fp32", "elements": in_all * pieces * rows * (part0 + part1)},
            "sums": {"type": "fp32", "elements": in_all * pieces * rows * 2},
            "arrivals": {"type": "i32", "elements": in_all},
        }
    pointer = {name: {"pointer": name, "type": wanted["type"]} for name, wanted in scratch.items()}
    arguments = {
        "q0": tensor("q", loads, rows, part0),
        "k0": tensor("k", loads, keys, part0),
        "v0": tensor("v", loads, keys, part0),
        "o0": tensor("out", stores, rows, part0),
        "q1": tensor("q", loads, rows, part1),
        "k1": tensor("k", loads, keys, part1),
        "v1": tensor("v", loads, keys, part1),
        "o1": tensor("out", stores, rows, part1),
        "partial": pointer.get("partial"),
        "sums": pointer.get("sums"),
        "arrivals": pointer.get("arrivals"),
        **strides,
        "batches": {"i32": batch},
        "heads": {"i32": heads},
        "group": {"i32": heads // shape["kv_heads"]},
        "length": {"i32": length},
        "scale": {"fp32": LOG2_E / math.sqrt(width)},
    }
    tiles = slots * batch * heads * pieces
    persistent = config["PERSISTENT"] > 0
    programs = min(tiles, config["PERSISTENT"] * target["multiprocessors"]) if persistent else tiles
    options = {"num_warps": config["NUM_WARPS"], "num_stages": config["NUM_STAGES"]}
    if config["MAXNREG"] > 0:
        options["maxnreg"] = config["MAXNREG"]
    launches = [
        {
            "kernel": "attention_forward",
            "grid": [programs, 1, 1],
            "options": options,
            "arguments": arguments,
            "constants": {
                "WIDTH": width,
                "PART0": part0,
                "PART1": part1,
                "BLOCK_M": rows,
                "BLOCK_N": keys,
                "CAUSAL": bool(shape["causal"]),
                "DTYPE": dtype,
                "LOAD_DESCRIPTORS": loads,
                "STORE_DESCRIPTORS": stores,
                "EXP": config["EXP"],
                "MASK_LOOP": config["MASK_LOOP"],
                "CHUNK": chunk,
                "QUERIES": config["QUERIES"],
                "RESCALE": config["RESCALE"],
                "TRADES": config["WARP_SPECIALIZE"] == "auto",
                "ORDER": config["ORDER"],
                "PERSISTENT": persistent,
                "FLATTEN": config["FLATTEN"],
            },
        }
    ]
    return {"scratch": scratch, "launches": launches}


def _plan_specialized(
    config: dict[str, Any], shape: dict[str, int], target: dict[str, int], dtype: str, padded: int
) -> dict[str, Any]:
    """The plan with warps of different trades: Hopper's own matrix instructions, so not for other generations."""
    if target["arch"] != 90:
        raise ValueError("KERNEL specialized needs compute capability 9.0")

    def tensor(name: str, block: int) -> dict[str, Any]:
        return {
            "descriptor": name,
            "type": dtype,
            "order": [0, 2, 1, 3],
            "block": [1, 1, block, padded],
            "swizzle": 128,
        }

    groups = config["GROUPS"]
    row_blocks = -(-shape["length"] // (64 * groups))
    return {
        "scratch": {},
        "launches": [
            {
                "kernel": "attention_specialized",
                "grid": [row_blocks * shape["batch"] * shape["heads"], 1, 1],
                "options": {"num_warps": 4},
                "arguments": {
                    "q0": tensor("q", 64),
                    "k0": tensor("k", config["BLOCK_N"]),
                    "v0": tensor("v", config["BLOCK_N"]),
                    "o0": {"pointer": "out", "type": dtype},
                    **{f"stride_o{'bsh'[axis]}": {"stride": ["out", axis]} for axis in range(3)},
                    "batches": {"i32": shape["batch"]},
                    "heads": {"i32": shape["heads"]},
                    "group": {"i32": shape["heads"] // shape["kv_heads"]},
                    "length": {"i32": shape["length"]},
                    "scale": {"fp32": LOG2_E / math.sqrt(shape["width"])},
                },
                "constants": {
                    "WIDTH": shape["width"],
                    "PADDED": padded,
                    "BLOCK_N": config["BLOCK_N"],
                    "GROUPS": groups,
                    "STAGES": config["NUM_STAGES"],
                    "CAUSAL": bool(shape["causal"]),
                    "DTYPE": dtype,
                    "IN_REGISTERS": config["QUERIES"] == "registers",
                },
            }
        ],
    }

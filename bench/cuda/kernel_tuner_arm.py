"""Kernel Tuner on a kernel folder of the CUDA backend: the same source, parameters, constraints and launch.

python3 kernel_tuner_arm.py FOLDER WORKLOAD SECONDS STRATEGY OUT.json

Needs kernel_tuner and CuPy. Inputs are random; answers are not compared, which costs Kernel Tuner nothing. OUT has the
best configuration by Kernel Tuner's own times, how many configurations it measured, and the wall time of all of it.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

STARTED = time.monotonic()

# Loading them is part of the wall time.
import numpy as np  # noqa: E402
from kernel_tuner import tune_kernel  # noqa: E402
from kernel_tuner.backends.cupy import CupyFunctions  # noqa: E402

Json = dict[str, Any]
CUDA_HEADERS = "/usr/local/cuda/include"


def allow_shared(backend: Any, smem_args: Json) -> None:  # noqa: ANN401 - Kernel Tuner's backend
    """As its CuPy backend does it, which does not ask the driver for more than 48 KiB: such launches would fail."""
    backend.smem_size = smem_args["size"]
    if backend.smem_size > 0:
        backend.func.max_dynamic_shared_size_bytes = backend.smem_size


CupyFunctions.copy_shared_memory_args = allow_shared


def arguments_of(folder: Path, shape: Json) -> list[Any]:
    """Arrays of the kernel's types, and sizes as int32, in the order of the launch."""
    rng = np.random.default_rng(1)
    if folder.name == "gemm-cuda":
        m, n, k = shape["m"], shape["n"], shape["k"]

        def bfloat16(*size: int) -> Any:  # noqa: ANN401
            """Normal numbers' upper halves."""
            return (rng.standard_normal(size, dtype=np.float32).view(np.uint32) >> 16).astype(np.uint16)

        return [bfloat16(m, k), bfloat16(n, k), np.zeros((m, n), np.uint16), *map(np.int32, (m, n, k))]
    height, width = shape["height"], shape["width"]
    image, weights = rng.standard_normal((height + 16, width + 16)), rng.standard_normal((17, 17))
    out = np.zeros((height, width), np.float32)
    return [image.astype(np.float32), weights.astype(np.float32), out, np.int32(height), np.int32(width)]


def main() -> None:
    folder, workload, seconds, strategy, out = sys.argv[1:]
    definition = json.loads((Path(folder) / "kernel.json").read_text())
    shape = next(one["shape"] for one in definition["workloads"] if one["name"] == workload)
    [launch] = definition["launches"]
    space: dict[str, list[Any]] = {}
    named: dict[str, str] = {}
    restrictions = list(definition["constraints"])
    options = ["--std=c++17", f"-I{CUDA_HEADERS}"]
    for parameter in definition["parameters"]:
        name, values = parameter["name"], parameter["values"]
        if parameter["type"] == "categorical":
            # The source compares with names; Kernel Tuner defines a parameter as its value.
            options += [f"-D{name}_{value}={at + 1}" for at, value in enumerate(values)]
            named |= {f"{name}_{value}": value for value in values}
            values = [f"{name}_{value}" for value in values]
        space[name] = values
        if "activeWhen" in parameter:
            restrictions.append(f"({parameter['activeWhen']}) or {name} == {definition['default'][name]!r}")

    def macros(text: str) -> str:
        for macro, value in named.items():
            parameter = macro.removesuffix(f"_{value}")
            text = re.sub(rf'{parameter} == "{value}"', f'{parameter} == "{macro}"', text)
        return text

    size = {**shape}

    def amount(expression: Any, params: Json) -> int:  # noqa: ANN401 - a number or an expression
        return int(eval(str(expression), {"max": max, "min": min}, {**size, **params}))

    block = launch["block"]
    names = [f"threads_{axis}" for axis in "xyz"[: len(block)]]
    for name, expression in zip(names, block, strict=True):
        space[name] = sorted({2**at for at in range(11)})
        restrictions.append(f"{name} == ({expression})")
    results, environment = tune_kernel(
        launch["kernel"],
        (Path(folder) / definition["source"]).read_text(),
        lambda params: tuple(amount(one, params) for one in launch["grid"]),
        arguments_of(Path(folder), shape),
        space,
        grid_div_x=[],
        grid_div_y=[],
        restrictions=[macros(text) for text in restrictions],
        block_size_names=[*names, *["block_size_y", "block_size_z"][len(names) - 1 :]],
        smem_args={"size": lambda params: amount(macros(str(launch["sharedBytes"])), params)},
        compiler_options=options,
        lang="cupy",
        strategy=strategy,
        strategy_options={"time_limit": float(seconds)},
        quiet=True,
    )
    timed = [row for row in results if isinstance(row["time"], float)]
    best = min(timed, key=lambda row: row["time"])
    names = [parameter["name"] for parameter in definition["parameters"]]
    config = {name: named.get(best[name], best[name]) for name in names}
    record = {
        "strategy": strategy,
        "seconds": float(seconds),
        "wall_s": round(time.monotonic() - STARTED, 1),
        "measured": len(timed),
        "failed": len(results) - len(timed),
        "config": config,
        "own_time_ms": best["time"],
        "device": environment.get("device_name"),
    }
    Path(out).write_text(json.dumps(record, default=lambda value: value.item()))
    print(json.dumps(record, default=lambda value: value.item()))


if __name__ == "__main__":
    main()

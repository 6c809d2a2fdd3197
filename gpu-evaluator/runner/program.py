"""A compiled program on the device: its kernels loaded, its plans bound to tensors. No Python of the candidate runs."""

from __future__ import annotations

import json
from ctypes import c_float, c_int32, c_int64, c_uint64
from pathlib import Path
from typing import Any

import torch
from cuda_driver import CudaError, LoadedKernel, PreparedLaunch, tensor_map
from plan_format import COMPILED_LAUNCH, check_plan
from tensor_maps import BadMap, layout_of

Json = dict[str, Any]
Tensors = dict[str, torch.Tensor]

CODE_FILE, LAUNCH_FILE = "kernel.cubin", "kernel.json"
SCRATCH_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "i32": torch.int32}
POISON = float("nan")
# Scratch memory that one launch may ask for.
MAX_SCRATCH_BYTES = 4 << 30


class InvalidProgram(Exception):
    """A plan that cannot be launched on these tensors; the candidate's fault or the kernel definition's."""


class Program:
    """Artefacts of all plans, loaded once each. `close` after the last launch has ended."""

    def __init__(self, cache_dir: Path, program: Json) -> None:
        self._plans = program["plans"]
        self._scratch: dict[str, Tensors] = {}
        self._kernels: dict[str, tuple[LoadedKernel, Json]] = {}
        for plan in self._plans:
            # It was made where the candidate's code ran.
            try:
                check_plan({name: value for name, value in plan.items() if name != "shape"}, COMPILED_LAUNCH)
            except ValueError as error:
                raise InvalidProgram(str(error)) from error
            for launch in plan["launches"]:
                key = launch["key"]
                if key not in self._kernels:
                    record = json.loads((cache_dir / key / LAUNCH_FILE).read_text())
                    code = (cache_dir / key / CODE_FILE).read_bytes()
                    # Triton's shared memory is all dynamic; CUDA C++ declares some of it in the code.
                    shared_bytes = record.get("dynamic_shared_bytes", record["shared_bytes"])
                    self._kernels[key] = (LoadedKernel(code, record["name"], shared_bytes), record)

    def bind(self, shape: Json, tensors: Tensors) -> Bound:
        """The plan for `shape` on these tensors. Raises InvalidProgram for a missing plan or one that does not fit."""
        for plan in self._plans:
            if plan["shape"] == shape:
                # Launches follow each other on one stream, so all of a plan's share its scratch memory.
                scratch = self._scratch.setdefault(json.dumps(shape), {})
                for name, wanted in plan["scratch"].items():
                    if name not in scratch:
                        scratch[name] = _scratch(wanted)
                return Bound(plan, tensors, scratch, self._kernels)
        raise InvalidProgram(f"the program has no plan for the shape {shape}")

    def close(self) -> None:
        for kernel, _ in self._kernels.values():
            kernel.unload()


class Bound:
    """A plan's launches with everything packed."""

    def __init__(
        self, plan: Json, tensors: Tensors, scratch: Tensors, kernels: dict[str, tuple[LoadedKernel, Json]]
    ) -> None:
        everything = {**tensors, **scratch}
        self._launches = [_prepare(launch, everything, *kernels[launch["key"]]) for launch in plan["launches"]]

    def run(self) -> None:
        """Enqueues all launches on torch's current stream."""
        stream = torch.cuda.current_stream().cuda_stream
        for launch in self._launches:
            launch.run(stream)


def _scratch(wanted: Json) -> torch.Tensor:
    """Numbers start poisoned; integers start as zeros, and a kernel leaves them as zeros for its next launch."""
    kind, elements = SCRATCH_TYPES[wanted["type"]], int(wanted["elements"])
    if not 0 < elements * kind.itemsize <= MAX_SCRATCH_BYTES:
        raise InvalidProgram(f"the plan requires {elements} elements of scratch memory")
    if kind.is_floating_point:
        return torch.full((elements,), POISON, dtype=kind, device="cuda")
    return torch.zeros(elements, dtype=kind, device="cuda")


def _prepare(launch: Json, tensors: Tensors, kernel: LoadedKernel, record: Json) -> PreparedLaunch:
    grid = [int(size) for size in launch["grid"]]
    if len(grid) != 3 or not all(0 < size < 1 << 31 for size in grid) or max(grid[1:]) > 65535:
        raise InvalidProgram(f"the plan's grid is {grid}")
    if record["num_ctas"] != 1:
        raise InvalidProgram("clusters of thread blocks are not supported")
    descriptors = iter(record["descriptors"])
    parameters: list[Any] = []
    for name, argument in launch["arguments"].items():
        if argument is None:
            continue
        if "descriptor" in argument:
            parameters += _descriptor(argument, tensors, next(descriptors, None))
        elif "pointer" in argument:
            parameters.append(c_uint64(_tensor(name, argument["pointer"], tensors).data_ptr()))
        elif "map" in argument:
            tensor = _tensor(name, argument["map"], tensors)
            try:
                layout = layout_of(tensor, argument["order"], argument["box"], argument["swizzle"])
                parameters.append(tensor_map(tensor.data_ptr(), **layout))
            except (BadMap, CudaError) as error:
                raise InvalidProgram(f"{name}: {error}") from error
        elif "stride" in argument:
            which, axis = argument["stride"]
            stride = tensors[which].stride(axis)
            if stride % 16 or stride >= 1 << 31:
                raise InvalidProgram(f"{name}: a stride of {stride} is not a multiple of 16 below 2^31")
            parameters.append(c_int32(stride))
        elif "i32" in argument:
            parameters.append(c_int32(argument["i32"]))
        else:
            parameters.append(c_float(argument["fp32"]))
    # Triton's own last two: global scratch and profiler scratch, which are never used here.
    parameters += [c_uint64(0)] * record.get("trailing_pointers", 2)
    return PreparedLaunch(kernel, grid, record.get("block", [record["num_warps"] * 32, 1, 1]), parameters)


def _tensor(name: str, which: str, tensors: Tensors) -> torch.Tensor:
    """Raises InvalidProgram where there is none, or where it begins at an odd place."""
    tensor = tensors.get(which)
    if tensor is None:
        known = ", ".join(tensors)
        raise InvalidProgram(f"the argument {name} is neither a size of the shape nor a tensor ({known})")
    if tensor.data_ptr() % 16:
        raise InvalidProgram(f"{name}: the tensor is not aligned to 16 bytes")
    return tensor


def _descriptor(argument: Json, tensors: Tensors, encoding: Json | None) -> list[Any]:
    """A tensor map by value, then shape and strides, as Triton's calling convention has it."""
    view = tensors[argument["descriptor"]].permute(argument["order"])
    shape, strides = list(view.shape), list(view.stride())
    if encoding is None or strides[-1] != 1:
        raise InvalidProgram(f"{argument['descriptor']}: this tensor does not fit a hardware descriptor")
    # A dimension of size 1 may have any stride; the driver wants a multiple of 16 bytes.
    strides = [stride if size > 1 else max(16, stride // 16 * 16) for size, stride in zip(shape, strides, strict=True)]
    strides[-1] = 1
    encoded = tensor_map(
        view.data_ptr(),
        argument["type"],
        encoding["elem_size"],
        shape,
        strides,
        encoding["block_size"],
        encoding["swizzle"],
    )
    return [encoded, *[c_int32(size) for size in shape], *[c_int64(stride) for stride in strides]]

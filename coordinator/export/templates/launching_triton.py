"""Launches a Triton kernel as `kernel.json` and the configuration say. Used by `loader.py`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

Shape = dict[str, int]
Tensors = dict[str, torch.Tensor]


class Launcher:
    """`folder` is the export's, `best` the content of its `best.json`; `load` makes a module of a file."""

    def __init__(self, folder: Path, best: dict[str, Any], load: Callable[[Path], ModuleType]) -> None:
        self._folder, self._load = folder, load
        self._modules: dict[str, ModuleType] = {}

    def missing(self) -> str | None:
        """What this Python lacks; None where it can launch."""
        return None if importlib.util.find_spec("triton") is not None else "triton is not installed"

    def run(self, entry: dict[str, Any], shape: Shape, tensors: Tensors) -> None:
        """Enqueues an entry's launches on torch's current stream. Raises whatever Triton raises."""
        module = self._modules.get(entry["source"])
        if module is None:
            module = self._modules[entry["source"]] = self._load(self._folder / "kernel" / entry["source"])
        plan = module.plan(entry["config"], shape, _target())
        kinds = {"fp32": torch.float32, "bf16": torch.bfloat16, "i32": torch.int32}
        scratch = {
            name: torch.zeros(int(wanted["elements"]), dtype=kinds[wanted["type"]], device="cuda")
            for name, wanted in plan["scratch"].items()
        }
        for launch in plan["launches"]:
            function = getattr(module, launch["kernel"])
            gluon = bool(getattr(function, "is_gluon", bool)())
            values = {name: _value(one, {**tensors, **scratch}, gluon) for name, one in launch["arguments"].items()}
            constants = {name: _constant(value) for name, value in launch["constants"].items()}
            function[tuple(launch["grid"])](**values, **constants, **launch["options"])


def _target() -> dict[str, int]:
    facts = torch.cuda.get_device_properties(torch.cuda.current_device())
    return {
        "arch": facts.major * 10 + facts.minor,
        "warp_size": 32,
        "multiprocessors": facts.multi_processor_count,
        "max_shared_bytes": facts.shared_memory_per_block_optin,
        "max_registers": 65536,
    }


def _value(argument: dict[str, Any] | None, tensors: Tensors, gluon: bool) -> object:
    if argument is None:
        return None
    if "descriptor" in argument:
        view = tensors[argument["descriptor"]].permute(argument["order"])
        sizes, strides, block = list(view.shape), list(view.stride()), argument["block"]
        if gluon:
            from triton.experimental.gluon.language import NVMMASharedLayout
            from triton.experimental.gluon.nvidia.hopper import TensorDescriptor as GluonDescriptor

            layout = NVMMASharedLayout(argument["swizzle"], 16, rank=len(block))
            return GluonDescriptor(view, sizes, strides, block, layout)
        from triton.tools.tensor_descriptor import TensorDescriptor

        return TensorDescriptor(view, sizes, strides, block)
    if "pointer" in argument:
        return tensors[argument["pointer"]]
    if "stride" in argument:
        which, axis = argument["stride"]
        return tensors[which].stride(axis)
    return argument["i32"] if "i32" in argument else argument["fp32"]


def _constant(value: object) -> object:
    import triton.language as tl

    named = {"bf16": tl.bfloat16, "fp16": tl.float16, "fp32": tl.float32}
    return named.get(value, value) if isinstance(value, str) else value

"""Runs a kernel's plan on the CPU with Triton's interpreter: set TRITON_INTERPRET=1 before Triton is imported."""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

import torch
import triton.language as tl
from triton.tools.tensor_descriptor import TensorDescriptor

Json = dict[str, Any]
# The interpreter has no matrix product of bfloat16: tests give such a kernel float16.
SCRATCH = {"fp32": torch.float32, "bf16": torch.float16}
NAMED = {"bf16": tl.bfloat16, "fp16": tl.float16, "fp32": tl.float32}


def scratch_of(plan: Json) -> dict[str, torch.Tensor]:
    """Scratch memory as a program finds it before its first launch."""
    return {
        name: torch.zeros(wanted["elements"], dtype=torch.int32)
        if wanted["type"] == "i32"
        else torch.full((wanted["elements"],), float("nan"), dtype=SCRATCH[wanted["type"]])
        for name, wanted in plan["scratch"].items()
    }


def run(
    module: ModuleType, plan: Json, tensors: dict[str, torch.Tensor], scratch: dict[str, torch.Tensor] | None = None
) -> None:
    """Launches everything in `plan` on CPU tensors, with new scratch memory where none is given."""
    if os.environ.get("TRITON_INTERPRET") != "1":
        raise RuntimeError("the interpreter runs only with TRITON_INTERPRET=1")
    everything = {**tensors, **(scratch_of(plan) if scratch is None else scratch)}
    for launch in plan["launches"]:
        values = {name: _value(argument, everything) for name, argument in launch["arguments"].items()}
        constants = {
            name: NAMED.get(value, value) if isinstance(value, str) else value
            for name, value in launch["constants"].items()
        }
        getattr(module, launch["kernel"])[tuple(launch["grid"])](**values, **constants)


def _value(argument: Json | None, tensors: dict[str, torch.Tensor]) -> object:
    if argument is None:
        return None
    if "descriptor" in argument:
        view = tensors[argument["descriptor"]].permute(argument["order"])
        return TensorDescriptor(view, list(view.shape), list(view.stride()), argument["block"])
    if "pointer" in argument:
        return tensors[argument["pointer"]]
    if "stride" in argument:
        which, axis = argument["stride"]
        return tensors[which].stride(axis)
    return argument["i32"] if "i32" in argument else argument["fp32"]

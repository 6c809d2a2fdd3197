"""Compares a PyTorch module with the reference's answer. Runs in a sandbox: the module is not trusted.

    python check_module.py MODULE DATA name=value ...

DATA is what the reference program wrote (`gpu-evaluator/backends/cpu/native/protocol.h`): inputs, then the right answer
in double precision. Prints the relative L2 error.
"""

from __future__ import annotations

import importlib.util
import struct
import sys
from pathlib import Path

import torch

MAX_INPUTS = 8


def main() -> None:
    module_path, data_path, *sizes = sys.argv[1:]
    shape = {name: int(value) for name, value in (size.split("=") for size in sizes)}
    data = Path(data_path).read_bytes()
    # char magic[8]; uint32 inputs; uint64 input_floats[8]; uint64 output_floats, aligned as C does.
    magic, count, *floats = struct.unpack_from(f"@8sI4x{MAX_INPUTS}QQ", data)
    if magic != b"KEVODAT1":
        raise SystemExit("the reference's data have another format")
    at = struct.calcsize(f"@8sI4x{MAX_INPUTS}QQ")
    inputs = []
    for size in floats[:count]:
        inputs.append(torch.frombuffer(bytearray(data[at : at + 4 * size]), dtype=torch.float32))
        at += 4 * size
    right = torch.frombuffer(bytearray(data[at : at + 8 * floats[-1]]), dtype=torch.float64)

    spec = importlib.util.spec_from_file_location("generated_module", module_path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with torch.inference_mode():
        answer = module.Module(shape)(*inputs).double().flatten()
    if answer.shape != right.shape:
        raise SystemExit(f"the module gives {answer.numel()} numbers, the reference {right.numel()}")
    print(float((answer - right).norm() / right.norm()))


if __name__ == "__main__":
    main()

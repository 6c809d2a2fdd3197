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

# As `gpu-evaluator/backends/cpu/native/entry.h` and `protocol.h`: eight inputs and eight outputs at most.
MAX_ARRAYS, SINGLE = 16, 0
HEAD, ARRAY = 16, "@QI4xd"


def main() -> None:
    module_path, data_path, *sizes = sys.argv[1:]
    shape = {name: int(value) for name, value in (size.split("=") for size in sizes)}
    data = Path(data_path).read_bytes()
    # char magic[8]; uint32 inputs, outputs; for each array uint64 count, uint32 type and padding, double weight.
    magic, inputs_count, outputs = struct.unpack_from("@8sII", data)
    arrays = [struct.unpack_from(ARRAY, data, HEAD + at * struct.calcsize(ARRAY)) for at in range(MAX_ARRAYS)]
    used = arrays[: inputs_count + outputs]
    if magic != b"KEVODAT2" or outputs != 1 or any(kind != SINGLE for _, kind, _ in used):
        raise SystemExit("the reference's data have another format")
    at = HEAD + MAX_ARRAYS * struct.calcsize(ARRAY)
    inputs = []
    for size, _, _ in used[:inputs_count]:
        inputs.append(torch.frombuffer(bytearray(data[at : at + 4 * size]), dtype=torch.float32))
        at += (4 * size + 7) // 8 * 8
    right = torch.frombuffer(bytearray(data[at : at + 8 * used[-1][0]]), dtype=torch.float64)

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

"""What verification says of each cheat named on the command line, without a GPU: Triton's interpreter and CPU torch.

Prints one line of JSON a cheat: {cheat, outcome, message}. Inputs, right answers and judgement are the runner's own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType

os.environ["TRITON_INTERPRET"] = "1"
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "gpu-evaluator" / "runner"))

import torch  # noqa: E402
from cases import Case  # noqa: E402
from interpret import run  # noqa: E402

SHAPE = {"rows": 64, "columns": 64, "depth": 2048}


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / "kernel" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def verify(cheat: str, candidate: ModuleType, trusted: ModuleType, case: Case) -> str | None:
    """Null when it passes; otherwise what was wrong. As `evaluation.py` does it on the device."""
    output = trusted.output(case.shape).fill_(float("nan"))
    given = {name: tensor.clone() for name, tensor in case.inputs.items()}
    run(candidate, candidate.plan({"cheat": cheat}, case.shape, {"arch": 90}), {**given, "out": output})
    for name, tensor in given.items():
        if not torch.equal(tensor, case.inputs[name]):
            return f"the kernel changed its input {name}"
    return case.judge(output)[1]


def main() -> None:
    candidate, trusted = load("product"), load("reference")
    case = Case(trusted, SHAPE, 1)
    for cheat in sys.argv[1:]:
        wrong = verify(cheat, candidate, trusted, case)
        print(json.dumps({"cheat": cheat, "outcome": "incorrect" if wrong else "ok", "message": wrong}))


main()

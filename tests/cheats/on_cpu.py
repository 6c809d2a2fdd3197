"""What verification says of each cheat named on the command line, without a GPU: Triton's interpreter and CPU torch.

Prints one line of JSON a cheat: {cheat, outcome, message}. Inputs, right answers and judgement are the runner's own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ["TRITON_INTERPRET"] = "1"
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "gpu-evaluator" / "runner"))

import host_cuda  # noqa: E402
import torch  # noqa: E402

host_cuda.install()

import cases  # noqa: E402
import evaluation  # noqa: E402
from cases import Case  # noqa: E402
from interpret import run, scratch_of  # noqa: E402

# Two copies, and one round beside a baseline: the interpreter takes its time.
cases.MAX_COPIES, evaluation.ROUNDS, evaluation.PAIRS = 2, 2, 4
# On a host other programs run as well.
evaluation.KEPT_FACTOR = 2.0
SHAPE = {"rows": 64, "columns": 64, "depth": 2048}
TIMED_SHAPE = {"rows": 64, "columns": 64, "depth": 768}


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


class Interpreted:
    """Takes the place of `program.Program`: plans run in Triton's interpreter, scratch memory lasts."""

    def __init__(self, cheat: str, candidate: ModuleType) -> None:
        self._cheat, self._candidate = cheat, candidate
        self._scratch: dict[str, dict[str, torch.Tensor]] = {}

    def bind(self, shape: dict[str, int], tensors: dict[str, torch.Tensor]) -> Bound:
        plan = self._candidate.plan({"cheat": self._cheat}, shape, {"arch": 90})
        scratch = self._scratch.setdefault(str(shape), scratch_of(plan))
        return Bound(self._candidate, plan, tensors, scratch)


@dataclass
class Bound:
    candidate: ModuleType
    plan: dict[str, Any]
    tensors: dict[str, torch.Tensor]
    scratch: dict[str, torch.Tensor]

    def run(self) -> None:
        run(self.candidate, self.plan, self.tensors, self.scratch)


def evaluate(cheat: str, candidate: ModuleType, trusted: ModuleType, arena: cases.Arena) -> str | None:
    """The runner's verdict on it, on a host that simulates a device. Null when it accepts."""
    program: Any = Interpreted(cheat, candidate)
    request = {"purpose": "search", "windows": 1, "best_speedup": None}
    workload = {"name": "product", "shape": TIMED_SHAPE, "flops": 1, "bytes": 1}
    try:
        error = evaluation.verify_shapes(program, arena, trusted.output, 1)
        evaluation.time_workload(program, arena, workload, error, request, host_cuda.Monitor(), evaluation.Measured())
    except evaluation.Incorrect as wrong:
        return str(wrong)
    return None


def main() -> None:
    """With `--timed` first: verified and timed as in the runner, on a host that simulates a device."""
    timed = sys.argv[1:2] == ["--timed"]
    candidate, trusted = load("product"), load("reference")
    case = Case(trusted, SHAPE, 1)
    # One for all, as in the runner's lane.
    arena = cases.Arena(trusted, {"shape": TIMED_SHAPE}, 1)
    for cheat in sys.argv[2 if timed else 1 :]:
        wrong = evaluate(cheat, candidate, trusted, arena) if timed else verify(cheat, candidate, trusted, case)
        print(json.dumps({"cheat": cheat, "outcome": "incorrect" if wrong else "ok", "message": wrong}))


main()

"""The fused mixture of experts on Triton's interpreter against its reference. torch on the CPU."""

from __future__ import annotations

import json
import os
import sys
import unittest
from pathlib import Path
from typing import Any

os.environ["TRITON_INTERPRET"] = "1"
HERE = Path(__file__).resolve()
KERNEL = HERE.parents[2] / "kernels" / "fused-moe"
sys.path[:0] = [str(HERE.parents[1]), str(KERNEL)]

import fused_moe  # noqa: E402
import reference  # noqa: E402
import torch  # noqa: E402
from interpret import run  # noqa: E402

reference.DEVICE = "cpu"
DEFAULT = json.loads((KERNEL / "kernel.json").read_text())["default"]
TARGET = {"arch": 90, "multiprocessors": 2}
SMALL = {"experts": 5, "topk": 2, "hidden": 80, "intermediate": 48, "tokens": 19}


def error_of(shape: dict[str, int], **config: Any) -> float:  # noqa: ANN401
    """Relative L2 error against the kernel's own reference."""
    given = {
        name: tensor.half() if tensor.dtype == torch.bfloat16 else tensor
        for name, tensor in reference.inputs(shape, 3).items()
    }
    out = torch.full_like(given["x"], float("nan"))
    run(fused_moe, fused_moe.plan({**DEFAULT, **config}, shape, TARGET), {**given, "out": out})
    right = reference.reference(shape, given)
    return float((out.float() - right).norm() / right.norm())


class Kernel(unittest.TestCase):
    def test_every_choice_gives_the_right_answer(self) -> None:
        choices: list[tuple[dict[str, int], dict[str, Any]]] = [
            ({}, {}),
            ({"tokens": 1}, {"BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 32, "BLOCK_SIZE_K": 64, "GROUP_SIZE_M": 1}),
            ({"tokens": 40, "topk": 3}, {"BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 32, "GROUP_SIZE_M": 8}),
            ({"experts": 8, "hidden": 64, "intermediate": 64}, {"BLOCK_SIZE_M": 32, "BLOCK_SIZE_K": 64}),
            ({}, {"ACTIVATION": "fused"}),
            ({}, {"LOADS": "descriptor", "BLOCK_SIZE_M": 16}),
            ({"tokens": 40}, {"LOADS": "descriptor", "ACTIVATION": "fused", "BLOCK_SIZE_N": 32}),
            ({"tokens": 3}, {"ROUTING": "direct", "BLOCK_SIZE_M": 16}),
            ({"tokens": 5}, {"ROUTING": "direct", "BLOCK_SIZE_M": 16, "ACTIVATION": "fused", "LOADS": "descriptor"}),
            ({}, {"DOWN": "own", "DOWN_BLOCK_SIZE_N": 32, "DOWN_BLOCK_SIZE_K": 16, "GROUP_SIZE_M": 3}),
        ]
        for shape, config in choices:
            with self.subTest(shape=shape, config=config):
                self.assertLess(error_of({**SMALL, **shape}, **config), 1e-3)

    def test_a_definition_with_a_stacks_parameters_alone_runs_as_the_default_does(self) -> None:
        stacks = ("BLOCK_SIZE_M", "BLOCK_SIZE_N", "BLOCK_SIZE_K", "GROUP_SIZE_M", "num_warps", "num_stages", "maxnreg")
        config = {name: DEFAULT[name] for name in stacks}
        self.assertEqual(fused_moe.plan(config, SMALL, TARGET), fused_moe.plan(DEFAULT, SMALL, TARGET))

    def test_pytorchs_grouped_product_agrees(self) -> None:
        shape = {**SMALL, "experts": 8, "hidden": 64, "intermediate": 64}
        given = reference.inputs(shape, 3)
        right = reference.reference(shape, given)
        found = reference.baselines()["default"](shape, given)
        self.assertLess(float((found.float() - right).norm() / right.norm()), 6e-3)


if __name__ == "__main__":
    unittest.main()

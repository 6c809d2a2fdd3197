"""The attention kernel on Triton's interpreter against PyTorch, and the judgement of hostile answers. torch on CPU."""

from __future__ import annotations

import json
import os
import sys
import unittest
from pathlib import Path

os.environ["TRITON_INTERPRET"] = "1"
HERE = Path(__file__).resolve()
KERNEL = HERE.parents[2] / "kernels" / "attention-forward"
sys.path[:0] = [str(HERE.parents[1]), str(KERNEL)]

import attention  # noqa: E402
import reference  # noqa: E402
import torch  # noqa: E402
from cases import Case  # noqa: E402
from interpret import run  # noqa: E402

DEFAULT = json.loads((KERNEL / "kernel.json").read_text())["default"]
TARGET = {"arch": 90, "multiprocessors": 2}
SMALL = {"batch": 1, "heads": 2, "kv_heads": 1, "length": 75, "width": 64, "causal": 1, "half": 1, "fused": 0}
Tensors = dict[str, torch.Tensor]


def inputs(shape: dict[str, int]) -> Tensors:
    generator = torch.Generator().manual_seed(shape["length"])
    counts = {"q": shape["heads"], "k": shape["kv_heads"], "v": shape["kv_heads"]}
    return {
        name: torch.randn(shape["batch"], shape["length"], count, shape["width"], generator=generator).half()
        for name, count in counts.items()
    }


def error_of(shape: dict[str, int], **config: object) -> float:
    """Relative L2 error against the kernel's own reference."""
    given = inputs(shape)
    out = torch.full(given["q"].shape, float("nan"), dtype=torch.float16)
    run(attention, attention.plan({**DEFAULT, **config}, shape, TARGET), {**given, "out": out})
    right = reference.reference(shape, given)
    return float((out.float() - right).norm() / right.norm())


class Kernel(unittest.TestCase):
    def test_every_choice_gives_the_right_answer(self) -> None:
        choices: list[tuple[dict[str, int], dict[str, object]]] = [
            ({}, {}),
            ({"causal": 0}, {"MASK_LOOP": "whole"}),
            ({"batch": 2}, {"LOADS": "pointer", "STORES": "descriptor", "ORDER": "alternate"}),
            ({"width": 80}, {"HEAD_DIM": "split", "ORDER": "heavy"}),
            ({"width": 80}, {"HEAD_DIM": "padded", "LOADS": "pointer"}),
            ({"width": 96, "causal": 0}, {"HEAD_DIM": "split", "LOADS": "pointer", "STORES": "pointer"}),
            ({"length": 150}, {"ORDER": "paired", "BLOCK_M": 64, "EXP": "folded", "QUERIES": "registers"}),
            ({"length": 150}, {"PERSISTENT": 1, "ORDER": "head_heavy", "BLOCK_M": 128, "NUM_WARPS": 8}),
            ({"length": 150, "width": 128}, {"SPLIT_KV": 64, "ORDER": "heavy"}),
            ({"length": 150, "width": 80, "causal": 0}, {"SPLIT_KV": 64, "ORDER": "paired", "HEAD_DIM": "split"}),
        ]
        for shape, config in choices:
            with self.subTest(shape=shape, config=config):
                self.assertLess(error_of({**SMALL, **shape}, **config), 1e-3)


class Judgement(unittest.TestCase):
    def setUp(self) -> None:
        given = inputs(SMALL)
        trusted = type("Trusted", (), {})()
        trusted.inputs = lambda shape, seed: given
        trusted.reference = reference.reference
        trusted.baselines = lambda: {"default": lambda shape, given: reference.reference(shape, given).half()}
        self.trusted = trusted
        self.case = Case(trusted, SMALL, 1)
        self.right = reference.reference(SMALL, given).half()

    def test_the_right_answer_passes(self) -> None:
        self.assertIsNone(self.case.judge(self.right)[1])

    def test_what_lies_on_the_device_tells_nothing_and_judging_leaves_it_so(self) -> None:
        right = reference.reference(SMALL, self.case.inputs)
        for _ in range(2):
            error, wrong = self.case.judge(self.right)
            self.assertIsNone(wrong)
            self.assertAlmostEqual(error, float((self.right.float() - right).norm() / right.norm()), places=6)
            lying = self.case._masked
            self.assertLess(float((lying == right.view(torch.int32)).float().mean()), 1e-3)
            # Every bit is as likely to be turned as not.
            turned = lying ^ right.view(torch.int32)
            shares = [float(((turned >> bit) & 1).float().mean()) for bit in range(32)]
            self.assertTrue(all(0.45 < share < 0.55 for share in shares), shares)
        self.assertFalse(torch.equal(self.case._masked, Case(self.trusted, SMALL, 1)._masked))

    def test_hostile_answers_do_not(self) -> None:
        unwritten = self.right.clone()
        unwritten[0, 3, 1, 5] = float("nan")
        one_off = self.right.clone()
        one_off[0, 3, 1, 5] += 0.05
        stale = self.right.flip(1)
        for name, answer in {
            "zeros": torch.zeros_like(self.right),
            "unwritten": unwritten,
            "one element off": one_off,
            "another input's answer": stale,
            "infinite": self.right * float("inf"),
            "two bits less": (self.right * 64).round() / 64,
        }.items():
            with self.subTest(name):
                self.assertIsNotNone(self.case.judge(answer)[1])


if __name__ == "__main__":
    unittest.main()

"""A CUDA kernel's launches in numbers: standard library only."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from geometry import BadGeometry, amount, constants_for, launches_for, scratch_for

NAMES = {"n": 100, "TILE": 32, "STORE": "shared"}


class Geometry(unittest.TestCase):
    def test_expressions_mean_what_they_mean_in_constraints(self) -> None:
        for text, value in (
            ("-(-n // TILE)", 4),
            ("math.ceil(n / TILE)", 4),
            ("max(TILE, n) * 2 if STORE == 'shared' else 0", 200),
            ("32 <= TILE and n or 7", 100),
            ("min((n, TILE, 5))", 5),
        ):
            self.assertEqual(amount(text, NAMES, "grid"), value, text)
        self.assertEqual(amount(48, NAMES, "grid"), 48)

    def test_what_is_no_whole_number_is_refused_by_name(self) -> None:
        wrong = ("n / 3", "TILE - n", "n // (TILE - 32)", "n > 3", "'shared'", "__import__('os')", "n.real", "[n][0]")
        for text in wrong:
            with self.assertRaisesRegex(BadGeometry, "grid of k", msg=text):
                amount(text, NAMES, "grid of k")

    def test_a_launch(self) -> None:
        launch = {
            "kernel": "k",
            "grid": ["n // TILE", 2],
            "block": ["TILE"],
            "sharedBytes": "TILE * 4",
            "arguments": ["x", {"map": "w", "order": [0, 1], "box": ["TILE", 64], "swizzle": 128}, "out", "n"],
        }
        [found] = launches_for([launch], {"TILE": 32}, {"n": 128})
        self.assertEqual(found["grid"], [4, 2, 1])
        self.assertEqual(found["block"], [32, 1, 1])
        self.assertEqual(found["shared_bytes"], 128)
        self.assertEqual(list(found["arguments"]), ["x", "map of w", "out", "n"])
        self.assertEqual(
            found["arguments"],
            {
                "x": {"pointer": "x"},
                "map of w": {"map": "w", "order": [0, 1], "box": [32, 64], "swizzle": 128},
                "out": {"pointer": "out"},
                "n": {"i32": 128},
            },
        )
        self.assertEqual(constants_for(["n"], {"n": 128, "m": 7}), ["-DSHAPE_n=128"])
        scratch = scratch_for({"sums": {"type": "fp32", "count": "n // TILE"}}, {"TILE": 32}, {"n": 128})
        self.assertEqual(scratch, {"sums": {"type": "fp32", "elements": 4}})


if __name__ == "__main__":
    unittest.main()

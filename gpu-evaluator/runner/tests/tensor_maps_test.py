"""Tensor maps of CUDA kernels in numbers: no driver."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tensor_maps import BadMap, layout_of

HEADS_FIRST = [0, 2, 1, 3]


class TensorMaps(unittest.TestCase):
    def test_rows_wider_than_the_swizzle_lie_in_pieces(self) -> None:
        values = torch.empty(2, 100, 3 * 96, dtype=torch.bfloat16)[..., 96:].unflatten(-1, (2, 96))
        found = layout_of(values, HEADS_FIRST, [1, 1, 80, 96], 64)
        self.assertEqual((found["kind"], found["swizzle"]), ("bf16", 2))
        self.assertEqual(found["shape"], [2, 2, 3, 100, 32])
        self.assertEqual(found["strides"], [28800, 96, 32, 288, 1])
        self.assertEqual(found["block"], [1, 1, 3, 80, 32])

    def test_a_dimension_of_size_one_gets_a_stride_that_the_driver_takes(self) -> None:
        found = layout_of(torch.empty(1, 7, 1, 64, dtype=torch.float16), HEADS_FIRST, [1, 1, 64, 64], 128)
        self.assertEqual(found["strides"], [64, 64, 64, 64, 1])

    def test_what_the_accelerator_cannot_copy_is_refused_by_name(self) -> None:
        rows = torch.empty(64, 80, dtype=torch.bfloat16)
        cases = [
            (rows, [0, 1], [16, 80], 128, "pieces of 64, of rows of 80"),
            (rows, [0, 1], [512, 80], 32, "512 rows"),
            (rows, [0, 1], [16, 80], 48, "a swizzle of 48 bytes"),
            (rows, [1, 0], [16, 16], 32, "a box of 16 rows"),
            (rows, [0, 0], [16, 80], 32, "order"),
            (rows.long(), [0, 1], [16, 80], 32, "torch.int64"),
        ]
        for tensor, order, box, swizzle, text in cases:
            with self.assertRaisesRegex(BadMap, text):
                layout_of(tensor, order, box, swizzle)


if __name__ == "__main__":
    unittest.main()

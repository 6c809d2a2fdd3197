"""What the workloads of a kernel have in common lies in memory once. torch on the CPU."""

from __future__ import annotations

import gc
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from cases import SHARED_COPIES, Arena

WEIGHTS = torch.arange(6.0)


def arena_of(tokens: int) -> Arena:
    """As far as its copies are concerned: weights that every seed shares, and tokens of its own."""
    arena = Arena.__new__(Arena)
    one, other = ({"w": WEIGHTS, "x": torch.full((tokens,), float(seed))} for seed in (1, 2))
    arena.main, arena.fresh = SimpleNamespace(inputs=one), SimpleNamespace(inputs=other)  # type: ignore[assignment]
    arena.copies = [arena._copy(at) for at in range(2)]
    return arena


class SharedCopies(unittest.TestCase):
    def test_arenas_share_the_copies_of_what_every_seed_has_and_nothing_else(self) -> None:
        small, large = arena_of(3), arena_of(5)
        for mine, others in zip(small.copies, large.copies, strict=True):
            self.assertIs(mine["w"], others["w"])
            self.assertNotEqual(mine["w"].data_ptr(), WEIGHTS.data_ptr())
            self.assertTrue(torch.equal(mine["w"], WEIGHTS))
            self.assertEqual((len(mine["x"]), len(others["x"])), (3, 5))
        self.assertIsNot(small.copies[0]["w"], small.copies[1]["w"])

    def test_the_copies_go_with_the_last_arena(self) -> None:
        arena = arena_of(3)
        self.assertEqual(len(SHARED_COPIES), 2)
        del arena
        gc.collect()
        self.assertEqual(len(SHARED_COPIES), 0)


if __name__ == "__main__":
    unittest.main()

"""New inputs, poisoned outputs, and the detection of wrong ones: torch on the CPU."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from rotation import Rotation

SHAPE = {"rows": 24, "depth": 16}
Tensors = dict[str, torch.Tensor]


def inputs(shape: dict[str, int], seed: int) -> Tensors:
    generator = torch.Generator().manual_seed(seed)
    a = torch.randn(shape["rows"], shape["depth"], generator=generator)
    b = torch.randn(shape["depth"], shape["rows"], generator=generator)
    return {"a": a, "b": b}


def product(_shape: dict[str, int], given: Tensors) -> torch.Tensor:
    return given["a"] @ given["b"]


def double(_shape: dict[str, int], given: Tensors) -> torch.Tensor:
    return (given["a"].double() @ given["b"].double()).float()


TRUSTED: Any = SimpleNamespace(inputs=inputs, reference=double, baselines=lambda: {"default": product})


def rotation_of(trusted: Any = TRUSTED, copies: int = 6) -> Rotation:  # noqa: ANN401 - what a reference module has
    made = [{name: tensor.clone() for name, tensor in trusted.inputs(SHAPE, 1).items()} for _ in range(copies)]
    outputs = [torch.empty(SHAPE["rows"], SHAPE["rows"]) for _ in range(copies)]
    return Rotation(trusted, SHAPE, 5, made, outputs)


def key(given: Tensors) -> tuple[float, ...]:
    return tuple(float(tensor.double().sum()) for tensor in given.values())


class Fresh(unittest.TestCase):
    def test_no_launch_of_a_search_sees_inputs_twice(self) -> None:
        rotation = rotation_of()
        seen = set()
        for _ in range(60):
            rotation.refresh()
            for copy in rotation.copies:
                self.assertNotIn(key(copy), seen)
                seen.add(key(copy))

    def test_more_launches_than_there_are_combinations_get_sets_of_their_own(self) -> None:
        rotation = rotation_of(copies=2)
        seen = set()
        for _ in range(200):
            rotation.refresh()
            seen |= {key(copy) for copy in rotation.copies}
        self.assertEqual(len(seen), 400)

    def test_tensors_that_belong_together_stay_together(self) -> None:
        # The second is the inverse of the first: the reference uses one, and the checked code the other.
        def related(shape: dict[str, int], seed: int) -> Tensors:
            a = torch.randn(shape["rows"], shape["rows"], generator=torch.Generator().manual_seed(seed)).double()
            return {"a": a, "b": torch.linalg.inv(a)}

        trusted: Any = SimpleNamespace(
            inputs=related,
            reference=lambda _shape, given: given["a"].float(),
            baselines=lambda: {"default": lambda _shape, given: torch.linalg.inv(given["b"]).float()},
        )
        rotation = rotation_of(trusted)
        for _ in range(9):
            rotation.refresh()
            for copy in rotation.copies:
                torch.testing.assert_close(copy["a"] @ copy["b"], torch.eye(SHAPE["rows"]).double())

    def test_integers_are_of_one_set(self) -> None:
        def numbered(shape: dict[str, int], seed: int) -> Tensors:
            places = torch.full((4,), seed, dtype=torch.int64)
            return {**inputs(shape, seed), "first": places, "second": places.clone()}

        trusted: Any = SimpleNamespace(inputs=numbered, reference=double, baselines=lambda: {"default": product})
        rotation = rotation_of(trusted)
        rotation.refresh()
        for copy in rotation.copies:
            torch.testing.assert_close(copy["first"], copy["second"])


class Judged(unittest.TestCase):
    def replay(self, rotation: Rotation, act: Any) -> str | None:  # noqa: ANN401 - a kernel
        found = None
        for _ in range(24):
            rotation.refresh()
            rotation.poison()
            for at, (copy, output) in enumerate(zip(rotation.copies, rotation.outputs, strict=True)):
                act(at, copy, output)
            rotation.look()
            found = found or rotation.verdict(1e-6, 1e-2)
        return found

    def test_right_answers_pass(self) -> None:
        self.assertIsNone(self.replay(rotation_of(), lambda _at, given, out: out.copy_(product(SHAPE, given))))

    def test_wrong_ones_do_not(self) -> None:
        kept: dict[int, torch.Tensor] = {}

        def unless_left(at: int, given: Tensors, out: torch.Tensor) -> None:
            if at not in kept or not torch.isnan(out).logical_not().all():
                out.copy_(product(SHAPE, given))
                kept[at] = out.clone()

        def half(_at: int, given: Tensors, out: torch.Tensor) -> None:
            out[: SHAPE["rows"] // 2].copy_(product(SHAPE, given)[: SHAPE["rows"] // 2])

        calls = iter(range(10**6))

        def some(_at: int, given: Tensors, out: torch.Tensor) -> None:
            if next(calls) % 5:
                out.copy_(product(SHAPE, given))

        def changing(_at: int, given: Tensors, out: torch.Tensor) -> None:
            out.copy_(product(SHAPE, given))
            given["a"][0, 0] += 1

        def nan(_at: int, given: Tensors, out: torch.Tensor) -> None:
            out.copy_(product(SHAPE, given))
            out[3, 3] = float("nan")

        for act, message in [
            (unless_left, "distance"),
            (half, "distance"),
            (some, "distance"),
            (changing, "inputs"),
            (nan, "nan"),
        ]:
            with self.subTest(act.__name__):
                self.assertRegex(self.replay(rotation_of(), act) or "", message)

    def test_poison_is_never_an_answer(self) -> None:
        rotation = rotation_of()
        self.assertIsNotNone(self.replay(rotation, lambda _at, _given, _out: None))
        for output in rotation.outputs:
            self.assertTrue(torch.isfinite(output).all())


if __name__ == "__main__":
    unittest.main()

"""New inputs, poisoned outputs, and the detection of wrong ones: torch on the CPU."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from evaluation import CANDIDATE, Watched
from looking import Looking
from rotation import Room, Rotation

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
    return Rotation(trusted, SHAPE, 5, made, Room(torch.empty(SHAPE["rows"], SHAPE["rows"]), copies))


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

    def test_one_replay_has_nothing_that_a_launch_has_seen(self) -> None:
        rotation = rotation_of()
        seen = set()
        for _ in range(30):
            rotation.refresh()
            seen |= {float(tensor.sum()) for copy in rotation.copies for tensor in copy.values()}
        rotation.renew_all()
        for copy in rotation.copies:
            for tensor in copy.values():
                self.assertNotIn(float(tensor.sum()), seen)
        rotation.refresh()
        self.assertTrue({float(copy["b"].sum()) for copy in rotation.copies} <= seen)

    def test_a_finalist_has_new_tensors_only_in_every_round(self) -> None:
        for finalist in (True, False):
            rotation = rotation_of(copies=2)
            arena: Any = SimpleNamespace(rotation=rotation, fresh=SimpleNamespace(inputs=inputs(SHAPE, 99)))
            watched = Watched(arena, 6, finalist=finalist)
            seen: set[tuple[str, float]] = set()
            renewed = 0
            for _ in range(6):
                watched.before(CANDIDATE)
                found = {(name, float(copy[name].double().sum())) for copy in rotation.copies for name in copy}
                renewed += not found & seen
                seen |= found
            # In a search the first round, and the one that is drawn, which may be the first.
            self.assertEqual(renewed == 6, finalist)

    def test_a_tensor_of_which_little_depends_is_not_the_one_that_is_exchanged(self) -> None:
        def biased(shape: dict[str, int], seed: int) -> Tensors:
            return {**inputs(shape, seed), "bias": torch.randn(1, generator=torch.Generator().manual_seed(seed)) * 0.01}

        trusted: Any = SimpleNamespace(
            inputs=biased,
            reference=lambda shape, given: double(shape, given) + given["bias"],
            baselines=lambda: {"default": lambda shape, given: product(shape, given) + given["bias"]},
        )
        rotation = rotation_of(trusted)
        rotation.refresh()
        before = [{name: tensor.clone() for name, tensor in copy.items()} for copy in rotation.copies]
        rotation.refresh()
        for was, copy in zip(before, rotation.copies, strict=True):
            changed = [name for name in copy if not torch.equal(was[name], copy[name])]
            self.assertIn(changed, (["a"], ["b"]))

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
        looking = Looking(rotation, 24)
        for _ in range(24):
            rotation.refresh()
            rotation.poison()
            for at, (copy, output) in enumerate(zip(rotation.copies, rotation.outputs, strict=True)):
                act(at, copy, output)
            looking.look([product(SHAPE, copy) for copy in rotation.copies])
        return looking.verdict(3e-6, 1e-2)

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

        def saturating(_at: int, given: Tensors, out: torch.Tensor) -> None:
            given["a"].zero_()
            out.zero_()

        def nan(_at: int, given: Tensors, out: torch.Tensor) -> None:
            out.copy_(product(SHAPE, given))
            out[3, 3] = float("nan")

        for act, message in [
            (unless_left, "distance"),
            (half, "distance"),
            (some, "distance"),
            (changing, "inputs"),
            (saturating, "inputs"),
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

"""Inputs that no launch has seen, outputs that are wrong before each replay, and a look at what timed launches wrote.

A kernel may keep what it likes in its scratch memory, and find its last answer in its output. So every copy of the
inputs is filled anew before each replay, with a combination of tensors that the candidate has not been launched on: of
some sets that the reference made, each tensor from another one. Outputs get numbers as answers have. What the candidate
wrote to some copies, which it cannot foresee, is held against PyTorch's answer to what was put there. A baseline gets
inputs that the candidate has had: none of its answers is one that the candidate will be asked for.

Nothing here waits for the device: findings stay there until `verdict` is asked for.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch

Json = dict[str, Any]
Tensors = dict[str, torch.Tensor]

# Sets that combinations are drawn from take at most this much memory, where few would not do.
POOL_BYTES = 1 << 30
MIN_SETS = 4
# Launches of a search: its rounds, and one to warm up.
ROUNDS = 26
# Copies examined after each replay. A kernel that skips one launch in twenty is detected in 99 of 100 searches.
LOOKED_AT = 4
# As far apart as two answers may be of which one has PyTorch's error, and the other twice that; and some more.
APART = 4.0
# Numbers that outputs are poisoned with, as tensors.
POISONS = 4

# Whether the tensors of several sets make inputs, by the function that makes sets.
MIXING: dict[Callable[..., Tensors], bool] = {}


class Rotation:
    """The copies of one workload's inputs and outputs, and what lies in them."""

    def __init__(
        self, trusted: ModuleType, shape: Json, seed: int, copies: list[Tensors], outputs: list[torch.Tensor]
    ) -> None:
        self._trusted, self._shape, self._seed = trusted, shape, seed
        self.copies, self.outputs = copies, outputs
        self._names = list(copies[0])
        self._random = random.Random(os.urandom(16))
        self._answer = next(iter(trusted.baselines().values()))
        self._made = 0
        # Integers say where something is, and belong to each other; numbers can be exchanged.
        self._apart = [name for name in self._names if copies[0][name].is_floating_point()]
        self._sets: list[Tensors] = []
        self._used: set[tuple[int, ...]] = set()
        self._lying: list[Tensors] = []
        self._findings: list[torch.Tensor] = []
        self._renew()
        # Of a reference, for any shape; the answer takes as long as right answers do.
        if len(self._apart) > 1 and trusted.inputs not in MIXING:
            MIXING[trusted.inputs] = self._mixes()
        if not MIXING.get(trusted.inputs, True):
            self._apart = []
            self._renew()
        self._poison = self._make_poison()

    # ---- before a replay

    def refresh(self) -> None:
        """Other inputs for all copies."""
        self._lying = [self._draw() for _ in self.copies]
        self.restore()

    def restore(self) -> None:
        """The same inputs again, for a baseline, which then finds what a candidate finds in the caches."""
        if not self._lying:
            return self.refresh()
        targets = [copy[name] for copy in self.copies for name in self._names]
        torch._foreach_copy_(targets, [lying[name] for lying in self._lying for name in self._names])

    def lay(self, at: int, inputs: Tensors) -> None:
        """These inputs in copy `at`, instead of what was drawn for it."""
        self._lying[at] = inputs
        for name in self._names:
            self.copies[at][name].copy_(inputs[name])

    def poison(self) -> None:
        """Also for a baseline, so that all find the same caches."""
        torch._foreach_copy_(self.outputs, self._random.choices(self._poison, k=len(self.outputs)))

    # ---- after a replay of the candidate

    def look(self) -> None:
        """Compares what lies in some outputs with PyTorch's answer to the inputs that were put there."""
        for at in self._random.sample(range(len(self.copies)), min(LOOKED_AT, len(self.copies))):
            wanted = self._answer(self._shape, self._lying[at]).float()
            off = self.outputs[at].float() - wanted
            size = torch.linalg.vector_norm(wanted)
            changed = torch.zeros((), device=off.device)
            for name in self._names:
                changed = changed + torch.ne(self.copies[at][name], self._lying[at][name]).sum()
            worst = (off.abs() - 0.02 * wanted.abs()).max()
            self._findings.append(torch.stack([torch.linalg.vector_norm(off) / size, worst, changed.float()]))

    def verdict(self, usual_error: float, close: float) -> str | None:
        """The first defect since the last verdict; None without one. Waits for the device."""
        if not self._findings:
            return None
        findings = torch.stack(self._findings).cpu()
        self._findings = []
        for error, worst, changed in findings.tolist():
            if changed > 0:
                return "the kernel changed its inputs while it was timed"
            if not error <= APART * usual_error:
                limit = f"{APART:g} times that of PyTorch's default, {usual_error:.2e}"
                return f"while timed: relative distance {error:.2e} from PyTorch's answer is more than {limit}"
            if not worst <= 2 * close:
                return f"while timed: an element is off by {worst:.2e} more than 2 % of its value"
        return None

    # ---- sets

    def _draw(self) -> Tensors:
        """A combination that the candidate has not been launched on."""
        if 2 * len(self._used) >= self._combinations():
            self._renew()
        picks: tuple[int, ...] = ()
        while not picks or picks in self._used:
            picks = tuple(self._random.choices(range(len(self._sets)), k=max(1, len(self._apart))))
        self._used.add(picks)
        chosen = dict(self._sets[picks[0]])
        for name, pick in zip(self._apart, picks, strict=False):
            chosen[name] = self._sets[pick][name]
        return chosen

    def _combinations(self) -> int:
        return len(self._sets) ** max(1, len(self._apart))

    def _renew(self) -> None:
        """Makes all sets again."""
        self._used.clear()
        self._sets.clear()
        count = self._wanted()
        for _ in range(count):
            self._made += 1
            self._sets.append(self._trusted.inputs(self._shape, self._seed + self._made))

    def _wanted(self) -> int:
        """Enough for distinct combinations in a search and as many launches again."""
        if len(self._apart) < 2:
            # No combinations: two replays, after which all sets are made again.
            return 2 * len(self.copies) + 1
        launches = 2 * ROUNDS * len(self.copies)
        each = sum(tensor.numel() * tensor.element_size() for tensor in self.copies[0].values())
        count = MIN_SETS
        while count ** len(self._apart) < launches and (count + 1) * each <= POOL_BYTES:
            count += 1
        return count

    def _mixes(self) -> bool:
        """Whether tensors of several sets make inputs: PyTorch and the reference agree on their answer."""
        whole, mixed = self._sets[0], {name: self._sets[at % 2][name] for at, name in enumerate(self._names)}
        usual, found = (self._distance(given) for given in (whole, mixed))
        return found <= 3 * usual

    def _distance(self, given: Tensors) -> float:
        answer = self._trusted.reference(self._shape, given).float()
        off = self._answer(self._shape, given).float() - answer
        distance = float(torch.linalg.vector_norm(off) / torch.linalg.vector_norm(answer))
        answer.zero_()
        return distance

    def _make_poison(self) -> list[torch.Tensor]:
        answer = self._answer(self._shape, self._sets[0]).float()
        usual = float(answer.square().mean().sqrt()) or 1.0
        room = self.outputs[0]
        # Off by more than a rounding in every element: the signs of answers, but other sizes.
        made = []
        for _ in range(POISONS):
            numbers = torch.randn(room.shape, device=room.device) * usual
            made.append((numbers + numbers.sign() * 0.5 * usual).to(room.dtype))
        return made

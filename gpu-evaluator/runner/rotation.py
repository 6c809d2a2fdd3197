"""Inputs that no launch has seen, and outputs that are wrong, before each replay.

A kernel may keep what it likes in its scratch memory, and find its last answer in its output. So no launch gets inputs
that its candidate was launched on before. New tensors everywhere, before every replay, would cost more than the replay.
One tensor is enough, if the answer depends on it: in each copy of the inputs it is exchanged for one that was not there
together with the others before. Once in between, a replay gets inputs of which no tensor was launched on.

Nothing here waits for the device.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch

Json = dict[str, Any]
Tensors = dict[str, torch.Tensor]

# Copies of the tensor that is exchanged: more than a search has rounds, if they fit into this much memory.
LEADS, MIN_LEADS = 40, 8
LEAD_BYTES = 1 << 30
# Exchanging this tensor alone moves the answer by at least this distance, relative to it.
DEPENDS = 0.25
ALIGNED_BYTES = 256

# The tensor that is exchanged, by the function that makes sets; None where tensors of several sets make no inputs.
LEADING: dict[Callable[..., Tensors], str | None] = {}


class Room:
    """The outputs of all copies, one after the other, so that one operation poisons them."""

    def __init__(self, like: torch.Tensor, copies: int) -> None:
        span = 1 + sum((size - 1) * stride for size, stride in zip(like.shape, like.stride(), strict=True))
        step = -(-span * like.element_size() // ALIGNED_BYTES) * ALIGNED_BYTES // like.element_size()
        self.whole = torch.empty(copies * step, dtype=like.dtype, device=like.device)
        self.outputs = [self.whole.as_strided(like.shape, like.stride(), at * step) for at in range(copies)]


class Rotation:
    """The copies of one workload's inputs and outputs, and what lies in them."""

    def __init__(self, trusted: ModuleType, shape: Json, seed: int, copies: list[Tensors], room: Room) -> None:
        self._trusted, self._shape, self._seed = trusted, shape, seed
        self.copies, self.outputs, self._room = copies, room.outputs, room
        self._names = list(copies[0])
        self._random = random.Random(os.urandom(16))
        self._answer = next(iter(trusted.baselines().values()))
        self._made = 0
        # Whole sets, one for each copy, in which one tensor is exchanged; and sets for a replay with new tensors only.
        self._sets: list[Tensors] = []
        self._leads: list[torch.Tensor] = []
        self._new: list[Tensors] = []
        self._taken = 0
        self.lying: list[Tensors] = [{} for _ in copies]
        first, second = self._make(), self._make()
        if trusted.inputs not in LEADING:
            LEADING[trusted.inputs] = self._leading(first, second)
        self._lead = LEADING[trusted.inputs]
        self._new = [self._make() for _ in range((1 if self._lead else 2) * len(copies))]
        self._usual = float(self._answer(shape, first).float().square().mean().sqrt()) or 1.0
        self._renew()
        self.begin()

    def begin(self) -> None:
        """A candidate that has not been launched on anything. Draws again what lies where."""
        self._turn = self._taken = 0
        self._random.shuffle(self._new)
        self._order = self._random.sample(range(len(self._leads)), len(self._leads))
        self._random.shuffle(self._sets)
        # An earlier candidate may have changed the copies.
        self.lying = [{} for _ in self.copies]

    # ---- before a replay

    def refresh(self) -> None:
        """Other inputs for all copies."""
        if self._lead is None:
            return self.renew_all()
        if self._turn == len(self._leads):
            self._renew()
            self._turn = 0
        count = len(self._leads)
        leads = [self._leads[self._order[(at + self._turn) % count]] for at in range(len(self.copies))]
        self._turn += 1
        self._put([{**given, self._lead: lead} for given, lead in zip(self._sets, leads, strict=True)])

    def renew_all(self) -> None:
        """Inputs of which no tensor was in any before."""
        count = len(self.copies)
        if self._taken == len(self._new):
            self._new = [self._make() for _ in self._new]
            self._taken = 0
        self._put(self._new[self._taken : self._taken + count])
        self._taken += count

    def lay(self, at: int, inputs: Tensors) -> None:
        """These inputs in copy `at`, instead of what was drawn for it."""
        self._put([*self.lying[:at], inputs, *self.lying[at + 1 :]])

    def poison(self) -> None:
        """The same number everywhere, so that no call differs from another; a different one each time."""
        size = self._usual * self._random.uniform(0.5, 3)
        self._room.whole.fill_(math.copysign(size, self._random.random() - 0.5))

    # ---- sets

    def _put(self, wanted: list[Tensors]) -> None:
        targets, sources = [], []
        for copy, lying, given in zip(self.copies, self.lying, wanted, strict=True):
            for name, tensor in given.items():
                if lying.get(name) is not tensor:
                    targets.append(copy[name])
                    sources.append(tensor)
        if targets:
            torch._foreach_copy_(targets, sources)
        self.lying = wanted

    def _make(self) -> Tensors:
        self._made += 1
        return self._trusted.inputs(self._shape, self._seed + self._made)

    def _renew(self) -> None:
        """Makes all sets again from which tensors are combined."""
        if self._lead is None:
            return
        self._sets = [self._make() for _ in self.copies]
        tensor = self._sets[0][self._lead]
        count = max(MIN_LEADS, min(LEADS, LEAD_BYTES // (tensor.numel() * tensor.element_size())))
        self._leads = [given[self._lead] for given in self._sets[:count]]
        while len(self._leads) < count:
            self._leads.append(self._make()[self._lead])

    def _leading(self, first: Tensors, second: Tensors) -> str | None:
        """
        The smallest tensor on which the answer depends and which can be exchanged alone: PyTorch and the reference
        agree on what comes of it. Integers say where something is, and belong to each other.
        """
        numbers = [name for name in self._names if first[name].is_floating_point()]
        if len(numbers) < 2:
            return None
        answer = self._answer(self._shape, first).float()
        usual = self._error(first)
        for name in sorted(numbers, key=lambda name: first[name].numel() * first[name].element_size()):
            mixed = {**first, name: second[name]}
            moved = self._answer(self._shape, mixed).float() - answer
            depends = float(torch.linalg.vector_norm(moved) / torch.linalg.vector_norm(answer)) >= DEPENDS
            if depends and self._error(mixed) <= 3 * usual:
                return name
        return None

    def _error(self, given: Tensors) -> float:
        answer = self._trusted.reference(self._shape, given).float()
        off = self._answer(self._shape, given).float() - answer
        distance = float(torch.linalg.vector_norm(off) / torch.linalg.vector_norm(answer))
        answer.zero_()
        return distance

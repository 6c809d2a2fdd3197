"""What timed launches wrote, held against what PyTorch answers to the same inputs.

A baseline is replayed after each replay of the candidate and on what lies in the same copies, so its answers are there.
Of some copies, drawn afterwards, a part of every row is compared, a different part each time.

Nothing here waits for the device, until `verdict` is called.
"""

from __future__ import annotations

import os
import random
from typing import Any

import torch
from rotation import Rotation

# Copies examined after each replay. A kernel that skips one launch in ten is detected in 99 of 100 searches.
LOOKED_AT = 2
# How often one tensor of the inputs is compared as well, to the last element.
LOOKED_AT_INPUTS = 0.5
# One element in this many is compared, if that leaves enough.
STEP, ENOUGH = 61, 4096
# The distance between two right answers may exceed the sum of their permitted errors by this factor.
SLACK = 4 / 3


class Looking:
    """Looks at one candidate's launches on one workload."""

    def __init__(self, rotation: Rotation, rounds: int) -> None:
        self._rotation = rotation
        self._random = random.Random(os.urandom(16))
        # The candidate's elements and the baseline's, look by look.
        self._most = rounds * LOOKED_AT
        self._room: torch.Tensor | None = None
        self._looks = 0
        self._changed: list[torch.Tensor] = []

    def look(self, answers: list[torch.Tensor]) -> None:
        """After the replay of a baseline that followed the candidate's; `answers` are the baseline's, by copy."""
        copies, lying = self._rotation.copies, self._rotation.lying
        for at in self._random.sample(range(len(copies)), min(LOOKED_AT, len(copies))):
            part = self._part(answers[at])
            mine, theirs = self._rotation.outputs[at][part], answers[at][part]
            if self._room is None:
                self._room = torch.empty(self._most, 2, *mine.shape, dtype=mine.dtype, device=mine.device)
            self._room[self._looks, 0].copy_(mine)
            self._room[self._looks, 1].copy_(theirs)
            self._looks += 1
        # A kernel that changes its inputs changes what the baseline answers.
        if self._random.random() < LOOKED_AT_INPUTS:
            name = self._random.choice(list(lying[at]))
            self._changed.append(torch.ne(copies[at][name], lying[at][name]).any())

    def verdict(self, distance: float, close: float) -> str | None:
        """What was wrong; None when nothing was. Waits for the device."""
        if self._room is None:
            return None
        seen = self._room[: self._looks].float().flatten(2)
        mine, theirs = seen[:, 0], seen[:, 1]
        changed = torch.stack([*self._changed, torch.zeros((), dtype=torch.bool, device=mine.device)]).any()
        off = mine - theirs
        errors = torch.linalg.vector_norm(off, dim=1) / torch.linalg.vector_norm(theirs, dim=1)
        worst = (off.abs() - 0.02 * theirs.abs()).amax(1)
        # The largest of numbers of which one is none is none.
        found = torch.stack([errors.max(), worst.max(), changed.float()]).tolist()
        if found[2] > 0:
            return "the kernel changed its inputs while it was timed"
        limit = SLACK * distance
        if not found[0] <= limit:
            is_off = f"relative distance {found[0]:.2e} from PyTorch's answer"
            return f"while timed: {is_off}, at most {limit:.2e} is allowed"
        if not found[1] <= 2 * close:
            return f"while timed: an element is off by {found[1]:.2e} more than 2 % of its value"
        return None

    def _part(self, tensor: torch.Tensor) -> tuple[Any, ...]:
        """Of each row the same number of elements, evenly spaced, from anywhere on."""
        last = tensor.shape[-1]
        count = max(1, last // max(1, min(STEP, tensor.numel() // ENOUGH)))
        step = last // count
        first = self._random.randrange(last - (count - 1) * step)
        return (..., slice(first, first + (count - 1) * step + 1, step))

"""What candidates are judged against: inputs, right answers and baselines of a workload, kept between candidates.

Right answers stay on the device masked: each is combined (exclusive or) with random bits from a generator whose key is
in host memory. As they are they exist only during a comparison, when no kernel of the candidate runs, and are
overwritten before their memory is given back. Bringing them from host memory each time would be a quarter of an
evaluation, and as fast or slow as the host's processors happen to be. What PyTorch's own kernels answer is not hidden:
baselines run beside the candidates all the time.
"""

from __future__ import annotations

import os
import statistics
from types import ModuleType
from typing import Any
from weakref import WeakValueDictionary

import torch
from baselines import captured
from hidden import hidden_shapes
from rotation import Room, Rotation
from timing import Replay, cache_bytes, capture, time_rounds

Json = dict[str, Any]
Tensors = dict[str, torch.Tensor]

# Copies of the inputs, each used once in a replay. Before a replay none is in the L2 cache.
ROTATED_BYTES = 112 * 1024 * 1024
# And more than this many times the L2 cache, so that a copy's bandwidth is a limit (plausible.py).
ROTATED_CACHES = 2.1
MAX_COPIES = 48
# For bfloat16 and float16 (docs/architecture.md): this many times the error of PyTorch's default.
ERROR_FACTOR = 2.0
CLOSE = 1e-2
# Far from the seeds of cases.
ROTATION_SEED = 1 << 20


class Case:
    """One shape and seed: inputs and the masked answer on the device, and how far PyTorch's default is from it."""

    def __init__(self, trusted: ModuleType, shape: Json, seed: int, tolerance: float = 0.0) -> None:
        """`tolerance`: a relative L2 error that the kernel's definition allows in any case."""
        self.shape = shape
        self.inputs: Tensors = trusted.inputs(shape, seed)
        answer = trusted.reference(shape, self.inputs).float()
        self.norm = _norm_of_last_use(answer.double())
        difference = next(iter(trusted.baselines().values()))(shape, self.inputs).float() - answer
        self.usual_error = _norm_of_last_use(difference.double()) / self.norm
        difference.zero_()
        self.limit = max(ERROR_FACTOR * self.usual_error, tolerance)
        self._key = int.from_bytes(os.urandom(8), "little") >> 1
        self._masked = self._mask(answer.shape, answer.device).bitwise_xor_(answer.view(torch.int32))
        answer.zero_()

    def _mask(self, shape: torch.Size, device: torch.device) -> torch.Tensor:
        """The same random bits each time, 32 for each element."""
        generator = torch.Generator(device).manual_seed(self._key)
        return torch.randint(-(1 << 31), 1 << 31, shape, generator=generator, dtype=torch.int32, device=device)

    def judge(self, output: torch.Tensor) -> tuple[float, str | None]:
        """Relative L2 error, and the defect of the output; None when it passes."""
        # In place from here on: memory that was given back then reveals nothing.
        answer = self._mask(self._masked.shape, output.device).bitwise_xor_(self._masked).view(torch.float32)
        difference = torch.sub(output, answer)
        found = [torch.isnan(difference).sum(), torch.linalg.vector_norm(difference)]
        found.append(difference.abs_().sub_(answer.abs_(), alpha=CLOSE).max())
        answer.zero_()
        difference.zero_()
        # Waits for the device once.
        unwritten, distance, worst = torch.stack([one.double() for one in found]).tolist()
        error = distance / self.norm
        if unwritten:
            return error, f"{unwritten:.0f} of {output.numel()} elements are not numbers or were never written"
        if error > self.limit:
            usual = f"{ERROR_FACTOR:g} times that of PyTorch's default, {self.usual_error:.2e}"
            is_usual = self.limit == ERROR_FACTOR * self.usual_error
            limit = usual if is_usual else f"the kernel's tolerance, {self.limit:.2e}"
            return error, f"relative error {error:.2e} is more than {limit}"
        if worst > CLOSE:
            return error, f"an element is off by {worst:.2e} more than 1 % of its value, at most {CLOSE} is allowed"
        return error, None


def _norm_of_last_use(values: torch.Tensor) -> float:
    """The norm of a tensor that is overwritten, since its memory goes back to where a candidate's comes from."""
    norm = float(values.norm())
    values.zero_()
    return norm


class Arena:
    """A workload's timed copies: inputs and outputs in turn, and the baselines captured on them."""

    def __init__(self, trusted: ModuleType, workload: Json, seed: int, tolerance: float = 0.0) -> None:
        shape = workload["shape"]
        answers = trusted.output(shape)
        # Sums of short numbers err by their rounding, about as PyTorch's do; those of float32 by their order, which
        # is free.
        tolerance = tolerance if answers.dtype == torch.float32 else 0.0
        self.main = Case(trusted, shape, seed, tolerance)
        self.fresh = Case(trusted, shape, seed + 1, tolerance)
        self._trusted, self._seed, self._tolerance = trusted, seed, tolerance
        self._hidden: dict[str, Case] = {}
        total = sum(tensor.numel() * tensor.element_size() for tensor in self.main.inputs.values())
        rotated = max(ROTATED_BYTES, int(ROTATED_CACHES * cache_bytes()))
        copies = max(2, min(MAX_COPIES, -(-rotated // total)))
        self.rotated_bytes = copies * total
        self.copies: list[Tensors] = [self._copy(at) for at in range(copies)]
        room = Room(answers, copies)
        self.outputs = room.outputs
        self.rotation = Rotation(trusted, shape, seed + ROTATION_SEED, self.copies, room)
        # `left_out`: baselines that do not run on this shape, and why.
        self.baselines, self.left_out = captured(trusted, shape, self.copies, capture)
        self.rank()
        self._errors = {name: self._error_of(replay) for name, replay in self.baselines.items()}

    def rank(self) -> None:
        """Times the baselines, without a candidate beside them."""
        rounds = time_rounds(self.baselines, 7)
        self.alone_ms = {name: statistics.median(times) for name, times in rounds.items()}
        self.fastest = min(self.alone_ms, key=lambda name: self.alone_ms[name])

    def leave_out(self, name: str, why: str) -> None:
        """It is no yardstick any more; the fastest of the others is one, as long as there are any."""
        self.left_out[name] = why
        del self.baselines[name], self.alone_ms[name]
        if self.alone_ms:
            self.fastest = min(self.alone_ms, key=lambda name: self.alone_ms[name])

    def _error_of(self, baseline: Replay) -> float:
        self.rotation.lay(0, self.main.inputs)
        baseline.graph.replay()
        return self.main.judge(baseline.answers[0])[0]

    @property
    def distance(self) -> float:
        """How far a right answer may be from the one of the fastest baseline."""
        return self.main.limit + self._errors[self.fastest]

    def hidden(self, input_seed: int) -> list[Case]:
        """The cases of the shapes that go with this seed, made when they are first asked for."""
        cases = []
        for shape in hidden_shapes(self._trusted, self.main.shape, input_seed):
            if str(shape) not in self._hidden:
                seed = self._seed + 2 + len(self._hidden)
                self._hidden[str(shape)] = Case(self._trusted, shape, seed, self._tolerance)
            cases.append(self._hidden[str(shape)])
        return cases

    def _copy(self, at: int) -> Tensors:
        """
        Same contents and strides at another address. What every seed has in common, such as a model's weights, may be
        gigabytes: the arenas of all workloads with the same tensor share its copies.
        """
        copied = {}
        for name, tensor in self.main.inputs.items():
            if self.fresh.inputs[name] is not tensor:
                copied[name] = _copy_of(tensor)
                continue
            kept = SHARED_COPIES.get((id(tensor), at))
            # Who has a copy has the tensor too, so that its number is nobody else's.
            copied[name] = SHARED_COPIES[id(tensor), at] = _copy_of(tensor) if kept is None else kept
        return copied


# By the tensor and the place of the copy. What lies in them is laid anew for each candidate.
SHARED_COPIES: WeakValueDictionary[tuple[int, int], torch.Tensor] = WeakValueDictionary()


def _copy_of(tensor: torch.Tensor) -> torch.Tensor:
    room = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device)
    return room.copy_(tensor)


class Arenas:
    """Arenas by workload and seed, the least recently used ones dropped when device memory runs low."""

    def __init__(self, max_bytes: int) -> None:
        self._kept: dict[tuple[str, int], Arena] = {}
        self._max_bytes = max_bytes

    def get(self, trusted: ModuleType, folder: str, workload: Json, seed: int, tolerance: float = 0.0) -> Arena:
        key = (f"{folder} {workload['shape']}", seed)
        arena = self._kept.pop(key, None)
        if arena is None:
            # The memory of captured graphs counts as reserved only.
            while self._kept and torch.cuda.memory_reserved() > self._max_bytes:
                del self._kept[next(iter(self._kept))]
                torch.cuda.empty_cache()
            arena = Arena(trusted, workload, seed, tolerance)
        self._kept[key] = arena
        return arena

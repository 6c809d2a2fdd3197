"""Runs an evolved kernel on a GPU, and the reference where the evolved one cannot be trusted.

    from loader import Kernel
    kernel = Kernel()
    output = kernel(shape, {"q": q, "k": k, "v": v})

Tensors are named and shaped as `kernel/` + the reference file says; `shape` has the sizes of a workload. A shape that
was measured runs the configuration that won on it (for this device model where it was measured there, else for
another). Everything else runs the reference: no CUDA device, no compiler, a shape that was never measured (unless
`untested=True`), a configuration that this GPU or compiler refuses, and one whose first answer is wrong.
`kernel.choice(shape)` says which it is and why. `python3 loader.py` checks and times every measured shape on this GPU.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

HERE = Path(__file__).resolve().parent
# As the evaluator judges bfloat16 and float16: at most this many times the error of PyTorch's default.
ERROR_FACTOR = 2.0
Shape = dict[str, int]
Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Choice:
    """What a shape runs: `tuned` with the entry of best.json, or `reference`; and why."""

    kind: str
    why: str
    entry: dict[str, Any] | None = None


class Kernel:
    """The kernel of this folder. Calls go to torch's current stream, those of several threads one after another."""

    def __init__(self, *, check: bool = True, untested: bool = False) -> None:
        """`check`: compare the first answer for each shape with the reference. `untested`: the first configuration
        may run shapes that were never measured."""
        self._best = json.loads((HERE / "best.json").read_text())
        self._trusted = _load(HERE / "kernel" / self._best["reference"])
        self._check, self._untested = check, untested
        self._lock = threading.Lock()
        self._launcher = _load(HERE / "launching.py").Launcher(HERE, self._best, _load)
        self._refused: dict[str, str] = {}
        self._checked: set[str] = set()
        self._device = torch.cuda.get_device_name() if torch.cuda.is_available() else None

    @property
    def can_launch(self) -> bool:
        """Whether this machine has a GPU and the compiler."""
        return self._device is not None and self._launcher.missing() is None

    @property
    def workloads(self) -> list[dict[str, Any]]:
        """Measured shapes with their configurations and times."""
        return list(self._best["entries"])

    def choice(self, shape: Shape) -> Choice:
        """What this shape runs, as far as it is known before it has run."""
        if self._device is None:
            return Choice("reference", "there is no CUDA device")
        missing = self._launcher.missing()
        if missing is not None:
            return Choice("reference", missing)
        if _key(shape) in self._refused:
            return Choice("reference", self._refused[_key(shape)])
        measured = [entry for entry in self._best["entries"] if entry["shape"] == shape]
        if measured:
            here = [entry for entry in measured if entry["device"] == self._device]
            entry = (here or measured)[0]
            if entry.get("runs") == "baseline":
                return Choice("baseline", f"nothing measured was faster than {entry['baseline']}")
            where = "" if here else f" on {entry['device']}, not on this {self._device}"
            return Choice("tuned", f"measured as {entry['workload']}{where}", entry)
        if self._untested and self._best["entries"]:
            entry = self._best["entries"][0]
            return Choice("tuned", f"not measured; configuration of {entry['workload']}", entry)
        return Choice("reference", "this shape was not measured")

    def __call__(self, shape: Shape, tensors: Tensors) -> torch.Tensor:
        with self._lock:
            choice, key = self.choice(shape), _key(shape)
            if choice.entry is None:
                return self._fallback(shape, tensors)
            output = _empty_like_fallback(self._trusted, shape, tensors)
            try:
                self._launcher.run(choice.entry, shape, {**tensors, "out": output})
            except Exception as error:
                self._fall_back(key, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
                return self._fallback(shape, tensors)
            if self._check and key not in self._checked:
                wrong = self._wrong(shape, tensors, output)
                if wrong is not None:
                    self._fall_back(key, wrong)
                    return self._fallback(shape, tensors)
                self._checked.add(key)
            return output

    def _fallback(self, shape: Shape, tensors: Tensors) -> torch.Tensor:
        """The first baseline, which is what PyTorch does by default; without one, the formula of the reference."""
        known = getattr(self._trusted, "baselines", dict)()
        first = next(iter(known.values()), None)
        return self._trusted.reference(shape, tensors) if first is None else first(shape, tensors)

    def _fall_back(self, key: str, why: str) -> None:
        self._refused[key] = why
        warnings.warn(f"the tuned kernel is not used for {key}: {why}", RuntimeWarning, stacklevel=3)

    def _wrong(self, shape: Shape, tensors: Tensors, output: torch.Tensor) -> str | None:
        right = self._trusted.reference(shape, tensors).double()
        norm = float(right.norm())
        error = float((output.double() - right).norm()) / norm
        usual = float((self._fallback(shape, tensors).double() - right).norm()) / norm
        limit = max(ERROR_FACTOR * usual, 1e-6)
        return None if error <= limit else f"its relative error is {error:.1e}, the limit {limit:.1e}"


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"kevo_{path.stem}_{abs(hash(path))}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _key(shape: Shape) -> str:
    return " ".join(f"{name}={shape[name]}" for name in sorted(shape))


def _empty_like_fallback(trusted: ModuleType, shape: Shape, tensors: Tensors) -> torch.Tensor:
    """Room for the answer on the inputs' device, as the reference lays it out."""
    with torch.cuda.device(next(iter(tensors.values())).device):
        return trusted.output(shape)


def measure(kernel: Kernel, entry: dict[str, Any], calls: int) -> dict[str, Any]:
    """Checks one measured shape on inputs of its own and times it beside the fallback; milliseconds are medians."""
    shape = entry["shape"]
    choice = kernel.choice(shape)
    row = {"workload": entry["workload"], "runs": choice.kind, "why": choice.why}
    row |= {"can_launch": kernel.can_launch, "recorded_ms": entry["time_ms"]}
    if choice.kind != "tuned":
        return row
    tensors = kernel._trusted.inputs(shape, 1)
    kernel(shape, tensors)
    choice = kernel.choice(shape)
    times = {"time_ms": _time(lambda: kernel(shape, tensors), calls)}
    times["fallback_ms"] = _time(lambda: kernel._fallback(shape, tensors), calls)
    return {**row, "runs": choice.kind, "why": choice.why, **times}


def _time(call: Any, calls: int) -> float:  # noqa: ANN401 - a function without arguments
    times = []
    for _ in range(calls + 2):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        call()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times[2:])


def main() -> int:
    options = argparse.ArgumentParser(description="Check and time every measured shape on this GPU.")
    options.add_argument("--json", action="store_true", help="one JSON value on standard output")
    options.add_argument("--calls", type=int, default=20, help="timed calls of each shape")
    given = options.parse_args()
    kernel = Kernel()
    rows = [measure(kernel, entry, given.calls) for entry in kernel.workloads]
    if given.json:
        print(json.dumps(rows))
    else:
        for row in rows:
            spent = f"{row['time_ms']:.4g} ms, fallback {row['fallback_ms']:.4g} ms" if "time_ms" in row else ""
            print(f"{row['workload']}: {row['runs']} ({row['why']}) {spent}")
    return 0 if all(row["runs"] == "tuned" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

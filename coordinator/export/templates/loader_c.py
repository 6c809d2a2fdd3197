"""Runs an evolved C kernel from Python, and the reference where the evolved one cannot be trusted.

    from loader import Kernel
    kernel = Kernel()
    output = kernel({"heads": 8, "length": 256, "width": 64}, q, k, v)

Inputs are contiguous buffers of the kernel's types in its order (NumPy arrays, arrays of `array`, memoryviews);
`kernel.inputs_of(shape)` lists them. The answer is a NumPy array where NumPy is installed, else an `array`; a kernel
with several outputs answers with a tuple in their order. bfloat16, which neither knows, is uint16 with the bits. A
shape that was measured runs the configuration that won on it, compiled here on first use. Everything else runs the
reference: shapes that were never measured (unless `untested=True`), a configuration that does not compile here, and one
whose first answer differs from the reference by more than the tolerance.
`kernel.choice(shape)` says which it is and why. `python3 loader.py` checks and times every measured shape on this
machine.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import math
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kevo_arrays import TYPES, Array, Type, aligned, answer_of

HERE = Path(__file__).resolve().parent
MAX_ARRAYS = 16
FAST_MATH = {"-ffast-math", "-Ofast", "-funsafe-math-optimizations"}
Shape = dict[str, int]


class BuildError(RuntimeError):
    """The compiler is missing or refuses; the message carries its output."""


@dataclass(frozen=True)
class Choice:
    """What a shape runs: `tuned` with the entry of best.json, or `reference`; and why."""

    kind: str
    why: str
    entry: dict[str, Any] | None = None


@dataclass(frozen=True)
class Layout:
    """Types and numbers of elements of a shape's arrays."""

    inputs: list[tuple[Type, int]]
    outputs: list[tuple[Type, int]]


class Kernel:
    """The kernel of this folder. Calls from several threads run one after another."""

    def __init__(
        self, *, compiler: str | None = None, cores: int | None = None, check: bool = True, untested: bool = False
    ) -> None:
        """`check`: compare the first answer for each shape with the reference. `untested`: the configuration of the
        nearest measured shape may run shapes that were never measured; only for those its author says it takes."""
        self._best = json.loads((HERE / "best.json").read_text())
        self._compilers = Compilers(
            shlex.split(compiler or os.environ.get("CC") or "cc"),
            shlex.split(os.environ.get("CXX") or "c++"),
            ["-DKEVO_ARGUMENTS"] if self._best.get("typed") else [],
        )
        self._cores = cores or len(os.sched_getaffinity(0))
        self._check, self._untested = check, untested
        self._lock = threading.Lock()
        self._libraries: dict[tuple[str, ...], ctypes.CDLL] = {}
        self._refused: dict[str, str] = {}
        self._checked: set[str] = set()
        # Threads do not live on in a forked process, so neither do the libraries that have started some.
        os.register_at_fork(after_in_child=self._forget)

    @property
    def workloads(self) -> list[dict[str, Any]]:
        """Measured shapes with their configurations and times."""
        return list(self._best["entries"])

    def choice(self, shape: Shape) -> Choice:
        """What this shape runs, as far as it is known before it has run."""
        key = _key(shape)
        if key in self._refused:
            return Choice("reference", self._refused[key])
        for entry in self._best["entries"]:
            if entry["shape"] == shape:
                return Choice("tuned", f"measured as {entry['workload']}", entry)
        if self._untested and self._best["entries"]:
            nearest = min(self._best["entries"], key=lambda entry: _distance(entry["shape"], shape))
            return Choice("tuned", f"not measured; configuration of {nearest['workload']}", nearest)
        return Choice("reference", "this shape was not measured")

    def __call__(self, shape: Shape, *inputs: Any) -> Any:  # noqa: ANN401 - whatever has the buffer protocol
        with self._lock:
            layout = self._layout(shape)
            if len(inputs) != len(layout.inputs):
                raise ValueError(f"{len(inputs)} inputs were given, the kernel takes {len(layout.inputs)}")
            taken = zip(inputs, layout.inputs, strict=True)
            arrays = [aligned(given, kind, count, at) for at, (given, (kind, count)) in enumerate(taken)]
            answers = [answer_of(output) for output in self._run(shape, arrays, layout)]
            return answers[0] if len(answers) == 1 else tuple(answers)

    def inputs_of(self, shape: Shape) -> list[tuple[str, int]]:
        """Type and number of elements of each input."""
        return [(kind.name, count) for kind, count in self._layout(shape).inputs]

    def inputs(self, shape: Shape, seed: int) -> list[Array]:
        """The inputs that the kernel was judged on, from a seed."""
        made = [Array(*one) for one in self._layout(shape).inputs]
        self._reference().kevo_export_inputs(*_shape(shape), ctypes.c_uint64(seed), _pointers(made))
        return made

    def _run(self, shape: Shape, inputs: list[Array], layout: Layout) -> list[Array]:
        choice, key = self.choice(shape), _key(shape)
        if choice.entry is None:
            return self._rounded(shape, inputs, layout)
        try:
            library = self._tuned(choice.entry)
        except BuildError as error:
            self._fall_back(key, f"it does not compile here: {error}")
            return self._rounded(shape, inputs, layout)
        outputs = [Array(*one) for one in layout.outputs]
        library.kevo_export_call(*_shape(shape), _pointers(inputs), _pointers(outputs))
        if self._check and key not in self._checked:
            right = self._right(shape, inputs, layout)
            if not all(math.isfinite(value) for one in right for value in one):
                # Nothing can be learnt from infinities and NaN: this answer is the reference's, the next call decides.
                return self._rounded(shape, inputs, layout, right)
            wrong = self._wrong(outputs, right)
            if wrong is not None:
                self._fall_back(key, wrong)
                return self._rounded(shape, inputs, layout, right)
            self._checked.add(key)
        return outputs

    def _wrong(self, outputs: list[Array], right: list[Sequence[float]]) -> str | None:
        limits = self._best.get("outputs") or [{"name": "output", "tolerance": self._best["tolerance"]}]
        for output, answer, limit in zip(outputs, right, limits, strict=True):
            of = f" of {limit['name']}" if len(limits) > 1 else ""
            if not output.kind.real:
                different = sum(a != b for a, b in zip(output.view, answer, strict=True))
                if different > 0:
                    return f"{different} elements{of} are wrong"
                continue
            error = _relative_l2(output.numbers(), answer)
            if not error <= limit["tolerance"]:
                return f"its relative error{of} is {error:.1e}, more than {limit['tolerance']:.0e}"
        return None

    def _fall_back(self, key: str, why: str) -> None:
        self._refused[key] = why
        warnings.warn(f"the tuned kernel is not used for {key}: {why}", RuntimeWarning, stacklevel=4)

    def _layout(self, shape: Shape) -> Layout:
        names = sorted(self._best["sizes"])
        if sorted(shape) != names:
            raise ValueError(f"a shape names {', '.join(names)}; this one names {', '.join(sorted(shape))}")
        counts, types = (ctypes.c_uint64 * MAX_ARRAYS)(), (ctypes.c_uint32 * MAX_ARRAYS)()
        inputs = self._reference().kevo_export_layout(*_shape(shape), counts, types)
        if inputs < 0:
            raise ValueError(f"the kernel takes no such shape: {shape}")
        outputs = len(self._best.get("outputs") or [None])
        arrays = [(TYPES[kind], count) for kind, count in zip(types, counts, strict=True)]
        return Layout(arrays[:inputs], arrays[inputs : inputs + outputs])

    def _right(self, shape: Shape, inputs: list[Array], layout: Layout) -> list[Sequence[float]]:
        """Doubles, and integers as they are."""
        answers = [((ctypes.c_double if kind.real else kind.held) * count)() for kind, count in layout.outputs]
        addresses = [ctypes.addressof(answer) for answer in answers]
        self._reference().kevo_export_reference(
            *_shape(shape), _pointers(inputs), (ctypes.c_void_p * len(addresses))(*addresses)
        )
        return list(answers)

    def _rounded(
        self, shape: Shape, inputs: list[Array], layout: Layout, right: list[Sequence[float]] | None = None
    ) -> list[Array]:
        outputs = [Array(*one) for one in layout.outputs]
        for output, answer in zip(outputs, right or self._right(shape, inputs, layout), strict=True):
            output.put(answer)
        return outputs

    def _reference(self) -> ctypes.CDLL:
        return self._library(self._best["reference"], None)

    def _tuned(self, entry: dict[str, Any]) -> ctypes.CDLL:
        library = self._library(entry["source"], entry["arguments"])
        library.kevo_export_cores(self._cores)
        return library

    def _library(self, source: str, arguments: list[str] | None) -> ctypes.CDLL:
        key = (source, *(arguments or ["reference"]))
        if key not in self._libraries:
            self._libraries[key] = _build(self._compilers, source, arguments)
        return self._libraries[key]

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._libraries = {}


@dataclass(frozen=True)
class Compilers:
    """Command lines of the C and the C++ compiler, and what every file is compiled with."""

    c: list[str]
    cpp: list[str]
    flags: list[str]

    def of(self, source: str) -> tuple[list[str], str]:
        """The compiler of a file, and its standard."""
        return (self.c, "-std=gnu17") if source.endswith(".c") else (self.cpp, "-std=gnu++17")


def _build(compilers: Compilers, source: str, arguments: list[str] | None) -> ctypes.CDLL:
    """The library of the kernel with these arguments; of the reference, which is never tuned, where they are None."""
    runtime = HERE / "runtime"
    common = ["-fPIC", "-w", "-pthread", "-I", str(runtime), "-I", str(HERE / "kernel"), *compilers.flags]
    native = "-march=native" if platform.machine() in ("x86_64", "i686") else "-mcpu=native"
    plain = [*common, "-O2", *(["-DKEVO_EXPORT_REFERENCE"] if arguments is None else ["-DKEVO_NO_PINNING"])]
    own = plain if arguments is None else [*common, "-O3", native, *arguments]
    entry = "reference-entry.c" if arguments is None else "entry.c"
    parts = [(HERE / "kernel" / source, own), (runtime / entry, plain), (runtime / "kevo_export.c", plain)]
    if arguments is not None:
        parts.append((runtime / "team.c", plain))
    with tempfile.TemporaryDirectory(prefix="kevo-") as room:
        objects = []
        for at, (part, flags) in enumerate(parts):
            objects.append(f"{room}/{at}.o")
            compiler, standard = compilers.of(part.name)
            _compile([*compiler, standard, *flags, "-c", str(part), "-o", objects[-1]])
        # With -ffast-math some compilers link code that changes how the whole process rounds; other flags are needed
        # here too, since -fopenmp and -flto also say what is linked.
        kept = [flag for flag in arguments or [] if flag.startswith("-") and not flag.startswith("-D")]
        flags = [flag for flag in kept if flag not in FAST_MATH]
        library = f"{room}/kernel.so"
        linker, _ = compilers.of(source)
        _compile([*linker, *flags, "-fPIC", "-shared", "-pthread", *objects, "-lm", "-o", library])
        try:
            return ctypes.CDLL(library)  # Stays loaded after its file is removed.
        except OSError as error:
            raise BuildError(str(error)) from error


def _compile(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        raise BuildError("; ".join(done.stderr.strip().splitlines()[:3]) or f"{command[0]} failed")


def _key(shape: Shape) -> str:
    return " ".join(f"{name}={shape[name]}" for name in sorted(shape))


def _distance(a: Shape, b: Shape) -> float:
    return sum(abs(math.log(max(1, a[name])) - math.log(max(1, b.get(name, 1)))) for name in a)


def _shape(shape: Shape) -> tuple[Any, Any, Any]:
    names = list(shape)
    return (
        ctypes.c_uint32(len(names)),
        (ctypes.c_char_p * len(names))(*[name.encode() for name in names]),
        (ctypes.c_int64 * len(names))(*[shape[name] for name in names]),
    )


def _pointers(arrays: list[Array]) -> Any:  # noqa: ANN401 - a ctypes array
    return (ctypes.c_void_p * max(1, len(arrays)))(*[one.address for one in arrays])


def _relative_l2(given: Sequence[float], right: Sequence[float]) -> float:
    off = math.fsum((a - b) * (a - b) for a, b in zip(given, right, strict=True))
    norm = math.fsum(b * b for b in right)
    return math.sqrt(off) / math.sqrt(norm) if norm > 0 else math.sqrt(off)


def measure(kernel: Kernel, entry: dict[str, Any], calls: int) -> dict[str, Any]:
    """Checks one measured shape on inputs of its own and times it; milliseconds are medians of `calls` calls."""
    shape = entry["shape"]
    inputs = kernel.inputs(shape, 1)
    kernel(shape, *inputs)
    choice = kernel.choice(shape)
    row = {"workload": entry["workload"], "runs": choice.kind, "why": choice.why, "recorded_ms": entry["time_ms"]}
    if choice.kind != "tuned":
        return row
    library, outputs = kernel._tuned(entry), [Array(*one) for one in kernel._layout(shape).outputs]
    times = []
    for _ in range(calls + 2):
        start = time.perf_counter()
        library.kevo_export_call(*_shape(shape), _pointers(inputs), _pointers(outputs))
        times.append((time.perf_counter() - start) * 1e3)
    return {**row, "time_ms": statistics.median(times[2:])}


def main() -> int:
    options = argparse.ArgumentParser(description="Check and time every measured shape on this machine.")
    options.add_argument("--json", action="store_true", help="one JSON value on standard output")
    options.add_argument("--calls", type=int, default=20, help="timed calls of each shape")
    given = options.parse_args()
    kernel = Kernel()
    try:
        rows = [measure(kernel, entry, given.calls) for entry in kernel.workloads]
    except BuildError as error:
        print(f"loader: {error}. A C compiler is needed; name it in CC.", file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(rows))
    else:
        for row in rows:
            spent = f"{row['time_ms']:.4g} ms here, {row['recorded_ms']:.4g} ms recorded" if "time_ms" in row else ""
            print(f"{row['workload']}: {row['runs']} ({row['why']}) {spent}")
    return 0 if all(row["runs"] == "tuned" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

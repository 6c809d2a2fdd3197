"""Compile process for CUDA C++: as `compile_main.py`, with NVRTC. The protocol is in `protocol.py`."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import sys
import time
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import nvrtc
from artefacts import Refused, check_cache_hints, check_limits, obtain
from geometry import BadGeometry, constants_for, launches_for, scratch_for
from hidden import launched_shapes
from plan_format import COMPILED_LAUNCH, check_plan
from protocol import Frame, open_channel, required
from sass import instructions
from serving import serve, shown
from shared_artefacts import shared_in

Json = dict[str, Any]

MAX_THREADS = 1024
MAX_MESSAGE = 600


def compile_candidate(request: Frame) -> Json:
    """Outcome, message, kernels and program of one request; never raises for a candidate's mistakes."""
    folder, source, reference, cache = required(request, folder=str, source=str, reference=str, cache_dir=str)
    config, workloads, target, seed = required(request, config=dict, workloads=list, target=dict, input_seed=int)
    launches, scratch, flags, constants = required(request, launches=list, scratch=dict, flags=list, constants=list)
    shared_dir = request.get("shared_dir")
    shared = shared_in(shared_dir) if isinstance(shared_dir, str) else None
    started = time.monotonic()
    outcome, message, program, reused = "ok", None, None, True
    kernels: dict[str, Json] = {}
    try:
        trusted = _loaded(Path(folder) / reference)
        units: dict[tuple[str, ...], Unit] = {}
        plans = []
        for shape in launched_shapes(trusted, [workload["shape"] for workload in workloads], seed):
            sizes = tuple(constants_for(constants, shape))
            unit = units.get(sizes) or units.setdefault(sizes, Unit(Path(source), [*flags, *sizes], target))
            plan = {"scratch": scratch_for(scratch, config, shape), "launches": []}
            for launch in launches_for(launches, config, shape):
                block, shared_bytes = launch.pop("block"), launch.pop("shared_bytes")
                key = unit.key_of(launch["kernel"], block, shared_bytes)
                if key not in kernels:
                    make = partial(unit.make, launch["kernel"], block, shared_bytes)
                    kernels[key], found = obtain(Path(cache), shared, key, lambda key=key: key, make)
                    reused = reused and found
                plan["launches"].append({**launch, "key": key})
            check_plan(plan, COMPILED_LAUNCH)
            plans.append({"shape": shape, **plan})
        program = {"plans": plans, "seed": seed}
    except BadGeometry as error:
        outcome, message = "invalid", str(error)
    except (Refused, nvrtc.CompileError) as error:
        outcome, message = "compile_error", str(error)
    return {
        "outcome": outcome,
        "message": message,
        "compile_ms": (time.monotonic() - started) * 1000,
        "reused": outcome == "ok" and reused,
        "kernels": shown(kernels.values()),
        "program": program if outcome == "ok" else None,
        "fatal": False,
    }


class Unit:
    """A source file with the macros of one configuration, compiled at most once."""

    def __init__(self, source: Path, flags: list[str], target: Json) -> None:
        self._source, self._target = source, target
        self._text = source.read_text()
        # Hopper's and Blackwell's own instructions belong to an architecture with this letter only.
        arch = f"{target['arch']}a" if target["arch"] >= 90 else str(target["arch"])
        self._options = [f"--gpu-architecture=sm_{arch}", "--std=c++17", "--ptxas-options=-v", *flags]
        # The source may read headers beside it.
        headers = [path for path in sorted(source.parent.iterdir()) if path.suffix in (".h", ".cuh", ".hpp")]
        beside = [path.read_bytes() for path in headers]
        parts = [self._text.encode(), *beside, nvrtc.version().encode(), json.dumps([self._options, target]).encode()]
        parts += [Path(__file__).read_bytes()]
        self._digest = hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
        self._compiled: tuple[bytes, dict[str, dict[str, int]]] | None = None

    def key_of(self, kernel: str, block: list[int], shared_bytes: int) -> str:
        """Equal keys, equal machine code and launch record."""
        return hashlib.sha256(json.dumps([self._digest, kernel, block, shared_bytes]).encode()).hexdigest()

    def make(self, kernel: str, block: list[int], shared_bytes: int) -> tuple[Json, bytes]:
        """Launch record and machine code of one function. Raises Refused, CompileError."""
        threads = block[0] * block[1] * block[2]
        if not 0 < threads <= MAX_THREADS:
            raise Refused(f"a block of {block[0]} by {block[1]} by {block[2]} threads; the device takes {MAX_THREADS}")
        if self._compiled is None:
            self._compiled = self._compile()
        code, functions = self._compiled
        if kernel not in functions:
            known = ", ".join(functions) or "none"
            raise Refused(f'{self._source.name} has no function {kernel} that is extern "C" __global__; it has {known}')
        used = functions[kernel]
        record = {
            "kernel": kernel,
            "name": kernel,
            "registers": used["registers"],
            "spill_bytes": used["spill_bytes"],
            "shared_bytes": used["shared_bytes"] + shared_bytes,
            "dynamic_shared_bytes": shared_bytes,
            "num_warps": -(-threads // self._target["warp_size"]),
            "block": block,
            "num_ctas": 1,
            "global_scratch": 0,
            "descriptors": [],
            # Only Triton's compiler adds any.
            "trailing_pointers": 0,
            "instructions": instructions(code, kernel, self._target["arch"]),
        }
        check_limits(record, self._target)
        return record, code

    def _compile(self) -> tuple[bytes, dict[str, dict[str, int]]]:
        includes = [f"--include-path={self._source.parent}", f"--include-path={nvrtc.include_folder()}"]
        try:
            code, ptx, log = nvrtc.compile_source(self._text, self._source.name, [*self._options, *includes])
        except nvrtc.CompileError as error:
            raise Refused(_in_short(str(error))) from error
        check_cache_hints(ptx)
        return code, nvrtc.resources(log)


def _in_short(text: str) -> str:
    """The first errors, without paths of this host."""
    bare = re.sub(r"(?<![\w/])/(?:[\w.+-]+/)+", "", text)
    errors = [line for line in bare.splitlines() if "error" in line]
    return "\n".join(errors[:4] or bare.splitlines()[-4:])[:MAX_MESSAGE]


_modules: dict[Path, ModuleType] = {}


def _loaded(path: Path) -> ModuleType:
    """The reference: only its shapes are asked for here, without torch. Whatever it raises comes out as Refused."""
    if path not in _modules:
        spec = importlib.util.spec_from_file_location(f"reference_{len(_modules)}", path)
        if spec is None or spec.loader is None:
            raise Refused(f"the reference {path.name} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise Refused(f"{path.name} cannot be loaded: {type(error).__name__}: {error}") from error
        _modules[path] = module
    return _modules[path]


if __name__ == "__main__":
    frames = open_channel()
    try:
        ready = {"nvrtc": nvrtc.version(), "headers": nvrtc.include_folder()}
    except nvrtc.CompilerMissing as missing:
        sys.exit(str(missing))
    frames.send({"type": "ready", **ready, "python": sys.version.split()[0], "pid": os.getpid()})
    serve(frames, compile_candidate)

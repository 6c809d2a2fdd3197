"""Compile process: makes artefacts and launch plans from configurations. The protocol is in `protocol.py`."""

from __future__ import annotations

import builtins
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import artefacts
import gate
import hidden
import plan_format
import protocol
import serving
import shared_artefacts
import triton
import triton_compiler
from artefacts import Refused, obtain
from hidden import launched_shapes
from plan_format import WRITTEN_LAUNCH, check_plan
from protocol import Frame, open_channel, required
from serving import serve, shown
from shared_artefacts import shared_in
from triton_compiler import in_order, key_of, make_launch, shared_name
from watch import Found, watch

Json = dict[str, Any]

# Modules that a candidate's code must leave unchanged: the runner's own and those they call.
WATCHED = [
    (artefacts, None),
    (builtins, None),
    (hidden, None),
    (json, ("dumps", "loads")),
    (os, ("_exit", "listdir", "write")),
    (plan_format, None),
    (protocol, None),
    (serving, None),
    (shared_artefacts, None),
    (triton_compiler, None),
    (triton, ("compile", "knobs")),
    (triton.compiler.compiler, None),
    # Those that the installed version has.
    (triton.knobs.runtime, [name for name in dir(triton.knobs.runtime) if name.startswith(("jit_", "add_stages_"))]),
]


class Tampered(Exception):
    """The candidate's code changed the process that it ran in, or left something running."""


class Forbidden(Exception):
    """Evolved source that the gate does not let through."""


class Modules:
    """Python files as modules, each loaded once for each content."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[str, str], ModuleType] = {}

    def load(self, path: Path) -> tuple[ModuleType, str]:
        """The module and the SHA-256 of its text and its neighbours'. Whatever the file raises comes out as Refused."""
        try:
            text = path.read_bytes()
        except OSError as error:
            raise Refused(f"{path.name}: {error.strerror}") from error
        # A source may read the files beside it.
        beside = b"".join(other.read_bytes() for other in sorted(path.parent.glob("*.py")))
        digest = hashlib.sha256(text + b"\0" + beside).hexdigest()
        module = self._loaded.get((str(path), digest))
        if module is None:
            # Triton looks functions' globals up by module. The prefix keeps the runner's own modules from being hidden.
            module = ModuleType(f"kernel_{path.stem}")
            module.__file__ = str(path)
            sys.modules[module.__name__] = module
            try:
                exec(compile(text, str(path), "exec"), module.__dict__)
            except Exception as error:
                raise Refused(f"{path.name} cannot be loaded: {type(error).__name__}: {error}") from error
            self._loaded[(str(path), digest)] = module
        return module, digest


def compile_candidate(request: Frame, modules: Modules, begin: Callable[[], Found]) -> Json:
    """Outcome, message, kernels and program of one request; never raises for a candidate's mistakes."""
    folder, source, reference, cache = required(request, folder=str, source=str, reference=str, cache_dir=str)
    config, workloads, target, seed = required(request, config=dict, workloads=list, target=dict, input_seed=int)
    shared_dir = request.get("shared_dir")
    shared = shared_in(shared_dir) if isinstance(shared_dir, str) else None
    started = time.monotonic()
    outcome, message, program, reused, fatal = "ok", None, None, True, False
    kernels: dict[str, Json] = {}
    try:
        forbidden = gate.refused(Path(source).read_text(encoding="utf-8")) if request.get("evolved") is True else None
        if forbidden is not None:
            raise Forbidden(forbidden)
        trusted, _ = modules.load(Path(folder) / reference)
        with _watched(begin):
            module, digest = modules.load(Path(source))
        plans = []
        for shape in launched_shapes(trusted, [workload["shape"] for workload in workloads], seed):
            try:
                with _watched(begin):
                    plan = module.plan(config, shape, target)
            except ValueError as error:
                outcome, message = "invalid", str(error)
                break
            try:
                check_plan(plan, WRITTEN_LAUNCH)
            except ValueError as error:
                raise Refused(str(error)) from error
            for launch in plan["launches"]:
                launch["arguments"] = in_order(module, launch)
                launch["key"] = key_of(digest, launch, target)
                if launch["key"] not in kernels:
                    record, found = obtain(
                        Path(cache),
                        shared,
                        launch["key"],
                        partial(shared_name, launch["key"], getattr(module, launch["kernel"]), target),
                        partial(make_launch, module, launch, target),
                    )
                    kernels[launch["key"]] = record
                    reused = reused and found
                # Fields that only the compiler needs stay here.
                del launch["constants"], launch["options"]
            plans.append({"shape": shape, **plan})
        else:
            program = {"plans": plans, "seed": seed}
    except Tampered as tampered:
        outcome, message, fatal = "incorrect", str(tampered), True
    except Forbidden as error:
        outcome, message = "invalid", str(error)
    except Refused as refused:
        outcome, message = "compile_error", str(refused)
    except Exception as error:  # The candidate's `plan` may do anything.
        outcome, message = "compile_error", f"{type(error).__name__}: {error}"
    return {
        "outcome": outcome,
        "message": message,
        "compile_ms": (time.monotonic() - started) * 1000,
        "reused": outcome == "ok" and reused,
        "kernels": shown(kernels.values()),
        "program": program if outcome == "ok" else None,
        "fatal": fatal,
    }


@contextmanager
def _watched(begin: Callable[[], Found]) -> Iterator[None]:
    """Around a candidate's code. Raises Tampered, also where that code raises."""
    found = begin()
    try:
        yield
    finally:
        what = found()
        if what is not None:
            raise Tampered(f"the candidate's code tampered with the compile process: {what}")


if __name__ == "__main__":
    frames = open_channel()
    frames.send({"type": "ready", "triton": triton.__version__, "python": sys.version.split()[0], "pid": os.getpid()})
    kept, looks = Modules(), watch(WATCHED, quiet=True)
    serve(frames, lambda request: compile_candidate(request, kept, looks))

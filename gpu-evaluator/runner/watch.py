"""Notices what a candidate's code did to the process that it ran in, or left running there.

What is compared was remembered before any candidate came, in a closure: replacing this module, or what it calls, does
not reach it. It is a second net: no time is taken in a process that runs a candidate's Python.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence

TIMERS = tuple(
    name
    for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")
    for name in (name, f"{name}_ns")
)

Found = Callable[[], "str | None"]


def watch(things: Sequence[tuple[object, Sequence[str] | None]], quiet: bool) -> Callable[[], Found]:
    """
    Remembers the named attributes of modules and classes (None for all of a module's), and the timers. The result
    starts a look at one candidate; calling what that returns says what the candidate replaced or left running,
    None when nothing. `quiet` is for a process in which nothing but a candidate starts threads and processes or
    replaces modules; where CUDA works, libraries have threads of their own.
    """
    known = [
        (thing, name, getattr(thing, name))
        for thing, names in [*things, (time, TIMERS)]
        for name in (vars(thing) if names is None else names)
    ]
    modules, loaded = sys.modules, dict(sys.modules) if quiet else {}
    read, frames, list_folder, enumerate_threads = getattr, sys._current_frames, os.listdir, threading.enumerate

    def native() -> set[str]:
        """Threads as the kernel counts them, and processes that this one started; none where it does not say."""
        try:
            tasks = set(list_folder("/proc/self/task")) if quiet else set()
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                return tasks | set(file.read().split())
        except OSError:
            return set()

    def begin() -> Found:
        python, system = set(frames()), native()

        def found() -> str | None:
            for thing, name, value in known:
                if read(thing, name, None) is not value:
                    return f"it replaced {getattr(thing, '__name__', type(thing).__name__)}.{name}"
            for name, module in loaded.items():
                if modules.get(name) is not module:
                    return f"it replaced the module {name}"
            if new := set(frames()) - python:
                named = [one.name for one in enumerate_threads() if one.ident in new]
                return f"it left a thread running ({', '.join(named) or 'unnamed'})"
            if native() - system:
                return "it left a thread or a process running"
            return None

        return found

    return begin

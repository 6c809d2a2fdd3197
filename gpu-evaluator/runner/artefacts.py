"""Compiled kernels on disk, by the hash of what makes them. No torch, no CUDA context.

An artefact is a folder `<key>/` with `kernel.cubin` and `kernel.json` (how it must be launched). It appears by one
rename, so a reader never sees half of one, and two processes that compile the same code at once do no harm. What the
compiler rejects is remembered too (`<key>.refused`), because neighbouring cells ask for the same code. That folder is a
daemon's own; behind it is the one that all daemons of the host share (`shared_artefacts.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared_artefacts import Shared

Json = dict[str, Any]

CODE_FILE = "kernel.cubin"
LAUNCH_FILE = "kernel.json"
# In the place of a record: the compiler's message.
REFUSED = "refused"


class Refused(Exception):
    """The compiler, or the device's limits, refuse this configuration. The message is for people and proposers."""


def obtain(
    cache: Path,
    shared: Shared | None,
    key: str,
    shared_name: Callable[[], str | None],
    make: Callable[[], tuple[Json, bytes]],
) -> tuple[Json, bool]:
    """
    The artefact's launch record, and whether it was there already, here or on this host. `make` compiles it and raises
    Refused; `shared_name` is asked where the host shares artefacts. Raises Refused.
    """
    record = _kept(cache, key)
    if record is not None:
        return record, True
    cache.mkdir(parents=True, exist_ok=True)
    name = None if shared is None else shared_name()
    if shared is None or name is None:
        return _keep(cache, key, *_made(make)), False
    with shared.turn(name):
        record = _kept(cache, key)
        if record is not None:
            return record, True
        entry = shared.read(name)
        if entry is not None:
            return _keep(cache, key, *entry), True
        record, code = _made(make)
        # A refusal may have a cause that passes, such as a full disk, and is nothing to keep beyond this daemon.
        if REFUSED not in record:
            shared.write(name, record, code)
        return _keep(cache, key, record, code), False


def _kept(cache: Path, key: str) -> Json | None:
    """The record of an artefact of this daemon. Raises Refused."""
    folder, refusal = cache / key, cache / f"{key}.refused"
    if (folder / LAUNCH_FILE).exists():
        return json.loads((folder / LAUNCH_FILE).read_text())
    if refusal.exists():
        raise Refused(refusal.read_text())
    return None


def _made(make: Callable[[], tuple[Json, bytes]]) -> tuple[Json, bytes]:
    """The record and the machine code, or `refused` and none."""
    try:
        return make()
    except Refused as refused:
        return {REFUSED: str(refused)}, b""


def _keep(cache: Path, key: str, record: Json, code: bytes) -> Json:
    """Puts it where this daemon's measuring processes look. Raises Refused."""
    if REFUSED in record:
        message = record[REFUSED]
        _appear(cache / f"{key}.refused", lambda path: path.write_text(message))
        raise Refused(message)
    record = {**record, "key": key}
    fresh = Path(tempfile.mkdtemp(prefix=f".{key[:16]}-", dir=cache))
    (fresh / CODE_FILE).write_bytes(code)
    (fresh / LAUNCH_FILE).write_text(json.dumps(record))
    try:
        fresh.rename(cache / key)
    except OSError:  # Another process was first; its code is the same.
        shutil.rmtree(fresh)
    return record


def check_limits(record: Json, target: Json) -> None:
    """Refuses before the lane an artefact that the device would refuse, or that is certain to be slow."""
    if record["shared_bytes"] > target["max_shared_bytes"]:
        raise Refused(f"{record['shared_bytes']} bytes of shared memory; the device has {target['max_shared_bytes']}")
    if record["registers"] * record["num_warps"] * 32 > target["max_registers"]:
        threads = record["num_warps"] * 32
        raise Refused(f"{record['registers']} registers for each of {threads} threads; the device has 65536 in total")
    if record["global_scratch"]:
        raise Refused("the compiler requires scratch memory, which the launcher does not provide")
    if record["spill_bytes"] > MAX_SPILLED_BYTES:
        spilled = record["spill_bytes"]
        raise Refused(f"{spilled} bytes of registers a thread spill to memory, more than {MAX_SPILLED_BYTES}")


def check_cache_hints(ptx: str) -> None:
    """
    Refuses code that asks the L2 cache to keep its lines before others'. Timed launches follow each other on data that
    must not be in the cache; lines that outlive a launch would make the next one faster than any use of it is.
    """
    made = set(re.findall(r"createpolicy\.\S+\s+(%?\w+)", ptx))
    unknown = any(hint not in made for hint in re.findall(r"L2::cache_hint[^;]*,\s*(%?\w+)\s*;", ptx))
    if KEEPING.search(ptx) or unknown:
        raise Refused("it asks the L2 cache to keep its data beyond a launch (evict_last, or a cache policy)")


KEEPING = re.compile(r"L2::evict_last|L2::evict_unchanged|applypriority")
# Measured kernels with less than this were sometimes the fastest; with more never.
MAX_SPILLED_BYTES = 256


def _appear(path: Path, write: Callable[[Path], object]) -> None:
    """Writes beside and renames, so that the file is whole when it appears."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    write(fresh)
    with contextlib.suppress(OSError):
        fresh.replace(path)

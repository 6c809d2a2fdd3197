"""Compiled kernels on disk, by the hash of what makes them, and the compiler that fills it. No torch, no CUDA context.

An artefact is a folder `<key>/` with `kernel.cubin` and `kernel.json` (how it must be launched). It appears by one
rename, so a reader never sees half of one, and two processes that compile the same code at once do no harm. What the
compiler rejects is remembered too (`<key>.refused`), because neighbouring cells ask for the same code. That folder is a
daemon's own; behind it is the one that all daemons of the host share (`shared_artefacts.py`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache as remembered
from pathlib import Path
from types import ModuleType
from typing import Any

import triton
from shared_artefacts import Shared
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.experimental.gluon._runtime import GluonASTSource
from triton.experimental.gluon.language import NVMMASharedLayout
from triton.runtime.jit import JITFunction

Json = dict[str, Any]

CODE_FILE = "kernel.cubin"
LAUNCH_FILE = "kernel.json"
# In the place of a record: the compiler's message.
REFUSED = "refused"
TYPES = {"bf16": "bf16", "fp16": "fp16", "fp32": "fp32", "i32": "i32"}


class Refused(Exception):
    """The compiler, or the device's limits, refuse this configuration. The message is for people and proposers."""


def argument_type(argument: Json | None) -> str:
    """Triton's type of a plan's argument; None is a tensor that this configuration does not have."""
    if argument is None:
        return "constexpr"
    if "descriptor" in argument:
        block, layout = ",".join(str(size) for size in argument["block"]), ""
        if "swizzle" in argument:
            # Gluon's descriptors say how their tiles lie in shared memory; Triton's leave it to the compiler.
            layout = f",{NVMMASharedLayout(argument['swizzle'], 16, rank=len(argument['block']))!r}"
        return f"tensordesc<{TYPES[argument['type']]}[{block}]{layout}>"
    if "pointer" in argument:
        return f"*{TYPES[argument['type']]}"
    if "stride" in argument or "i32" in argument:
        return "i32"
    if "fp32" in argument:
        return "fp32"
    raise ValueError(f"an argument is {argument}: expected a descriptor, pointer, stride, i32 or fp32")


def key_of(code_hash: str, launch: Json, target: Json) -> str:
    """Equal keys, equal machine code. Grid and values of runtime arguments are not part of it."""
    types = {name: argument_type(argument) for name, argument in launch["arguments"].items()}
    identity = [triton.__version__, target["arch"], code_hash, launch["kernel"], types]
    identity += [launch["constants"], launch["options"]]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def obtain(
    cache: Path, shared: Shared | None, key: str, module: ModuleType, launch: Json, target: Json
) -> tuple[Json, bool]:
    """The artefact's launch record, and whether it was there already, here or on this host. Raises Refused."""
    record = _kept(cache, key)
    if record is not None:
        return record, True
    cache.mkdir(parents=True, exist_ok=True)
    name = None if shared is None else _shared_name(key, getattr(module, launch["kernel"]), target)
    if shared is None or name is None:
        return _keep(cache, key, *_compiled(module, launch, target)), False
    with shared.turn(name):
        record = _kept(cache, key)
        if record is not None:
            return record, True
        entry = shared.read(name)
        if entry is not None:
            return _keep(cache, key, *entry), True
        record, code = _compiled(module, launch, target)
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


def _compiled(module: ModuleType, launch: Json, target: Json) -> tuple[Json, bytes]:
    """The record and the machine code, or `refused` and none."""
    try:
        code, record = compile_launch(module, launch, target)
        check_limits(record, target)
        return record, code
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


def _shared_name(key: str, function: JITFunction, target: Json) -> str | None:
    """
    What outlives a daemon has more in its name than the key: compilers may be replaced, and a kernel may call functions
    of packages that are installed outside of it. None when Triton cannot list the calls; compiling then says why.
    """
    try:
        called = function.cache_key
    except Exception:
        return None
    return hashlib.sha256(json.dumps([key, target, called, _tools()], sort_keys=True).encode()).hexdigest()


@remembered
def _tools() -> list[Any]:
    """Python, Triton's library, the assembler, and this program."""
    files = [triton._C.libtriton.__file__, triton.knobs.nvidia.ptxas.path]
    facts = [(path, os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in files]
    return [sys.version, facts, hashlib.sha256(Path(__file__).read_bytes()).hexdigest()]


def in_order(module: ModuleType, launch: Json) -> Json:
    """The launch's arguments as the kernel declares them. Raises Refused when some are missing or too many."""
    function = getattr(module, launch["kernel"], None)
    if not isinstance(function, JITFunction):
        raise Refused(f"{launch['kernel']} is not a Triton function of the kernel's code")
    given = {**launch["arguments"], **launch["constants"]}
    if set(given) != set(function.arg_names):
        wrong = ", ".join(sorted(set(given) ^ set(function.arg_names)))
        raise Refused(f"{launch['kernel']}: missing or unknown arguments: {wrong}")
    return {name: launch["arguments"][name] for name in function.arg_names if name in launch["arguments"]}


def compile_launch(module: ModuleType, launch: Json, target: Json) -> tuple[bytes, Json]:
    """Machine code and launch record of one launch. Raises Refused with the compiler's own message."""
    function = getattr(module, launch["kernel"])
    signature, constants, attributes = {}, dict(launch["constants"]), {}
    for name, argument in launch["arguments"].items():
        signature[name] = argument_type(argument)
        if argument is None:
            constants[name] = None
        elif "pointer" in argument or "stride" in argument:
            # The measuring process refuses tensors that break this promise.
            attributes[(function.arg_names.index(name),)] = [["tt.divisibility", 16]]
    signature |= dict.fromkeys(launch["constants"], "constexpr")
    signature = {name: signature[name] for name in function.arg_names}
    constants = {name: _language_type(value) for name, value in constants.items()}
    # A compiler's own cache would only repeat ours.
    with tempfile.TemporaryDirectory() as scratch, triton.knobs.cache.scope():
        triton.knobs.cache.dir = scratch
        try:
            ast_of = GluonASTSource if function.is_gluon() else ASTSource
            compiled = triton.compile(
                ast_of(function, signature, constants, attributes),
                target=GPUTarget("cuda", target["arch"], target["warp_size"]),
                options=launch["options"],
            )
        except Exception as error:
            raise Refused(_in_short(error)) from error
        code, metadata = compiled.asm["cubin"], compiled.metadata
        check_cache_hints(compiled.asm["ptx"])
        registers, spilled = _resources(code)
    return code, {
        "kernel": launch["kernel"],
        "name": metadata.name,
        "shared_bytes": metadata.shared,
        "num_warps": metadata.num_warps,
        "num_ctas": metadata.num_ctas,
        "global_scratch": metadata.global_scratch_size,
        "descriptors": metadata.tensordesc_meta or [],
        "registers": registers,
        "spill_bytes": spilled,
    }


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


def _language_type(value: object) -> object:
    """Constants are JSON; the names of types become Triton's."""
    named = {"bf16": triton.language.bfloat16, "fp16": triton.language.float16, "fp32": triton.language.float32}
    return named.get(value, value) if isinstance(value, str) else value


def _resources(code: bytes) -> tuple[int, int]:
    """Registers and bytes of local memory a thread, read from the machine code by the bundled cuobjdump."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(code)
        file.flush()
        printed = subprocess.run(
            [triton.knobs.nvidia.cuobjdump.path, "--dump-resource-usage", file.name],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    usage = re.search(r"REG:(\d+) STACK:(\d+).*LOCAL:(\d+)", printed)
    if usage is None:
        raise Refused("cuobjdump lists no resources of the machine code")
    return int(usage[1]), max(int(usage[2]), int(usage[3]))


def _in_short(error: BaseException) -> str:
    """
    The compiler's message without its temporary paths, at most a few lines. Of functions that call each other the
    innermost says what is wrong, in its last lines; those before show the calls.
    """
    while error.__cause__ is not None:
        error = error.__cause__
    text = re.sub(r"(?<![\w/])/(?:[\w.+-]+/)+", "", str(error)).strip() or type(error).__name__
    lines = [line.strip() for line in text.splitlines()]
    telling = [line for line in lines if line not in ("", "^") and not line.startswith("Repro command")]
    return "\n".join(telling[-6:])[-600:]


def _appear(path: Path, write: Callable[[Path], object]) -> None:
    """Writes beside and renames, so that the file is whole when it appears."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    write(fresh)
    with contextlib.suppress(OSError):
        fresh.replace(path)

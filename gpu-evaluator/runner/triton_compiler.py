"""Triton's compiler: machine code and launch record of a plan's launch. No torch, no CUDA context."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from functools import cache as remembered
from pathlib import Path
from types import ModuleType
from typing import Any

import artefacts
import triton
from artefacts import Refused, check_cache_hints, check_limits
from sass import instructions
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.experimental.gluon._runtime import GluonASTSource
from triton.experimental.gluon.language import NVMMASharedLayout
from triton.runtime.jit import JITFunction

Json = dict[str, Any]

TYPES = {"bf16": "bf16", "fp16": "fp16", "fp32": "fp32", "i32": "i32"}


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


def make_launch(module: ModuleType, launch: Json, target: Json) -> tuple[Json, bytes]:
    """Launch record and machine code, within the device's limits. Raises Refused."""
    code, record = compile_launch(module, launch, target)
    check_limits(record, target)
    return record, code


def shared_name(key: str, function: JITFunction, target: Json) -> str | None:
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
    """Python, Triton's library, the assembler, and this program's part."""
    files = [triton._C.libtriton.__file__, triton.knobs.nvidia.ptxas.path]
    facts = [(path, os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in files]
    own = b"".join(Path(module).read_bytes() for module in (__file__, artefacts.__file__))
    return [sys.version, facts, hashlib.sha256(own).hexdigest()]


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
        "instructions": instructions(code, metadata.name, target["arch"]),
    }


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

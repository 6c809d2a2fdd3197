"""NVIDIA's runtime compiler by ctypes: CUDA C++ to machine code, without a GPU and without a host compiler."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from ctypes import byref, c_char_p, c_int, c_size_t, c_void_p, create_string_buffer
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


class CompilerMissing(Exception):
    """NVRTC, or CUDA's headers, are not on this host. The message says where they were looked for."""


class CompileError(Exception):
    """The compiler's own messages about the source."""


@cache
def _folders() -> list[Path]:
    """Where CUDA may be, the packages that PyTorch brings first: their version is the one that PyTorch runs with."""
    spec = find_spec("nvidia")
    packages = [Path(place) for place in (spec.submodule_search_locations or [])] if spec is not None else []
    named = [Path(os.environ[name]) for name in ("CUDA_HOME", "CUDA_PATH") if os.environ.get(name)]
    return [folder for place in packages for folder in sorted(place.iterdir())] + [*named, Path("/usr/local/cuda")]


@cache
def library() -> Any:  # noqa: ANN401 - ctypes resolves its functions at run time
    """Raises CompilerMissing."""
    for folder in _folders():
        for place in (folder / "lib", folder / "lib64"):
            found = sorted(place.glob("libnvrtc.so.*"))
            if not found:
                continue
            # The library looks for its other half by name only, which is found once it is loaded.
            for half in sorted(place.glob("libnvrtc-builtins.so.*")):
                ctypes.CDLL(str(half), mode=ctypes.RTLD_GLOBAL)
            return ctypes.CDLL(str(found[0]))
    looked = ", ".join(str(folder) for folder in _folders())
    raise CompilerMissing(
        f"the CUDA backend needs NVRTC (libnvrtc.so), which is in none of {looked}. "
        "Install nvidia-cuda-nvrtc, or set CUDA_HOME."
    )


@cache
def include_folder() -> str:
    """Of CUDA's headers. Raises CompilerMissing."""
    for folder in _folders():
        if (folder / "include" / "cuda_bf16.h").exists():
            return str(folder / "include")
    looked = ", ".join(str(folder) for folder in _folders())
    raise CompilerMissing(
        f"the CUDA backend needs CUDA's headers (cuda_bf16.h), which are in none of {looked}. "
        "Install nvidia-cuda-runtime, or set CUDA_HOME."
    )


def version() -> str:
    """Such as `13.0`. Raises CompilerMissing."""
    major, minor = c_int(), c_int()
    _call("nvrtcVersion", byref(major), byref(minor))
    return f"{major.value}.{minor.value}"


def compile_source(text: str, name: str, options: list[str]) -> tuple[bytes, str, str]:
    """
    Machine code, PTX, and the assembler's log (with `--ptxas-options=-v`: registers and spills of each function).
    `options` name a real architecture. Raises CompileError, CompilerMissing.
    """
    program = c_void_p()
    _call("nvrtcCreateProgram", byref(program), text.encode(), name.encode(), 0, None, None)
    try:
        given = (c_char_p * len(options))(*[option.encode() for option in options])
        code = library().nvrtcCompileProgram(program, len(options), given)
        log = _text(program, "ProgramLog")
        if code != 0:
            raise CompileError(log.strip() or f"NVRTC failed with code {code}")
        return _bytes(program, "CUBIN"), _text(program, "PTX"), log
    finally:
        library().nvrtcDestroyProgram(byref(program))


def resources(log: str) -> dict[str, dict[str, int]]:
    """By function: registers of a thread, bytes of a thread that spill to memory, static shared memory of a block."""
    found = {}
    each = r"Compiling entry function '(\w+)'(.*?)(?=Compiling entry function|\Z)"
    for name, part in re.findall(each, log, re.DOTALL):
        used = re.search(r"Used (\d+) registers", part)
        spilled = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores", part)
        shared = re.search(r"(\d+) bytes smem", part)
        if used is None or spilled is None:
            raise CompileError(f"the assembler does not say what {name} uses")
        found[name] = {
            "registers": int(used[1]),
            "spill_bytes": max(int(spilled[1]), int(spilled[2])),
            "shared_bytes": int(shared[1]) if shared else 0,
        }
    return found


def _call(name: str, *arguments: object) -> None:
    code = getattr(library(), name)(*arguments)
    if code != 0:
        raise CompileError(f"{name} failed with code {code}")


def _text(program: c_void_p, what: str) -> str:
    return _bytes(program, what).rstrip(b"\0").decode(errors="replace")


def _bytes(program: c_void_p, what: str) -> bytes:
    size = c_size_t()
    _call(f"nvrtcGet{what}Size", program, byref(size))
    room = create_string_buffer(size.value)
    _call(f"nvrtcGet{what}", program, room)
    return room.raw


if __name__ == "__main__":
    try:
        include_folder()
        print(version())
    except CompilerMissing as missing:
        sys.exit(str(missing))

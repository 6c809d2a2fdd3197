"""The few calls of the CUDA driver that launch machine code, by ctypes: nothing is compiled, not even a launcher stub.

The context is torch's (the primary one); every call here uses the current context of the calling thread.
"""

from __future__ import annotations

import ctypes
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_uint32, c_uint64, c_void_p
from functools import cache
from typing import Any

FUNC_MAX_DYNAMIC_SHARED_BYTES = 8
TENSOR_MAP_BYTES = 128
STREAM_WAIT_UNTIL_AT_LEAST = 0
HOST_ALLOC_MAPPED = 2
# CUtensorMapDataType by Triton's names of types.
TENSOR_MAP_TYPES = {"fp16": 6, "fp32": 7, "bf16": 9}
L2_PROMOTION_128B = 2


class CudaError(Exception):
    """A driver call failed. `code` is CUresult's number."""

    def __init__(self, call: str, code: int) -> None:
        text = c_char_p()
        driver().cuGetErrorString(code, byref(text))
        super().__init__(f"{call}: {(text.value or b'unknown error').decode()} (CUDA error {code})")
        self.code = code


@cache
def driver() -> Any:  # noqa: ANN401 - ctypes resolves its functions at run time
    """The driver's library. Raises OSError if there is no driver."""
    return ctypes.CDLL("libcuda.so.1")


def call(name: str, *arguments: object) -> None:
    code = getattr(driver(), name)(*arguments)
    if code != 0:
        raise CudaError(name, code)


class Gate:
    """Work enqueued after `close` waits on the device until `open` is called."""

    def __init__(self) -> None:
        self._address = c_void_p()
        call("cuMemHostAlloc", byref(self._address), c_size_t(4), c_uint(HOST_ALLOC_MAPPED))
        self._opened = c_uint32.from_address(self._address.value or 0)
        self._opened.value = 0

    def close(self, stream: int) -> None:
        # Addresses of the host are the device's too: Linux on 64 bits.
        turn = c_uint32(self._opened.value + 1)
        call("cuStreamWaitValue32_v2", c_void_p(stream), self._address, turn, c_uint(STREAM_WAIT_UNTIL_AT_LEAST))

    def open(self) -> None:
        self._opened.value += 1


class LoadedKernel:
    """One function of a cubin, on the device. Call `unload` when no launch of it is in progress."""

    def __init__(self, code: bytes, name: str, shared_bytes: int) -> None:
        self._module = c_void_p()
        self._code = code
        call("cuModuleLoadData", byref(self._module), code)
        self.function = c_void_p()
        call("cuModuleGetFunction", byref(self.function), self._module, name.encode())
        self.shared_bytes = shared_bytes
        # Above 48 KiB with what the code declares itself, which only the driver knows.
        if shared_bytes > 0:
            call("cuFuncSetAttribute", self.function, FUNC_MAX_DYNAMIC_SHARED_BYTES, c_int(shared_bytes))

    def unload(self) -> None:
        call("cuModuleUnload", self._module)


class PreparedLaunch:
    """A launch whose arguments are packed once; `run` may be called any number of times, also under capture."""

    def __init__(self, kernel: LoadedKernel, grid: list[int], block: list[int], parameters: list[Any]) -> None:
        self._kernel, self._grid, self._block = kernel, grid, block
        self._parameters = parameters  # Kept alive: the array below points into them.
        self._pointers = (c_void_p * len(parameters))(*[ctypes.addressof(value) for value in parameters])

    def run(self, stream: int) -> None:
        call(
            "cuLaunchKernel",
            self._kernel.function,
            *[c_uint(size) for size in self._grid],
            *[c_uint(size) for size in self._block],
            c_uint(self._kernel.shared_bytes),
            c_void_p(stream),
            self._pointers,
            None,
        )


def tensor_map(
    address: int, kind: str, item_bytes: int, shape: list[int], strides: list[int], block: list[int], swizzle: int
) -> Any:  # noqa: ANN401 - a ctypes array, aligned as the driver wants it
    """An encoded CUtensorMap: outer dimension first, strides in elements, zeros beyond the edges."""
    rank = len(shape)
    room = ctypes.create_string_buffer(TENSOR_MAP_BYTES + 64)
    aligned = (ctypes.c_char * TENSOR_MAP_BYTES).from_buffer(room, -ctypes.addressof(room) % 64)
    call(
        "cuTensorMapEncodeTiled",
        byref(aligned),
        c_int(TENSOR_MAP_TYPES[kind]),
        c_uint32(rank),
        c_void_p(address),
        (c_uint64 * rank)(*reversed(shape)),
        (c_uint64 * rank)(*[stride * item_bytes for stride in reversed(strides[:-1])], 0),
        (c_uint32 * rank)(*reversed(block)),
        (c_uint32 * rank)(*[1] * rank),
        c_int(0),
        c_int(swizzle),
        c_int(L2_PROMOTION_128B),
        c_int(0),
    )
    return aligned

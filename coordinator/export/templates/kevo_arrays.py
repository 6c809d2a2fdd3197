"""Arrays of the element types that kernels take, aligned as they want them, and how Python's buffers become them."""

from __future__ import annotations

import array
import ctypes
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ALIGNMENT = 64


@dataclass(frozen=True)
class Type:
    """An element type: how ctypes and `array` hold it, buffers' formats for it, and how `struct` reads it."""

    name: str
    held: Any
    code: str
    formats: str
    real: bool = False


# In the order of `enum kevo_type` in runtime/entry.h.
TYPES = (
    Type("float32", ctypes.c_float, "f", "f", real=True),
    Type("float64", ctypes.c_double, "d", "d", real=True),
    Type("float16", ctypes.c_uint16, "H", "e", real=True),
    Type("bfloat16", ctypes.c_uint16, "H", "H", real=True),
    Type("int64", ctypes.c_int64, "q", "qlin"),
    Type("int32", ctypes.c_int32, "i", "il"),
    Type("int16", ctypes.c_int16, "h", "h"),
    Type("int8", ctypes.c_int8, "b", "b"),
    Type("uint64", ctypes.c_uint64, "Q", "QLIN"),
    Type("uint32", ctypes.c_uint32, "I", "IL"),
    Type("uint16", ctypes.c_uint16, "H", "H"),
    Type("uint8", ctypes.c_uint8, "B", "B?"),
)


class Array:
    """Memory of one type, aligned as kernels want it."""

    def __init__(self, kind: Type, count: int) -> None:
        size = ctypes.sizeof(kind.held)
        self._room = (ctypes.c_char * (count * size + ALIGNMENT))()
        start = ctypes.addressof(self._room)
        self.address = (start + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
        self.kind, self.count, self.bytes = kind, count, count * size
        self.view = (kind.held * count).from_address(self.address)

    def numbers(self) -> Sequence[float]:
        """Its elements as Python has them."""
        if self.kind.name == "float16":
            return struct.unpack(f"{self.count}e", bytes(self.view))
        if self.kind.name == "bfloat16":
            return struct.unpack(f"{self.count}f", struct.pack(f"{self.count}I", *(bits << 16 for bits in self.view)))
        return self.view

    def put(self, values: Sequence[float]) -> None:
        """The right answer, rounded to its type."""
        if self.kind.name == "float16":
            halves = b"".join(map(_half, values))
            ctypes.memmove(self.address, halves, self.bytes)
        elif self.kind.name == "bfloat16":
            singles = struct.unpack(f"{self.count}I", struct.pack(f"{self.count}f", *values))
            self.view[:] = [(bits + 0x7FFF + (bits >> 16 & 1) >> 16) & 0xFFFF for bits in singles]
        else:
            self.view[:] = values


def aligned(given: Any, kind: Type, count: int, at: int) -> Array:  # noqa: ANN401 - whatever has the buffer protocol
    view = memoryview(given.view if isinstance(given, Array) else given)
    size = ctypes.sizeof(kind.held)
    letter = (view.format or "").lstrip("<@=")
    own = isinstance(given, Array) and given.kind == kind
    if not own and (letter not in list(kind.formats) or view.itemsize != size or not view.c_contiguous):
        raise ValueError(f"input {at} is not contiguous {kind.name} (its format is {view.format})")
    if view.nbytes != count * size:
        raise ValueError(f"input {at} holds {view.nbytes // size} numbers; this shape has {count}")
    if isinstance(given, Array):
        return given
    copied = Array(kind, count)
    ctypes.memmove(copied.address, view.cast("B").tobytes() if view.readonly else _address(view), view.nbytes)
    return copied


def _address(view: memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(view.cast("B")))


def _half(value: float) -> bytes:
    try:
        return struct.pack("e", value)
    except OverflowError:
        return struct.pack("e", math.copysign(math.inf, value))


def answer_of(output: Array) -> Any:  # noqa: ANN401 - a NumPy array or one of `array`
    try:
        import numpy
    except ImportError:
        return array.array(output.kind.code, bytes(output.view))
    name = "uint16" if output.kind.name == "bfloat16" else output.kind.name
    return numpy.frombuffer(output.view, dtype=name).copy()

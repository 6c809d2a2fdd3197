"""The framed protocol between the daemon and the two kinds of runner process, and how frames are read and written.

A frame is a length (u32, little endian) and that many bytes of UTF-8 JSON, one object with a `type`. Requests come on
standard input, replies go to what was standard output; prints of a kernel's code land on standard error. A process
answers one request at a time, in order, and ends with code 0 when its input ends. Limits are the daemon's: it starts
each process as the leader of a process group and kills the group.

`python3 compile_main.py`: no torch, no CUDA context.
    -> ready     {type, triton, python, pid}                                   once, when imports are done
    <- compile   {type, id, folder, source, reference, config, workloads: [{name, shape}], target, cache_dir,
                  shared_dir?, input_seed}
    -> compiled  {type, id, outcome: "ok"|"compile_error"|"incorrect"|"invalid", message, compile_ms, reused, kernels,
                  program, fatal}
  `folder` is the kernel's, absolute; `source` the absolute path of the Python file that the configuration compiles
  (inside `folder`, or evolved code in another folder); `reference` a name inside `folder`. `target` is {arch: 90,
  warp_size: 32, max_shared_bytes, max_registers: 65536, multiprocessors}, as `describe` gives it. `cache_dir` holds
  artefacts by the hash of what made them: several processes, runs and hosts may share it; its maker removes it.
  `shared_dir`, a folder that only this user can enter, holds what other daemons of the host compiled, and gets what is
  compiled here; without it nothing is shared.
  `reused` is true when nothing had to be compiled. `kernels` is [{key, name, registers, spill_bytes, shared_bytes,
  num_warps, instructions by kind}]. `program` is opaque: hand it to `measure` as it is. It holds launch plans (grids,
  arguments) and the keys of artefacts, and no code, so the measuring process never runs a line of the candidate's
  Python. `message` is null when ok. `incorrect` is a candidate whose code tampered with the process (a timer
  replaced, a thread left running); `fatal` is true then, and the process ends by itself with code 3 right after this
  frame.

`python3 compile_cuda_main.py`: the same for CUDA C++. `ready` has {nvrtc, headers} in the place of `triton`; `compile`
    has besides {flags: arguments of NVRTC, launches, scratch: as in `kernel.json`}, and `source` is a .cu file.

`python3 measure_main.py`: one process a device, chosen by CUDA_VISIBLE_DEVICES=<uuid> in its environment.
    -> ready     {type, torch, triton, pid, device}                            once, with the context open and warm
    <- describe  {type, id}
    -> described {type, id, device, target, toolchain}
    <- probe     {type, id, cache_dir}
    -> probed    {type, id, ok, message}                                       a known-good kernel was right
    <- measure   {type, id, folder, reference, program, cache_dir, workloads: [{name, shape, flops, bytes}], input_seed,
                  windows, purpose: "search"|"finalist", best_speedup: number|null, tolerance?: number|null}
    -> stage     {type, id, stage: "VERIFYING"|"TIMING"}                        once each, in this order
    -> measured  {type, id, outcome: "ok"|"incorrect"|"crashed"|"invalid", message, measurements, stopped_early,
                  lane_ms, environment, fatal}
  `tolerance` is the relative error that an answer in float32 may have in any case.
  `windows` says how long it is timed: windows of rounds, between two looks at the device's clock.
  `device` is {name, uuid, capability: [9, 0], multiprocessors, memory_bytes, peak_gflops: measured bf16 matrix rate,
  copy_gbytes_s, other_processes: how many other processes hold memory on it}. `measurements` are those of
  `proto/outcome.ts`, one a workload in the order asked; `others` has every other baseline timed beside it, in
  milliseconds. `environment` is {torch, triton, cudnn, driver, gpu, uuid, sm_clock_mhz: [low, high], temperature_c,
  dropped_rounds, baseline_kernels: {workload: name of the kernel that the fastest baseline really ran},
  baselines_left_out: {workload: {baseline that does not run on it: why}}, baseline_versions: {baseline that is not
  PyTorch's: version of its package}}.
  `fatal` true: the CUDA context is lost (illegal access, sticky error); the process ends by itself with code 3 right
  after this frame, and the daemon replaces it and probes the device.

Either process, to a request that is malformed or that failed through no fault of the candidate:
    -> error     {type, id, message}
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import struct
import sys
from typing import Any, BinaryIO

Frame = dict[str, Any]

# How a process ends that must not be used again.
FATAL_EXIT = 3
HEADER = struct.Struct("<I")
MAX_BYTES = 64 * 1024 * 1024


class ProtocolError(Exception):
    """The other side does not speak the protocol; nothing after this can be trusted."""


class Channel:
    """Frames over a pair of binary streams."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink

    def receive(self) -> Frame | None:
        """The next frame; None at a clean end of input. Raises ProtocolError on a torn, oversized or foreign frame."""
        header = self._read(HEADER.size)
        if header is None:
            return None
        (length,) = HEADER.unpack(header)
        if length > MAX_BYTES:
            raise ProtocolError(f"a frame of {length} bytes is larger than {MAX_BYTES}")
        body = self._read(length)
        if body is None:
            raise ProtocolError(f"input ended before a frame of {length} bytes")
        try:
            frame = json.loads(body)
        except ValueError as error:
            raise ProtocolError(f"a frame is not JSON: {error}") from error
        if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
            raise ProtocolError("a frame is not an object with a type")
        return frame

    def send(self, frame: Frame) -> None:
        """Writes one frame and flushes it. NaN and infinity are refused: JSON has none."""
        body = json.dumps(frame, allow_nan=False, separators=(",", ":")).encode()
        self._sink.write(HEADER.pack(len(body)) + body)
        self._sink.flush()

    def _read(self, count: int) -> bytes | None:
        read = b""
        while len(read) < count:
            more = self._source.read(count - len(read))
            if not more:
                if read:
                    raise ProtocolError(f"input ended after {len(read)} of {count} bytes")
                return None
            read += more
        return read


def open_channel() -> Channel:
    """Frames on standard input and output; afterwards prints go to standard error. Ends with its daemon."""
    _end_with_parent()
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    sys.stdout.flush()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    source = os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)
    # A child, or code that reads standard input, must not eat frames.
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, sys.stdin.fileno())
    os.close(null)
    return Channel(source, sink)


def _end_with_parent() -> None:
    """
    A daemon that is killed closes the pipes, which ends a process that waits for a request; one that is deep in a
    compiler or in a driver's call does not look, so the kernel is asked to kill it (Linux only).
    """
    set_parent_death_signal = 1
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def required(frame: Frame, **types: type | tuple[type, ...]) -> list[Any]:
    """The named fields in order. Raises ValueError that names the first one that is missing or of another type."""
    values = []
    for name, kind in types.items():
        value = frame.get(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"{frame['type']}: {name} is {value!r}, expected {kind}")
        values.append(value)
    return values

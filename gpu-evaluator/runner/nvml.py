"""Clocks, temperature and neighbours of one GPU, by NVIDIA's management library; zeros where it is missing."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_uint, c_void_p

SM_CLOCK, TEMPERATURE_GPU = 1, 0


class Monitor:
    """Reads only; it never changes a setting of the device."""

    def __init__(self, uuid: str) -> None:
        self._handle = c_void_p()
        try:
            self._library = ctypes.CDLL("libnvidia-ml.so.1")
        except OSError:
            self._library = None
            return
        name = uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"
        if (
            self._library.nvmlInit_v2() != 0
            or self._library.nvmlDeviceGetHandleByUUID(name.encode(), byref(self._handle)) != 0
        ):
            self._library = None

    def sm_clock_mhz(self) -> int:
        return self._read("nvmlDeviceGetClockInfo", c_uint(SM_CLOCK))

    def temperature_c(self) -> int:
        return self._read("nvmlDeviceGetTemperature", c_uint(TEMPERATURE_GPU))

    def driver(self) -> str:
        if self._library is None:
            return "unknown"
        text = ctypes.create_string_buffer(96)
        failed = self._library.nvmlSystemGetDriverVersion(text, c_uint(96)) != 0
        return "unknown" if failed else text.value.decode()

    def processes(self) -> int:
        """How many processes compute on the device, this one included; 0 where it cannot be told."""
        if self._library is None:
            return 0
        count = c_uint(0)
        # With room for none the call answers "insufficient size" (7) and the number.
        code = self._library.nvmlDeviceGetComputeRunningProcesses_v3(self._handle, byref(count), None)
        return count.value if code in (0, 7) else 0

    def _read(self, name: str, *arguments: object) -> int:
        if self._library is None:
            return 0
        value = c_uint(0)
        return value.value if getattr(self._library, name)(self._handle, *arguments, byref(value)) == 0 else 0

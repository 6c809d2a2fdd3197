"""Compiles a CUDA kernel with NVRTC and launches it as `best.json` says. Used by `loader.py`."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import c_int32, c_uint64
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

Shape = dict[str, int]
Tensors = dict[str, torch.Tensor]


class Launcher:
    """`folder` is the export's, `best` the content of its `best.json`; `load` makes a module of a file."""

    def __init__(self, folder: Path, best: dict[str, Any], load: Callable[[Path], ModuleType]) -> None:
        self._folder, self._best = folder, best
        runtime = folder / "runtime"
        self._driver, self._geometry = load(runtime / "cuda_driver.py"), load(runtime / "geometry.py")
        self._nvrtc, self._maps = load(runtime / "nvrtc.py"), load(runtime / "tensor_maps.py")
        self._code: dict[str, bytes] = {}
        self._loaded: dict[str, Any] = {}

    def missing(self) -> str | None:
        """What this machine lacks; None where it can launch."""
        try:
            self._nvrtc.version(), self._nvrtc.include_folder()
        except self._nvrtc.CompilerMissing as error:
            return str(error)
        return None

    def run(self, entry: dict[str, Any], shape: Shape, tensors: Tensors) -> None:
        """Enqueues an entry's launches on torch's current stream. Raises what the compiler and the driver raise."""
        device = next(iter(tensors.values())).device
        kinds = {"fp32": torch.float32, "i32": torch.int32}
        scratch = {
            name: torch.zeros(wanted["elements"], dtype=kinds[wanted["type"]], device=device)
            for name, wanted in self._geometry.scratch_for(self._best["scratch"], entry["config"], shape).items()
        }
        everything = {**tensors, **scratch}
        with torch.cuda.device(device):
            stream = torch.cuda.current_stream().cuda_stream
            for launch in self._geometry.launches_for(self._best["launches"], entry["config"], shape):
                kernel = self._kernel(entry, launch, shape, device)
                parameters = [self._parameter(one, everything) for one in launch["arguments"].values()]
                self._driver.PreparedLaunch(kernel, launch["grid"], launch["block"], parameters).run(stream)

    def _parameter(self, one: dict[str, Any], tensors: Tensors) -> Any:  # noqa: ANN401 - whatever ctypes has for it
        if "i32" in one:
            return c_int32(one["i32"])
        if "map" in one:
            tensor = tensors[one["map"]]
            layout = self._maps.layout_of(tensor, one["order"], one["box"], one["swizzle"])
            return self._driver.tensor_map(tensor.data_ptr(), **layout)
        return c_uint64(tensors[one["pointer"]].data_ptr())

    def _kernel(self, entry: dict[str, Any], launch: dict[str, Any], shape: Shape, device: torch.device) -> Any:  # noqa: ANN401
        """One function of the entry's code, compiled and loaded on first use."""
        facts = torch.cuda.get_device_properties(device)
        arch = facts.major * 10 + facts.minor
        arguments = [*entry["arguments"], *self._geometry.constants_for(self._best["constants"], shape)]
        unit = f"{device} {entry['source']} {arguments}"
        key = f"{unit} {launch['kernel']} {launch['shared_bytes']}"
        if key not in self._loaded:
            if unit not in self._code:
                source = self._folder / "kernel" / entry["source"]
                options = [f"--gpu-architecture=sm_{arch}{'a' if arch >= 90 else ''}", "--std=c++17"]
                options += [f"--include-path={source.parent}", f"--include-path={self._nvrtc.include_folder()}"]
                options += arguments
                code, _, _ = self._nvrtc.compile_source(source.read_text(), source.name, options)
                self._code[unit] = code
            self._loaded[key] = self._driver.LoadedKernel(self._code[unit], launch["kernel"], launch["shared_bytes"])
        return self._loaded[key]

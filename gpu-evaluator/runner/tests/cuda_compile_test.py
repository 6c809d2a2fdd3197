"""The compile process for CUDA C++: needs NVRTC and CUDA's headers, no GPU."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from macros import cuda_request
from protocol import Channel, Frame

RUNNER = Path(__file__).resolve().parents[1]
H100 = {"arch": 90, "warp_size": 32, "max_shared_bytes": 232448, "max_registers": 65536, "multiprocessors": 132}
SCALE = """
#include "factor.h"
extern "C" __global__ void scale(const float *x, float *out, int n) {
  extern __shared__ float part[];
  const int at = blockIdx.x * TILE + threadIdx.x;
  part[threadIdx.x] = at < n ? x[at] : 0.0f;
  if (at < n) out[at] = FACTOR * part[threadIdx.x];
}
"""
LAUNCH = {
    "kernel": "scale",
    "grid": ["-(-n // TILE)"],
    "block": ["TILE"],
    "sharedBytes": "TILE * 4",
    "arguments": ["x", "out", "n"],
}


class CompileCuda(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "kernel").mkdir()
        (self.folder / "kernel" / "factor.h").write_text("#define FACTOR 3.0f\n")
        (self.folder / "kernel" / "reference.py").write_text(
            'def hidden_shapes(shape, seed):\n    return [{"n": shape["n"] - 1}]\n'
        )
        command = [sys.executable, "-B", str(RUNNER / "compile_cuda_main.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.end)
        assert self.process.stdin is not None and self.process.stdout is not None
        self.channel = Channel(self.process.stdout, self.process.stdin)
        self.channel.receive()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def compile(self, source: str = SCALE, tile: int = 64, launch: dict[str, Any] | None = None) -> Frame:
        (self.folder / "kernel" / "kernel.cu").write_text(source)
        folder = str(self.folder / "kernel")
        self.channel.send(
            {
                "type": "compile", "id": "1", "folder": folder, "source": f"{folder}/kernel.cu",
                "reference": "reference.py", "config": {"TILE": tile}, "flags": [f"-DTILE={tile}"],
                "launches": [launch or LAUNCH], "scratch": {}, "constants": [], "target": H100,
                "workloads": [{"name": "w", "shape": {"n": 1000}}], "cache_dir": str(self.folder / "cache"),
                "input_seed": 1,
            }
        )  # fmt: skip
        reply = self.channel.receive()
        assert reply is not None
        return reply

    def refused(self, **given: Any) -> tuple[str, str]:  # noqa: ANN401 - as `compile` takes it
        reply = self.compile(**given)
        return reply["outcome"], reply["message"]

    def test_machine_code_facts_and_plans(self) -> None:
        reply = self.compile()
        self.assertEqual((reply["outcome"], reply["reused"]), ("ok", False), reply["message"])
        [kernel] = reply["kernels"]
        self.assertEqual((kernel["name"], kernel["shared_bytes"], kernel["num_warps"]), ("scale", 256, 2))
        self.assertGreater(kernel["registers"], 0)
        shapes = [plan["shape"] for plan in reply["program"]["plans"]]
        self.assertEqual(shapes, [{"n": 1000}, {"n": 999}])
        self.assertEqual(reply["program"]["plans"][0]["launches"][0]["grid"], [16, 1, 1])
        folder = self.folder / "cache" / kernel["key"]
        self.assertEqual((folder / "kernel.cubin").read_bytes()[:4], b"\x7fELF")
        self.assertEqual(json.loads((folder / "kernel.json").read_text())["block"], [64, 1, 1])
        self.assertTrue(self.compile()["reused"])
        # What the source includes is part of it.
        (self.folder / "kernel" / "factor.h").write_text("#define FACTOR 4.0f\n")
        self.assertFalse(self.compile()["reused"])

    def test_each_mistake_is_the_candidates_and_the_next_one_compiles(self) -> None:
        outcome, message = self.refused(source=SCALE.replace("int n)", "int m)"))
        self.assertEqual(outcome, "compile_error")
        self.assertRegex(message, r'kernel.cu\(6\): error: identifier "n" is undefined')
        self.assertNotIn(str(self.folder), message)
        cases = [
            ("compile_error", "2048 by 1 by 1 threads; the device takes 1024", {"tile": 2048}),
            ("invalid", "grid of scale: n // 0 has no value", {"launch": {**LAUNCH, "grid": ["n // 0"]}}),
            ("compile_error", "no function other that is", {"launch": {**LAUNCH, "kernel": "other"}}),
            ("compile_error", "bytes of shared memory", {"launch": {**LAUNCH, "sharedBytes": 1 << 20}}),
            ("compile_error", "asks the L2 cache", {"source": SCALE.replace("const int at", KEEPING)}),
        ]
        for expected, text, given in cases:
            outcome, message = self.refused(**given)
            self.assertEqual(outcome, expected, message)
            self.assertIn(text, message)
        self.assertEqual(self.compile()["outcome"], "ok")

    def test_the_kernels_of_the_library_compile_for_hopper(self) -> None:
        for name in ("gemm-cuda", "convolution-cuda", "attention-cuda"):
            folder = RUNNER.parent / "kernels" / name
            definition = json.loads((folder / "kernel.json").read_text())
            widths = {workload["shape"].get("width"): workload for workload in definition["workloads"]}
            self.channel.send(
                {
                    "type": "compile", "id": "1", "folder": str(folder), "source": str(folder / definition["source"]),
                    "reference": definition["reference"], "config": definition["default"], "target": H100,
                    **cuda_request(definition, definition["default"]),
                    "workloads": list(widths.values()), "cache_dir": str(self.folder / "cache"), "input_seed": 1,
                }
            )  # fmt: skip
            reply = self.channel.receive()
            assert reply is not None
            self.assertEqual(reply["outcome"], "ok", reply["message"])
            self.assertEqual({kernel["spill_bytes"] for kernel in reply["kernels"]}, {0})


KEEPING = 'asm volatile("{ .reg .b64 p; createpolicy.fractional.L2::evict_last.b64 p, 1.0; }"); const int at'

if __name__ == "__main__":
    unittest.main()

"""Instructions counted in machine code that Triton's compiler makes for an H100, held against NVIDIA's disassembler."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve()
KERNEL = HERE.parents[2] / "kernels" / "fused-moe"
sys.path[:0] = [str(HERE.parents[1]), str(KERNEL)]

import fused_moe  # noqa: E402
import triton  # noqa: E402
from sass import KINDS, NOTHING, instructions  # noqa: E402
from triton_compiler import compile_launch, in_order  # noqa: E402

NAMES = {
    **dict.fromkeys(("HMMA", "HGMMA"), "tensor"),
    **dict.fromkeys(("FMUL", "FADD", "FFMA", "HMUL2", "HFMA2", "MUFU"), "float"),
    **dict.fromkeys(("LDGSTS", "UTMALDG"), "async_copy"),
    **{"LDG": "global_load", "STG": "global_store", "LDL": "spill", "STL": "spill"},
    **dict.fromkeys(("LDS", "LDSM"), "shared_load"),
    **dict.fromkeys(("STS", "STSM"), "shared_store"),
    **dict.fromkeys(("ATOMG", "ATOMS"), "atomic"),
    **dict.fromkeys(("BAR", "SYNCS"), "barrier"),
}
TARGET = {"arch": 90, "warp_size": 32}
SHAPE = {"experts": 8, "topk": 2, "hidden": 512, "intermediate": 256, "tokens": 64}
CONFIG = {**dict.fromkeys(("BLOCK_SIZE_M", "BLOCK_SIZE_N", "BLOCK_SIZE_K"), 64), "GROUP_SIZE_M": 1}
CONFIG |= {"num_warps": 4, "num_stages": 2}


def disassembled(code: bytes) -> dict[str, int]:
    """The same, from what nvdisasm prints."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(code)
        file.flush()
        tool = triton.knobs.nvidia.nvdisasm.path
        printed = subprocess.run([tool, "-c", file.name], capture_output=True, text=True, check=True).stdout
    mnemonics = re.findall(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P[0-9T]+ )?([A-Z0-9_]+)", printed)
    found = Counter(NAMES[mnemonic] for mnemonic in mnemonics if mnemonic in NAMES)
    return {**found, "total": sum(mnemonic != "NOP" for mnemonic in mnemonics)}


class Instructions(unittest.TestCase):
    def test_counts_are_those_of_the_disassembler(self) -> None:
        for more in ({}, {"BLOCK_SIZE_M": 16, "LOADS": "descriptor"}):
            for launch in fused_moe.plan({**CONFIG, **more}, SHAPE, TARGET)["launches"]:
                launch["arguments"] = in_order(fused_moe, launch)
                code, record = compile_launch(fused_moe, launch, TARGET)
                with self.subTest(kernel=launch["kernel"], more=more):
                    self.assertEqual(record["instructions"], disassembled(code))
                    self.assertEqual(instructions(code, "another", 90), {})
                    self.assertEqual(instructions(code, record["name"], 120), {})

    def test_what_is_no_machine_code_has_none(self) -> None:
        self.assertEqual(instructions(b"", "f", 90), {})
        self.assertNotIn(NOTHING, KINDS)


if __name__ == "__main__":
    unittest.main()

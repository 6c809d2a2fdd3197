"""Instructions in machine code, counted by kind, from the bytes: NVIDIA's disassembler takes as long as compiling."""

from __future__ import annotations

import struct
from collections import Counter

# By the low nine bits of an instruction, which name it; those above say where its operands are. As nvdisasm names them
# in code for sm_80 and sm_90.
KINDS = {
    **dict.fromkeys((0x03C, 0x1F0), "tensor"),  # HMMA, HGMMA
    **dict.fromkeys((0x020, 0x021, 0x023, 0x032, 0x035, 0x108), "float"),  # FMUL, FADD, FFMA, HMUL2, HFMA2, MUFU
    **dict.fromkeys((0x1AE, 0x1B4), "async_copy"),  # LDGSTS, UTMALDG
    **dict.fromkeys((0x181,), "global_load"),  # LDG
    **dict.fromkeys((0x186,), "global_store"),  # STG
    **dict.fromkeys((0x184, 0x03B), "shared_load"),  # LDS, LDSM
    **dict.fromkeys((0x188, 0x044), "shared_store"),  # STS, STSM
    **dict.fromkeys((0x1A8, 0x18C), "atomic"),  # ATOMG, ATOMS
    **dict.fromkeys((0x183, 0x187), "spill"),  # LDL, STL
    **dict.fromkeys((0x11D, 0x1A7, 0x1B1, 0x1B2), "barrier"),  # BAR, SYNCS
}
NOTHING = 0x118
BYTES = 16
KNOWN_ARCHITECTURES = range(80, 100)


def instructions(code: bytes, function: str, arch: int) -> dict[str, int]:
    """By kind, and `total`; empty where this architecture's code, or the function, is not known."""
    text = _section(code, f".text.{function}") if arch in KNOWN_ARCHITECTURES else None
    if text is None:
        return {}
    found: Counter[str] = Counter()
    for at in range(0, len(text) - BYTES + 1, BYTES):
        name = struct.unpack_from("<H", text, at)[0] & 0x1FF
        if name != NOTHING:
            found["total"] += 1
            if name in KINDS:
                found[KINDS[name]] += 1
    return dict(found)


def _section(elf: bytes, wanted: str) -> bytes | None:
    """Of a 64-bit ELF file."""
    if elf[:5] != b"\x7fELF\x02":
        return None
    table = struct.unpack_from("<Q", elf, 40)[0]
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    headers = [struct.unpack_from("<IIQQQQ", elf, table + at * size) for at in range(count)]
    texts = headers[names][4]
    for name, _, _, _, offset, length in headers:
        end = elf.index(b"\0", texts + name)
        if elf[texts + name : end].decode(errors="replace") == wanted:
            return elf[offset : offset + length]
    return None

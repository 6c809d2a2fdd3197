"""Takes a GPU's memory from outside, as another tenant would: the test of a device that fails its health probe.

Prints `taken` once all but ROOM is taken. After a line on standard input it takes the rest, and whatever falls free
later, until the input ends. Plain allocations only.
"""

from __future__ import annotations

import sys
import threading
import time

import torch

MIB = 1 << 20
ROOM = 4096 * MIB


def take(kept: list[torch.Tensor], min_left: int) -> None:
    for size in (1024 * MIB, 64 * MIB, 2 * MIB):
        while torch.cuda.mem_get_info()[0] - size >= min_left:
            try:
                kept.append(torch.empty(size, dtype=torch.uint8, device="cuda"))
            except RuntimeError:
                break


def main() -> None:
    kept: list[torch.Tensor] = []
    take(kept, ROOM)
    print("taken", flush=True)
    if not sys.stdin.readline():
        return
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    while not ended.is_set():
        take(kept, 0)
        time.sleep(0.002)


main()

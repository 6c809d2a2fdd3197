"""A compile process that does what the configuration's `act` says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from control import has, log
from protocol import Channel, Frame, open_channel

# Two workloads compile the same kernel, a third one another.
SAME = {"name": "attend", "registers": 168, "spill_bytes": 0, "shared_bytes": 65536, "num_warps": 8}
KERNELS = [SAME | {"key": "1"}, SAME | {"key": "2"}, SAME | {"key": "3", "registers": 255, "spill_bytes": 24}]


def answer(channel: Channel, request: Frame) -> None:
    act = request["config"].get("act", "ok")
    log(f"compile {act} {os.getpid()}")
    reply = {"type": "compiled", "id": request["id"], "outcome": "ok", "message": None}
    program = {"act": act, "shared": "shared_dir" in request}
    reply |= {"compile_ms": 1, "reused": False, "kernels": KERNELS, "program": program}
    if act == "compile error":
        reply |= {"outcome": "compile_error", "message": "line 3: no such instruction"}
    elif act == "too large":
        reply |= {"outcome": "invalid", "message": "300000 bytes of shared memory; the device has 232448"}
    elif act == "hang compiler":
        # As ptxas would, in a separate process that ignores TERM.
        child = subprocess.Popen(["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"])
        log(f"child {child.pid}")
        time.sleep(3600)
    elif act == "busy compiler":
        time.sleep(3600)
    elif act == "allocate":
        reply["program"] = [bytearray(256 * 1024 * 1024) for _ in range(64)]
    elif act == "compiler crash":
        sys.stderr.write("LLVM ERROR: cannot select\n")
        os.abort()
    elif act == "compiler garbage":
        channel.send({"type": "compiled", "id": request["id"], "outcome": "excellent"})
        return
    elif act == "run source":
        # As the runner does with a source that the gate let through.
        module: dict[str, Any] = {}
        try:
            exec(Path(request["source"]).read_text(), module)
            module["plan"](request["config"], {}, {})
        except Exception as error:
            reply |= {"outcome": "compile_error", "message": f"{type(error).__name__}: {error}"}
    elif act == "runner fails":
        channel.send({"type": "error", "id": request["id"], "message": "no space left on device"})
        return
    channel.send(reply)


def serve(answer: Callable[[Channel, Frame], None]) -> None:
    if has("broken installation"):
        sys.exit("ImportError: libtriton.so: undefined symbol")
    channel = open_channel()
    log(f"compiler {os.getpid()} {sorted(os.environ)}")
    channel.send({"type": "ready", "triton": "3.6.0", "python": "3.12.0", "pid": os.getpid()})
    while (request := channel.receive()) is not None:
        answer(channel, request)


if __name__ == "__main__":
    serve(answer)

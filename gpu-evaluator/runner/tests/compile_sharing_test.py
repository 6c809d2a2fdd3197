"""Two daemons' compile processes on one host: needs triton, no GPU."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from protocol import Channel, Frame

RUNNER = Path(__file__).resolve().parents[1]
KERNEL = RUNNER.parent / "kernels" / "attention-forward"
DEFINITION = json.loads((KERNEL / "kernel.json").read_text())
H200 = {"arch": 90, "warp_size": 32, "max_shared_bytes": 232448, "max_registers": 65536, "multiprocessors": 132}
WORKLOAD = next(one for one in DEFINITION["workloads"] if one["name"] == "ten-models/llama-3.2-1b/s1024")


class Daemon:
    """One compile process, and the folder that its daemon has for itself."""

    def __init__(self, folder: Path, shared: Path | None) -> None:
        self.cache, self._shared = folder, shared
        command = [sys.executable, "-B", str(RUNNER / "compile_main.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin is not None and self.process.stdout is not None
        self._channel = Channel(self.process.stdout, self.process.stdin)
        self._channel.receive()

    def compile(self, **over: Any) -> Frame:  # noqa: ANN401 - values of parameters
        request: Frame = {
            "type": "compile", "id": "1", "folder": str(KERNEL), "source": str(KERNEL / DEFINITION["source"]),
            "reference": DEFINITION["reference"], "config": {**DEFINITION["default"], **over}, "target": H200,
            "workloads": [{"name": WORKLOAD["name"], "shape": WORKLOAD["shape"]}], "cache_dir": str(self.cache),
            "input_seed": 1,
        }  # fmt: skip
        if self._shared is not None:
            request["shared_dir"] = str(self._shared)
        self._channel.send(request)
        reply = self._channel.receive()
        assert reply is not None and reply["outcome"] == "ok", reply
        return reply

    def compile_in_vain(self) -> None:
        with contextlib.suppress(Exception):
            self.compile()

    def code(self) -> dict[str, bytes]:
        return {path.parent.name: path.read_bytes() for path in self.cache.glob("*/kernel.cubin")}

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class Sharing(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.shared = self.folder / "shared"
        self.shared.mkdir()

    def daemon(self, name: str, shares: bool = True) -> Daemon:
        daemon = Daemon(self.folder / name, self.shared if shares else None)
        self.addCleanup(daemon.end)
        return daemon

    def test_two_daemons_that_ask_at_once_compile_once(self) -> None:
        daemons = [self.daemon("one"), self.daemon("two")]
        replies: list[Frame] = []
        threads = [threading.Thread(target=lambda one=one: replies.append(one.compile())) for one in daemons]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(reply["reused"] for reply in replies), [False, True])
        self.assertEqual(daemons[0].code(), daemons[1].code())
        self.assertEqual(replies[0]["program"], replies[1]["program"])
        self.assertTrue(self.daemon("three").compile()["reused"])

    def test_a_spoilt_entry_is_compiled_again(self) -> None:
        first = self.daemon("one")
        first.compile()
        [entry] = self.shared.glob("*.artefact")
        text = entry.read_bytes()
        entry.write_bytes(text[:-100] + bytes(100))
        second = self.daemon("two")
        self.assertFalse(second.compile()["reused"])
        self.assertEqual(first.code(), second.code())
        self.assertEqual(entry.read_bytes(), text)

    def test_a_daemon_that_is_killed_while_it_compiles_holds_nobody_up(self) -> None:
        killed, other = self.daemon("one"), self.daemon("two")
        asked = threading.Thread(target=killed.compile_in_vain)
        asked.start()
        until = time.monotonic() + 30
        while not list(self.shared.glob("*.lock")) and time.monotonic() < until:
            time.sleep(0.002)
        killed.end()
        asked.join()
        self.assertFalse(other.compile()["reused"])

    def test_what_is_not_to_be_shared_is_not(self) -> None:
        self.daemon("one").compile()
        apart = self.daemon("two", shares=False)
        self.assertFalse(apart.compile()["reused"])
        apart.compile(BLOCK_N=32)
        self.assertEqual(len(list(self.shared.glob("*.artefact"))), 1)


if __name__ == "__main__":
    unittest.main()

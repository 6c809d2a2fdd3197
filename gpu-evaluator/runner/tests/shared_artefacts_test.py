"""Artefacts that the daemons of a host share: standard library only, real processes and kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from shared_artefacts import ABANDONED_S, SUFFIX, Shared

RUNNER = Path(__file__).resolve().parents[1]
NAME = "ab" + "0" * 62
ABOUT = {"name": "attend", "registers": 168}

# Writes entries without end, each 1 MiB in one call, and says so once the first is being written.
WRITER = """
import sys; from pathlib import Path; from shared_artefacts import Shared
shared, at = Shared(Path(sys.argv[1])), 0
print("writing", flush=True)
while True:
    shared.write(f"{at % 64:064x}", {"at": at % 64}, bytes([at % 64]) * (1 << 20))
    at += 1
"""
# Takes the turn and keeps it.
HOLDER = """
import sys, time; from pathlib import Path; from shared_artefacts import Shared
with Shared(Path(sys.argv[1])).turn(sys.argv[2]):
    print("held", flush=True)
    time.sleep(3600)
"""


def started(program: str, *args: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(RUNNER)}
    command = [sys.executable, "-B", "-c", program, *args]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def ended(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


class SharedArtefacts(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def entries(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def test_what_one_wrote_another_reads(self) -> None:
        Shared(self.folder).write(NAME, ABOUT, b"\x7fELF\n\ncode")
        self.assertEqual(Shared(self.folder).read(NAME), (ABOUT, b"\x7fELF\n\ncode"))
        self.assertIsNone(Shared(self.folder).read("cd" + NAME[2:]))

    def test_what_was_changed_or_cut_off_is_not_trusted_and_is_written_anew(self) -> None:
        shared = Shared(self.folder)
        for spoil in (lambda text: text[:-1], lambda text: text[:-1] + b"!", lambda text: b"", lambda text: text[:40]):
            shared.write(NAME, ABOUT, b"code")
            [path] = self.entries()
            path.write_bytes(spoil(path.read_bytes()))
            self.assertIsNone(shared.read(NAME))
        shared.write(NAME, ABOUT, b"code")
        self.assertEqual(shared.read(NAME), (ABOUT, b"code"))

    def test_a_link_or_a_pipe_is_no_entry(self) -> None:
        shared = Shared(self.folder)
        shared.write(NAME, ABOUT, b"code")
        [path] = self.entries()
        path.rename(self.folder / "another-place")
        path.symlink_to(self.folder / "another-place")
        self.assertIsNone(shared.read(NAME))
        path.unlink()
        os.mkfifo(path)
        self.assertIsNone(shared.read(NAME))

    def test_writers_that_are_killed_leave_nothing_broken(self) -> None:
        for at in range(8):
            process = started(WRITER, str(self.folder))
            time.sleep(0.02 + 0.013 * at)
            ended(process)
        shared = Shared(self.folder)
        names = [path.name.removesuffix(SUFFIX) for path in self.entries()]
        self.assertGreater(len(names), 0)
        for name in names:
            about, code = shared.read(name) or ({}, b"")
            self.assertEqual((about, code), ({"at": int(name, 16)}, bytes([int(name, 16)]) * (1 << 20)))

    def test_what_the_killed_left_is_removed_later(self) -> None:
        abandoned, young = self.folder / ".one-1-aa", self.folder / ".two-2-bb"
        for path in (abandoned, young):
            path.write_bytes(b"half")
        os.utime(abandoned, (0, time.time() - 2 * ABANDONED_S))
        Shared(self.folder).write(NAME, ABOUT, b"code")
        self.assertEqual((abandoned.exists(), young.exists()), (False, True))

    def test_the_least_recently_used_go_when_there_are_too_many(self) -> None:
        most = 1 << 20
        shared = Shared(self.folder, most)
        for at in range(100):
            shared.write(f"{at:064x}", {}, bytes(1 << 15))
            # One that is read all the time stays, however old.
            os.utime(self.entries()[0], (at, at))
            self.assertIsNotNone(shared.read(f"{0:064x}"))
            self.assertLessEqual(sum(path.stat().st_size for path in self.entries()), most * 1.1)
        self.assertGreater(sum(path.stat().st_size for path in self.entries()), most * 0.8)
        self.assertIsNotNone(shared.read(f"{99:064x}"))

    def test_a_turn_ends_with_its_holder(self) -> None:
        shared = Shared(self.folder)
        process = started(HOLDER, str(self.folder), NAME)
        with shared._locked(f"{NAME[:2]}.lock", 0.1) as had:
            self.assertFalse(had)
        with shared._locked("cd.lock", 0) as had:
            self.assertTrue(had)
        ended(process)
        with shared._locked(f"{NAME[:2]}.lock", 0.1) as had:
            self.assertTrue(had)

    def test_without_a_folder_nothing_is_shared_and_nothing_fails(self) -> None:
        shared = Shared(self.folder / "missing")
        with shared.turn(NAME):
            shared.write(NAME, ABOUT, b"code")
        self.assertIsNone(shared.read(NAME))


if __name__ == "__main__":
    unittest.main()

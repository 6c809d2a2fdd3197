"""Compiled kernels that all daemons of one user on one host share, and whose turn it is to compile one.

One file an artefact: the SHA-256 of what follows, a line of JSON, the machine code. It appears by one rename, so a
process that is killed leaves a file that nobody looks at. What was cut off or changed does not have its hash, and is as
if it were not there. Readers copy what they have checked, so whatever is removed here is missed by nobody. Sharing is a
help, never a need: where the folder cannot be used, everything compiles as without it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Entry = tuple[Json, bytes]

# Of all files together. Each writer looks after a 256th of it, so a few dozen of them exceed it by a tenth at most.
MAX_BYTES = 1 << 30
LOOKS = 256
# Share that remains when the least recently used are removed.
KEPT_SHARE = 0.9
MAX_FILE_BYTES = 64 << 20
# Files of a killed process are removed after this long, seconds.
ABANDONED_S = 600
# Longest wait for another process that compiles the same; then it is compiled twice.
WAIT_S = 10.0
LOOK_S = 0.01
SUFFIX = ".artefact"
HASH_BYTES = 64


class Shared:
    """`folder` exists and belongs to this user alone; the process that starts this one ensured that."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._unseen_bytes = max_bytes

    def read(self, name: str) -> Entry | None:
        """None when it is not there, or is not what was written."""
        try:
            file = os.open(self._folder / f"{name}{SUFFIX}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(file, "rb") as opened:
                facts = os.fstat(file)
                if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_size > MAX_FILE_BYTES:
                    return None
                text = opened.read()
                # The time of last use, by which the oldest go.
                os.utime(file)
        except OSError:
            return None
        digest, body = text[:HASH_BYTES], text[HASH_BYTES:]
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        about, _, code = body.partition(b"\n")
        return json.loads(about), code

    def write(self, name: str, about: Json, code: bytes) -> None:
        body = json.dumps(about).encode() + b"\n" + code
        fresh = self._folder / f".{name[:16]}-{os.getpid()}-{secrets.token_hex(4)}"
        with contextlib.suppress(OSError):
            try:
                file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with open(file, "wb") as opened:
                    opened.write(hashlib.sha256(body).hexdigest().encode() + body)
                fresh.replace(self._folder / f"{name}{SUFFIX}")
            except OSError:
                fresh.unlink(missing_ok=True)
                raise
            self._unseen_bytes += len(body)
            if self._unseen_bytes >= self._max_bytes / LOOKS:
                self._unseen_bytes = 0
                self._remove_oldest()

    @contextlib.contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Only one process of the host at a time for a name. The system frees the turn of one that dies."""
        with self._locked(f"{name[:2]}.lock", WAIT_S):
            yield

    @contextlib.contextmanager
    def _locked(self, lock: str, timeout_s: float) -> Iterator[bool]:
        """Whether it was had in time. Names share 256 files, which stay: to remove one would split its waiters."""
        try:
            file = os.open(self._folder / lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:
            yield False
            return
        try:
            until, had = time.monotonic() + timeout_s, False
            while not had:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    had = True
                except OSError:
                    if time.monotonic() >= until:
                        break
                    time.sleep(LOOK_S)
            yield had
        finally:
            os.close(file)

    def _remove_oldest(self) -> None:
        with self._locked("removal.lock", 0) as mine, os.scandir(self._folder) as found:
            if not mine:
                return
            entries = []
            for one in found:
                with contextlib.suppress(OSError):
                    facts = one.stat(follow_symlinks=False)
                    if one.name.endswith(SUFFIX):
                        entries.append((facts.st_mtime, facts.st_size, one.path))
                    elif one.name.startswith(".") and facts.st_mtime < time.time() - ABANDONED_S:
                        os.unlink(one.path)
            total = sum(size for _, size, _ in entries)
            if total <= self._max_bytes:
                return
            for _, size, path in sorted(entries):
                if total <= self._max_bytes * KEPT_SHARE:
                    break
                with contextlib.suppress(OSError):
                    os.unlink(path)
                total -= size


@cache
def shared_in(folder: str) -> Shared:
    """One for each folder and process."""
    return Shared(Path(folder))

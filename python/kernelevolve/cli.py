"""The console script `kernelevolve`."""

from __future__ import annotations

import subprocess
import sys

from . import programs
from .errors import TunerError
from .version import __version__

HELP = """Usage: kernelevolve --version | doctor

  --version  print the version
  doctor     what this machine has, and what is missing for which feature

The programs of the cluster are coordinator, gpu-evaluator, island-worker and research-stage; each supports --help.
From Python: from kernelevolve import Tuner"""


def main() -> int:
    """Exits with 0 done, 1 something is missing, 2 wrong usage."""
    arguments = sys.argv[1:]
    if arguments in (["--help"], ["-h"]):
        print(HELP)
        return 0
    if arguments == ["--version"]:
        print(__version__)
        return 0
    if arguments[:1] == ["doctor"]:
        return _doctor(arguments)
    print(HELP if not arguments else f"kernelevolve: unknown argument {arguments[0]!r}\n{HELP}", file=sys.stderr)
    return 2


def _doctor(arguments: list[str]) -> int:
    """The coordinator knows the machine."""
    try:
        line = programs.command("coordinator", *arguments)
    except TunerError as error:
        print(f"kernelevolve: {error}", file=sys.stderr)
        return 1
    if "--json" not in arguments:
        version = ".".join(map(str, sys.version_info[:3]))
        print(f"kernelevolve {__version__}, Python {version}, {programs.programs_folder()}", flush=True)
    return subprocess.run(line, env=programs.environment(), check=False).returncode

"""How a compile process answers, whichever compiler it has."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from protocol import FATAL_EXIT, Channel, Frame

Json = dict[str, Any]

SHOWN = ("key", "name", "registers", "spill_bytes", "shared_bytes", "num_warps", "instructions")


def shown(records: Iterable[Json]) -> list[Json]:
    """What a reply says of each kernel."""
    return [{name: record[name] for name in SHOWN} for record in records]


def serve(channel: Channel, compile_candidate: Callable[[Frame], Json]) -> None:
    """Answers requests until the input ends. A reply that is `fatal` ends the process."""
    while (request := channel.receive()) is not None:
        identity = request.get("id")
        try:
            if request["type"] != "compile":
                raise ValueError(f"a compile process does not answer {request['type']}")
            with _quiet_errors():
                reply = compile_candidate(request)
            channel.send({"type": "compiled", "id": identity, **reply})
            if reply["fatal"]:
                os._exit(FATAL_EXIT)
        except Exception as error:
            channel.send({"type": "error", "id": identity, "message": f"{type(error).__name__}: {error}"})


@contextmanager
def _quiet_errors() -> Iterator[None]:
    """A failing compiler pass prints its whole module to standard error, which is not read."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)

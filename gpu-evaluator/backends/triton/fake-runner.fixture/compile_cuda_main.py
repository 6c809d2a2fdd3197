"""A compile process for CUDA: as the other one, with what it was asked as its message."""

import json
from typing import Any

import compile_main
from protocol import Channel

ASKED = ("flags", "launches", "scratch", "constants")


class Telling:
    """A channel that adds to an answer what was asked."""

    def __init__(self, channel: Channel, request: dict[str, Any]) -> None:
        self._channel = channel
        self._asked = {name: request[name] for name in ASKED}

    def send(self, frame: dict[str, Any]) -> None:
        self._channel.send({**frame, "outcome": "compile_error", "message": json.dumps(self._asked)})


compile_main.serve(lambda channel, request: compile_main.answer(Telling(channel, request), request))

"""Calls an objective for one configuration, and says what came of it."""

from __future__ import annotations

import math
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

from .errors import Invalid, TunerError
from .space import Config, short

Objective = Callable[[Config], Any]

MAX_MESSAGE = 4_000


@dataclass(frozen=True)
class Answer:
    """The value; or, where there is none, `crashed`, `incorrect` or `invalid`, and why."""

    value: float | None
    outcome: str = "ok"
    message: str | None = None


def call(objective: Objective, config: Config) -> Answer:
    """Raises TunerError where the objective returned what can never be a value."""
    try:
        value = objective(dict(config))
    except Exception as error:
        return answer_of_error(error)
    return answer_of_value(value, config)


def answer_of_error(error: BaseException) -> Answer:
    """A failed evaluation with its traceback, which begins in the user's own code."""
    if isinstance(error, Invalid):
        return Answer(None, "invalid", str(error) or "the objective raised kernelevolve.Invalid")
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    text = "".join(traceback.format_exception(type(error), error, frames)).strip()
    last = traceback.format_exception_only(type(error), error)[-1].strip()
    # The last line says what happened, and leads: tables show the beginning.
    return Answer(None, "crashed", f"{last}\n{text}"[:MAX_MESSAGE])


def answer_of_value(value: Any, config: Config) -> Answer:  # noqa: ANN401 - users return anything
    """A number, or what holds a single one, as tensors do."""
    single = value if isinstance(value, Real) else _item(value)
    if single is None or isinstance(single, bool) or not isinstance(single, Real):
        raise TunerError(
            f"The objective returned {short(value)} for {short(config)}. Return a number; raise kernelevolve.Invalid "
            "for a configuration that cannot be used."
        )
    try:
        number = float(single)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        return Answer(None, "incorrect", f"the objective returned {number}, which is no value")
    return Answer(number)


def _item(value: Any) -> Any:  # noqa: ANN401
    item = getattr(value, "item", None)
    if not callable(item):
        return None
    try:
        return item()
    except (TypeError, ValueError, RuntimeError):
        return None


def describe_host() -> tuple[str, str]:
    """What an objective runs on, and under what."""
    import platform

    version = ".".join(map(str, sys.version_info[:3]))
    return f"{platform.node() or 'this host'} ({platform.machine()})", f"{platform.python_implementation()} {version}"

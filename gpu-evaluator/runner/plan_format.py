"""The format of a launch plan. It comes from the candidate's code, so unknown fields are refused by name."""

from __future__ import annotations

import re
from typing import Any

PLAN = frozenset({"scratch", "launches"})
# As the candidate's code returns it, and as it travels to the measuring process.
WRITTEN_LAUNCH = frozenset({"kernel", "grid", "options", "arguments", "constants"})
COMPILED_LAUNCH = frozenset({"kernel", "grid", "arguments", "key"})
OPTIONS = frozenset({"num_warps", "num_stages", "maxnreg", "enable_fp_fusion"})
ARGUMENTS = (
    frozenset({"descriptor", "type", "order", "block"}),
    frozenset({"descriptor", "type", "order", "block", "swizzle"}),
    frozenset({"pointer", "type"}),
    frozenset({"stride"}),
    frozenset({"i32"}),
    frozenset({"fp32"}),
)
# Of CUDA C++, whose signature says the type; Triton's compiler has to be told.
COMPILED_ARGUMENTS = (*ARGUMENTS, frozenset({"pointer"}), frozenset({"map", "order", "box", "swizzle"}))
KEY = re.compile(r"[0-9a-f]{64}\Z")


def check_plan(plan: Any, launch_fields: frozenset[str]) -> None:  # noqa: ANN401 - whatever the candidate returned
    """Raises ValueError that names the missing or unknown field. Streams, events and hooks cannot be requested."""
    _fields("the plan", plan, PLAN)
    for name, wanted in _object("scratch", plan["scratch"]).items():
        _fields(f"scratch {name}", wanted, frozenset({"type", "elements"}))
    if not isinstance(plan["launches"], list):
        raise ValueError("the plan's launches are not a list")
    known_arguments = COMPILED_ARGUMENTS if launch_fields is COMPILED_LAUNCH else ARGUMENTS
    for launch in plan["launches"]:
        _fields("a launch", launch, launch_fields)
        for name, argument in _object("arguments", launch["arguments"]).items():
            if argument is not None and frozenset(_object(name, argument)) not in known_arguments:
                raise ValueError(
                    f"the argument {name} is {argument}: expected a descriptor or a pointer with its type, stride, "
                    "i32 or fp32"
                )
        unknown = sorted(set(_object("options", launch.get("options", {}))) - OPTIONS)
        if unknown:
            known = ", ".join(sorted(OPTIONS))
            raise ValueError(f"a launch has the unknown options {', '.join(unknown)}; the known ones are {known}")
        if "key" in launch and not (isinstance(launch["key"], str) and KEY.match(launch["key"])):
            raise ValueError("a launch does not name a compiled kernel")


def _fields(what: str, value: Any, expected: frozenset[str]) -> None:  # noqa: ANN401
    found = set(_object(what, value))
    if unknown := sorted(map(str, found - expected)):
        known = ", ".join(sorted(expected))
        raise ValueError(f"{what} has the unknown fields {', '.join(unknown)}; the known ones are {known}")
    if missing := sorted(expected - found):
        raise ValueError(f"{what} lacks {', '.join(missing)}")


def _object(what: str, value: Any) -> dict[str, Any]:  # noqa: ANN401
    if type(value) is not dict:
        raise ValueError(f"{what}: {type(value).__name__}, expected a dictionary")
    return value

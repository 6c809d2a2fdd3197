"""
Reads a Kernel Tuner script, or a T1 file, from standard input, and writes what it says of the search space as JSON. The
script is parsed, never run. What only running it would tell is null, with the reason beside it.
"""

from __future__ import annotations

import ast
import json
import sys
from typing import Any

from expressions import expression_of
from known import Missing, Unknown
from statements import Call, Script
from values import Values


def main() -> None:
    """One argument: `script` or `t1`."""
    source = sys.stdin.buffer.read()
    try:
        calls = [_of_t1(json.loads(source))] if sys.argv[1] == "t1" else _of_script(Script(source))
    except SyntaxError as error:
        print(json.dumps({"line": error.lineno, "message": error.msg}))
    else:
        print(json.dumps({"calls": calls}))


def _of_script(script: Script) -> list[dict[str, Any]]:
    return [_of_call(call, script) for call in script.calls]


def _of_call(call: Call, script: Script) -> dict[str, Any]:
    given = call.arguments
    tune_params = given.get("tune_params", Missing("tune_kernel has no argument tune_params"))
    parameters = tune_params if isinstance(tune_params, dict) else {}
    names = [str(name) for name in parameters]
    return {
        "line": call.line,
        "kernel": _known(given, "kernel_name", str),
        "why": None if isinstance(tune_params, dict) else _why(tune_params),
        "parameters": [_parameter(str(name), values) for name, values in parameters.items()],
        "restrictions": [_restriction(one, names, script.values) for one in _listed(given.get("restrictions"))],
        "block_size_names": _known(given, "block_size_names", list) or [],
        "cache": _known(given, "cache", str),
        "objective": _known(given, "objective", str),
        "higher_is_better": _known(given, "objective_higher_is_better", bool),
    }


def _of_t1(file: dict[str, Any]) -> dict[str, Any]:
    values = Values()
    space, kernel = file["ConfigurationSpace"], file.get("KernelSpecification", {})
    parameters = []
    for one in space["TuningParameters"]:
        listed = one["Values"]
        if isinstance(listed, str):
            try:
                listed = values.of(ast.parse(listed.strip(), mode="eval").body, {})
            except (Unknown, SyntaxError) as error:
                listed = Missing(str(error))
        parameters.append(_parameter(str(one["Name"]), listed))
    names = [one["name"] for one in parameters]
    conditions = [one.get("Expression") for one in space.get("Conditions", [])]
    return {
        "line": None,
        "kernel": kernel.get("KernelName"),
        "why": None,
        "parameters": parameters,
        "restrictions": [_restriction(one, names, values) for one in conditions],
        "block_size_names": [],
        "cache": kernel.get("SimulationInput"),
        "objective": None,
        "higher_is_better": None,
    }


def _parameter(name: str, values: Any) -> dict[str, Any]:  # noqa: ANN401 - of the script
    if not isinstance(values, (list, tuple, range)):
        return {"name": name, "values": None, "why": _why(values)}
    for value in values:
        if isinstance(value, Missing) or not isinstance(value, (bool, int, float, str)):
            return {"name": name, "values": None, "why": _why(value)}
    return {"name": name, "values": list(values), "why": None}


def _listed(restrictions: Any) -> list[Any]:  # noqa: ANN401
    if restrictions is None:
        return []
    return restrictions if isinstance(restrictions, list) else [restrictions]


def _restriction(restriction: Any, names: list[str], values: Values) -> dict[str, Any]:  # noqa: ANN401
    node = getattr(restriction, "node", None)
    if isinstance(node, ast.FunctionDef):
        text = f"{node.name}()"
    else:
        text = ast.unparse(node) if node is not None else restriction if isinstance(restriction, str) else None
    try:
        return {"text": text, "expression": expression_of(restriction, names, values), "why": None}
    except Unknown as unknown:
        return {"text": text, "expression": None, "why": str(unknown)}


def _known(given: dict[str, Any], name: str, kind: type) -> Any:  # noqa: ANN401
    value = given.get(name)
    return value if isinstance(value, kind) else None


def _why(value: Any) -> str:  # noqa: ANN401
    return value.why if isinstance(value, Missing) else f"{value!r:.60} is not a value that can be tuned"


main()

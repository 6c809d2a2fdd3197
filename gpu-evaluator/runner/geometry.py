"""Launches of a CUDA kernel for one shape, from the expressions of its definition. Nothing of the kernel runs here."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

# As `core/search-space/expression` has them: what a definition was checked with is what it means here.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f.__name__: f for f in (min, max, abs, round, int, float, bool, len, sum, any, all, pow)},
    **{f.__name__: f for f in (math.floor, math.ceil, math.log2)},
}
ALLOWED = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp,
    ast.Call, ast.Tuple, ast.List, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip


class BadGeometry(Exception):
    """An expression that has no value for this configuration and shape, or not a possible one."""


def amount(expression: str | int, names: Json, what: str) -> int:
    """The whole number that an expression is for these parameters and sizes. Raises BadGeometry."""
    if isinstance(expression, int):
        return expression
    text = expression.replace("math.", "")
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):
        called = isinstance(node, ast.Name) and node.id not in names and node.id not in FUNCTIONS
        if called or not isinstance(node, ALLOWED):
            raise BadGeometry(f"{what}: {expression} is no expression of parameters and sizes")
    try:
        value = eval(compile(tree, what, "eval"), {"__builtins__": {}}, {**FUNCTIONS, **names})
    except (ArithmeticError, TypeError, ValueError) as error:
        raise BadGeometry(f"{what}: {expression} has no value ({error}) for {names}") from error
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadGeometry(f"{what}: {expression} is {value} for {names}, expected a whole number")
    return value


def launches_for(launches: list[Json], config: Json, shape: Json) -> list[Json]:
    """Each launch with numbers: {kernel, grid: [x, y, z], block: [x, y, z], shared_bytes, arguments}."""
    names = {**shape, **config}

    def three(launch: Json, field: str) -> list[int]:
        sizes = [amount(one, names, f"{field} of {launch['kernel']}") for one in launch[field]]
        return sizes + [1] * (3 - len(sizes))

    def argument(one: str | Json) -> tuple[str, Json]:
        if isinstance(one, str):
            return one, {"i32": shape[one]} if one in shape else {"pointer": one}
        name = one["map"]
        box = [amount(size, names, f"box of the map of {name}") for size in one["box"]]
        swizzle = amount(one["swizzle"], names, f"swizzle of the map of {name}")
        return f"map of {name}", {"map": name, "order": one["order"], "box": box, "swizzle": swizzle}

    return [
        {
            "kernel": launch["kernel"],
            "grid": three(launch, "grid"),
            "block": three(launch, "block"),
            "shared_bytes": amount(launch["sharedBytes"], names, f"sharedBytes of {launch['kernel']}"),
            "arguments": dict(argument(one) for one in launch["arguments"]),
        }
        for launch in launches
    ]


def constants_for(constants: list[str], shape: Json) -> list[str]:
    """Compiler arguments: the sizes that the source has as macros, such as SHAPE_width."""
    return [f"-DSHAPE_{name}={shape[name]}" for name in constants]


def scratch_for(scratch: Json, config: Json, shape: Json) -> Json:
    """Scratch arrays as a plan has them."""
    names = {**shape, **config}
    return {
        name: {"type": wanted["type"], "elements": amount(wanted["count"], names, f"scratch {name}")}
        for name, wanted in scratch.items()
    }

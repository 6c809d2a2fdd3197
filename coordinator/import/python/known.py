"""What is known of a script's objects without running it: values, functions, modules, and what stays unknown."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Scope = dict[str, Any]


class Unknown(Exception):
    """Only running the script would tell this value; the message says why."""


def located(node: ast.stmt | ast.expr, why: object) -> str:
    """The reason with its line, where it does not name another one."""
    return str(why) if str(why).startswith("line ") else f"line {node.lineno}: {why}"


@dataclass(frozen=True)
class Missing:
    """Stands where a value is unknown, so that only what needs it is."""

    why: str


@dataclass(frozen=True)
class Imported:
    """A module, or a name of one: `numpy`, `constraint.MaxProdConstraint`."""

    path: str


@dataclass(frozen=True)
class Function:
    """A function or a lambda of the script, with the names around it."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope = field(repr=False)


@dataclass(frozen=True)
class Constraint:
    """An object of the package python-constraint, such as `MaxProdConstraint(1024)`."""

    kind: str
    arguments: tuple[Any, ...]


MAX_STEPS = 1_000_000
MAX_ITEMS = 100_000
MAX_BITS = 4_096


def checked(value: Any) -> Any:  # noqa: ANN401 - whatever a script has
    """Raises Unknown for what would take too long or too much memory."""
    if isinstance(value, Missing):
        raise Unknown(value.why)
    if isinstance(value, Imported):
        raise Unknown(f"it reads {value.path}")
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise Unknown("a number is too large")
    if isinstance(value, (str, range, list, tuple, dict, set)) and len(value) > MAX_ITEMS:
        raise Unknown(f"it has more than {MAX_ITEMS} items")
    return value


def items_of(value: Any) -> list[Any]:  # noqa: ANN401
    """The items of a list, a range or the like."""
    return list(checked(value))


def _arange(*bounds: int | float) -> list[int | float]:
    if all(isinstance(bound, int) for bound in bounds):
        return items_of(range(*[int(bound) for bound in bounds]))
    start, stop, step = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    count = max(0, -int(-(stop - start) // step))
    return [start + step * at for at in items_of(range(count))]


def _prod(values: Any) -> Any:  # noqa: ANN401
    product = 1
    for value in items_of(values):
        product = checked(product * value)
    return product


def _pow(base: int | float, exponent: int | float) -> int | float:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > MAX_BITS:
        raise Unknown("a number is too large")
    return base**exponent


def _times(left: Any, right: Any) -> Any:  # noqa: ANN401
    for one, other in ((left, right), (right, left)):
        if isinstance(one, (str, list, tuple)) and isinstance(other, int) and len(one) * other > MAX_ITEMS:
            raise Unknown(f"it has more than {MAX_ITEMS} items")
    return left * right


def _modulo(left: Any, right: Any) -> Any:  # noqa: ANN401
    if isinstance(left, str):
        raise Unknown("it is formatted with %")
    return left % right


OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: _times,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: _modulo,
    ast.Pow: _pow,
    ast.LShift: lambda a, b: a * _pow(2, b),
    ast.RShift: lambda a, b: a >> b,
    ast.BitOr: lambda a, b: a | b,
    ast.BitAnd: lambda a, b: a & b,
    ast.BitXor: lambda a, b: a ^ b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
}

_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "int_", "intp")
_FLOATS = ("float16", "float32", "float64", "double", "single")

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{one.__name__: one for one in (abs, bool, float, int, len, max, min, range, round, str, sum)},
    **{
        name: lambda *values, one=one: one(items_of(values[0]) if values else ())
        for name, one in {"list": list, "tuple": tuple, "set": set, "sorted": sorted}.items()
    },
    "dict": lambda *given, **named: {**(dict(checked(given[0])) if given else {}), **named},
    "reversed": lambda values: items_of(values)[::-1],
    "enumerate": lambda values, start=0: list(enumerate(items_of(values), start)),
    "zip": lambda *values: list(zip(*map(items_of, values), strict=False)),
    "collections.OrderedDict": lambda *given, **named: {**(dict(checked(given[0])) if given else {}), **named},
    "numpy.arange": _arange,
    "numpy.array": lambda values, **_: items_of(values),
    "numpy.prod": _prod,
    "math.prod": _prod,
    **{f"numpy.{name}": int for name in _INTEGERS},
    **{f"numpy.{name}": float for name in _FLOATS},
}
"""What may be called; names of modules in full."""

METHODS: dict[type, frozenset[str]] = {
    dict: frozenset({"copy", "get", "items", "keys", "pop", "setdefault", "update", "values"}),
    list: frozenset({"append", "copy", "count", "extend", "index", "insert", "remove", "reverse", "sort", "tolist"}),
    tuple: frozenset({"count", "index"}),
    set: frozenset({"add", "copy", "union"}),
    str: frozenset({"endswith", "format", "join", "lower", "replace", "split", "startswith", "strip", "upper"}),
}

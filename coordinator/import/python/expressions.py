"""Restrictions as expressions over the parameters' names, the only form in which a search space has them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from known import Constraint, Function, Imported, Missing, Scope, Unknown
from values import Values

CALLED = frozenset(["abs", "bool", "ceil", "float", "floor", "int", "len", "log2", "max", "min", "round", "sum"])
"""Functions that an expression of a search space may call."""
COMPARED = {
    "MaxProdConstraint": ("*", "<="),
    "MinProdConstraint": ("*", ">="),
    "ExactProdConstraint": ("*", "=="),
    "MaxSumConstraint": ("+", "<="),
    "MinSumConstraint": ("+", ">="),
    "ExactSumConstraint": ("+", "=="),
}


def expression_of(restriction: Any, names: Sequence[str], values: Values) -> str:  # noqa: ANN401 - of the script
    """Raises Unknown, with what stands in the way."""
    of = None
    if isinstance(restriction, (tuple, list)) and len(restriction) == 2 and isinstance(restriction[1], (list, tuple)):
        restriction, of = restriction
    if isinstance(restriction, Missing):
        raise Unknown(restriction.why)
    if isinstance(restriction, str):
        return " ".join(restriction.split())
    if isinstance(restriction, Function):
        return ast.unparse(_Translation(restriction, of or names, of is not None, values).expression())
    if isinstance(restriction, Constraint):
        return _of_constraint(restriction, of or names, values)
    raise Unknown(f"{restriction!r:.60} is no string, no function and no constraint")


def _of_constraint(constraint: Constraint, of: Sequence[str], values: Values) -> str:
    kind, arguments = constraint.kind, constraint.arguments
    if kind in COMPARED and len(arguments) == 1:
        operator, comparison = COMPARED[kind]
        return f"{f' {operator} '.join(of)} {comparison} {arguments[0]!r}"
    if kind == "AllEqualConstraint":
        return " == ".join(of)
    if kind == "AllDifferentConstraint":
        pairs = [f"{one} != {other}" for at, one in enumerate(of) for other in of[at + 1 :]]
        return " and ".join(pairs)
    if kind in ("InSetConstraint", "NotInSetConstraint") and len(arguments) == 1:
        word = "in" if kind == "InSetConstraint" else "not in"
        return " and ".join(f"{one} {word} {sorted(arguments[0])!r}" for one in of)
    if kind == "FunctionConstraint" and arguments and isinstance(arguments[0], Function):
        return ast.unparse(_Translation(arguments[0], of, True, values).expression())
    raise Unknown(f"{kind} has no equivalent")


class _Translation(ast.NodeTransformer):
    """
    The body of one function. Kernel Tuner calls it with a dict of the values, or with the values themselves; with
    `positional`, in the order of `names`.
    """

    def __init__(self, function: Function, names: Sequence[str], positional: bool, values: Values) -> None:
        self._function = function
        self._values = values
        self._names = names
        self._substitutes: dict[str, ast.expr] = {}
        self._dict: str | None = None
        arguments = [argument.arg for argument in function.node.args.args]
        if positional:
            if len(arguments) != len(names):
                raise Unknown(f"it takes {len(arguments)} values, not {len(names)}")
            for argument, name in zip(arguments, names, strict=True):
                self._substitutes[argument] = ast.Name(name, ast.Load())
        elif len(arguments) == 1 and arguments[0] not in names:
            self._dict = arguments[0]

    def expression(self) -> ast.expr:
        node = self._function.node
        return self.visit(node.body) if isinstance(node, ast.Lambda) else self._of_statements(node.body)

    def _of_statements(self, statements: Sequence[ast.stmt]) -> ast.expr:
        if not statements:
            return ast.Constant(False)
        first, *rest = statements
        if isinstance(first, ast.Return):
            return ast.Constant(False) if first.value is None else self.visit(first.value)
        if isinstance(first, ast.If):
            test = self.visit(first.test)
            before = dict(self._substitutes)
            then = self._of_statements([*first.body, *rest])
            self._substitutes = before
            return _either(test, then, self._of_statements([*first.orelse, *rest]))
        if isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(first.targets[0], ast.Name):
            self._substitutes = {**self._substitutes, first.targets[0].id: self.visit(first.value)}
            return self._of_statements(rest)
        if isinstance(first, ast.Pass) or (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
            return self._of_statements(rest)
        raise Unknown(f"its line {first.lineno} is no return, no if and no assignment to one name")

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        of_dict = isinstance(node.value, ast.Name) and node.value.id == self._dict
        key = self._values.of(node.slice, self._function.scope) if of_dict else None
        if key in self._names and key is not None:
            return ast.Name(key, ast.Load())
        if of_dict:
            raise Unknown(f"{key!r} is not a parameter")
        return self._known(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._substitutes:
            return self._substitutes[node.id]
        if node.id in self._names and self._dict is None:
            return node
        return self._known(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        scope: Scope = self._function.scope
        path = self._values.path_of(node.func, scope)
        if path is None and isinstance(node.func, ast.Name) and node.func.id not in scope:
            path = node.func.id
        name = path.rsplit(".", 1)[-1] if path is not None else None
        if name not in CALLED or node.keywords:
            raise Unknown(f"it calls {ast.unparse(node.func)[:60]}()")
        return ast.Call(ast.Name(name, ast.Load()), [self.visit(argument) for argument in node.args], [])

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._known(node)

    def _known(self, node: ast.expr) -> ast.expr:
        """What the script gives a value to, as that value."""
        value = self._values.of(node, self._function.scope)
        if isinstance(value, (Imported, Function, Constraint)):
            raise Unknown(f"it reads {ast.unparse(node)[:60]}")
        return ast.parse(repr(value), mode="eval").body


def _either(test: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    """`then if test else otherwise`, as people write it."""
    if isinstance(then, ast.Constant) and isinstance(then.value, bool):
        if then.value:
            return ast.BoolOp(ast.Or(), [test, otherwise])
        return ast.BoolOp(ast.And(), [ast.UnaryOp(ast.Not(), test), otherwise])
    return ast.IfExp(test, then, otherwise)

"""Values of a script's expressions, computed from its text: nothing of the script is run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from known import (
    FUNCTIONS,
    MAX_STEPS,
    METHODS,
    OPERATORS,
    Constraint,
    Function,
    Imported,
    Missing,
    Scope,
    Unknown,
    checked,
    items_of,
    located,
)

STANDARD = {"OrderedDict": "collections.OrderedDict"}


class Values:
    """Evaluates expressions; an instance bounds the work of one script."""

    def __init__(self, run: Callable[[Function, list[Any], dict[str, Any]], Any] | None = None) -> None:
        self._steps = 0
        self._run = run

    def of(self, node: ast.AST, scope: Scope) -> Any:  # noqa: ANN401 - whatever the script has
        """The value. Raises Unknown, with the reason for people."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Unknown("it takes too many steps")
        method: Callable[..., Any] | None = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            raise Unknown(f"it uses {ast.unparse(node)[:60]}")
        try:
            return method(node, scope)
        except Unknown:
            raise
        except RecursionError:
            raise Unknown("it is nested too deeply") from None
        except Exception as error:
            raise Unknown(f"{ast.unparse(node)[:60]} fails ({error})") from None

    def attempt(self, node: ast.expr, scope: Scope) -> Any:  # noqa: ANN401
        """The value, or Missing in its place, which names the line."""
        try:
            return self.of(node, scope)
        except Unknown as unknown:
            return Missing(located(node, unknown))

    def path_of(self, node: ast.AST, scope: Scope) -> str | None:
        """The full name of what a module gave, such as `kernel_tuner.tune_kernel`; else None."""
        if isinstance(node, ast.Name):
            found = scope.get(node.id)
            return found.path if isinstance(found, Imported) else None
        if isinstance(node, ast.Attribute):
            module = self.path_of(node.value, scope)
            return None if module is None else f"{module}.{node.attr}"
        return None

    def _Constant(self, node: ast.Constant, _: Scope) -> Any:  # noqa: ANN401
        if node.value is None or isinstance(node.value, (bool, int, float, str)):
            return checked(node.value)
        raise Unknown(f"it uses {ast.unparse(node)[:60]}")

    def _Name(self, node: ast.Name, scope: Scope) -> Any:  # noqa: ANN401
        if node.id not in scope:
            raise Unknown(f"{node.id} has no value in the file")
        found = scope[node.id]
        if isinstance(found, Missing):
            raise Unknown(found.why)
        return found

    def _Attribute(self, node: ast.Attribute, scope: Scope) -> Any:  # noqa: ANN401
        path = self.path_of(node, scope)
        if path is None:
            raise Unknown(f"it uses {ast.unparse(node)[:60]}")
        return Imported(path)

    def _List(self, node: ast.List, scope: Scope) -> list[Any]:
        return list(self._elements(node.elts, scope))

    def _Tuple(self, node: ast.Tuple, scope: Scope) -> tuple[Any, ...]:
        return tuple(self._elements(node.elts, scope))

    def _Set(self, node: ast.Set, scope: Scope) -> set[Any]:
        return set(self._elements(node.elts, scope))

    def _elements(self, nodes: list[ast.expr], scope: Scope) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from items_of(self.of(node.value, scope))
            else:
                yield self.attempt(node, scope)

    def _Dict(self, node: ast.Dict, scope: Scope) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                found.update(self.of(value, scope))
            else:
                found[self.of(key, scope)] = self.attempt(value, scope)
        return found

    def _JoinedStr(self, node: ast.JoinedStr, scope: Scope) -> str:
        return "".join(str(self.of(part, scope)) for part in node.values)

    def _FormattedValue(self, node: ast.FormattedValue, scope: Scope) -> str:
        if node.format_spec is not None or node.conversion != -1:
            raise Unknown(f"it uses {ast.unparse(node)[:60]}")
        return str(checked(self.of(node.value, scope)))

    def _BinOp(self, node: ast.BinOp, scope: Scope) -> Any:  # noqa: ANN401
        left, right = checked(self.of(node.left, scope)), checked(self.of(node.right, scope))
        return checked(self.operate(node.op, left, right))

    def operate(self, operator: ast.AST, left: Any, right: Any) -> Any:  # noqa: ANN401
        """Raises Unknown where the operator is none that is computed here."""
        if type(operator) not in OPERATORS:
            raise Unknown(f"it uses the operator {type(operator).__name__}")
        return OPERATORS[type(operator)](left, right)

    def _UnaryOp(self, node: ast.UnaryOp, scope: Scope) -> Any:  # noqa: ANN401
        value = checked(self.of(node.operand, scope))
        if isinstance(node.op, ast.Not):
            return not value
        if isinstance(node.op, ast.Invert):
            return ~value
        return -value if isinstance(node.op, ast.USub) else +value

    def _BoolOp(self, node: ast.BoolOp, scope: Scope) -> Any:  # noqa: ANN401
        value: Any = None
        for operand in node.values:
            value = checked(self.of(operand, scope))
            if bool(value) == isinstance(node.op, ast.Or):
                return value
        return value

    def _Compare(self, node: ast.Compare, scope: Scope) -> bool:
        left = checked(self.of(node.left, scope))
        for operator, comparator in zip(node.ops, node.comparators, strict=True):
            right = checked(self.of(comparator, scope))
            if not self.operate(operator, left, right):
                return False
            left = right
        return True

    def _IfExp(self, node: ast.IfExp, scope: Scope) -> Any:  # noqa: ANN401
        return self.of(node.body if checked(self.of(node.test, scope)) else node.orelse, scope)

    def _Subscript(self, node: ast.Subscript, scope: Scope) -> Any:  # noqa: ANN401
        return checked(checked(self.of(node.value, scope))[self.of(node.slice, scope)])

    def _Slice(self, node: ast.Slice, scope: Scope) -> slice:
        return slice(*[None if part is None else self.of(part, scope) for part in (node.lower, node.upper, node.step)])

    def _Lambda(self, node: ast.Lambda, scope: Scope) -> Function:
        return Function(node, scope)

    def _ListComp(self, node: ast.ListComp, scope: Scope) -> list[Any]:
        return [self.of(node.elt, inner) for inner in self._loops(node.generators, scope)]

    def _GeneratorExp(self, node: ast.GeneratorExp, scope: Scope) -> list[Any]:
        return [self.of(node.elt, inner) for inner in self._loops(node.generators, scope)]

    def _SetComp(self, node: ast.SetComp, scope: Scope) -> set[Any]:
        return {self.of(node.elt, inner) for inner in self._loops(node.generators, scope)}

    def _DictComp(self, node: ast.DictComp, scope: Scope) -> dict[Any, Any]:
        return {self.of(node.key, inner): self.of(node.value, inner) for inner in self._loops(node.generators, scope)}

    def _loops(self, generators: list[ast.comprehension], scope: Scope) -> Iterator[Scope]:
        if not generators:
            yield scope
            return
        first, *rest = generators
        for item in items_of(self.of(first.iter, scope)):
            inner = dict(scope)
            self.bind(first.target, item, inner)
            if all(self.of(test, inner) for test in first.ifs):
                yield from self._loops(rest, inner)

    def bind(self, target: ast.AST, value: Any, scope: Scope) -> None:  # noqa: ANN401
        """Assigns to a name, an item, or several of them."""
        if isinstance(target, ast.Name):
            scope[target.id] = value
        elif isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            self.of(target.value, scope)[self.of(target.slice, scope)] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            values = [value] * len(target.elts) if isinstance(value, Missing) else items_of(value)
            for one, item in zip(target.elts, values, strict=True):
                self.bind(one, item, scope)

    def _Call(self, node: ast.Call, scope: Scope) -> Any:  # noqa: ANN401
        called = scope.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if isinstance(called, Function) and self._run is not None:
            given = list(self._elements(node.args, scope))
            return self._run(
                called, given, {word.arg: self.attempt(word.value, scope) for word in node.keywords if word.arg}
            )
        arguments = [checked(one) for one in self._elements(node.args, scope)]
        named = {word.arg: self.of(word.value, scope) for word in node.keywords if word.arg is not None}
        path = self.path_of(node.func, scope)
        if path is not None and path.startswith("constraint."):
            return Constraint(path.rsplit(".", 1)[1], tuple(arguments))
        if path is None and isinstance(node.func, ast.Attribute):
            owner = self.of(node.func.value, scope)
            if node.func.attr in METHODS.get(type(owner), ()):
                return self._method(owner, node.func.attr, arguments, named)
        if path is None and isinstance(node.func, ast.Name) and node.func.id not in scope:
            path = STANDARD.get(node.func.id, node.func.id)
        if path not in FUNCTIONS:
            raise Unknown(f"{ast.unparse(node.func)[:60]}() is called")
        return checked(FUNCTIONS[path](*arguments, **named))

    def _method(self, owner: Any, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:  # noqa: ANN401
        if name == "tolist":
            return owner
        found = getattr(owner, name)(*arguments, **named)
        checked(owner)
        return checked(list(found) if name in ("items", "keys", "values") else found)

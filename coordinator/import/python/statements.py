"""Follows a script's statements, in order, to where it calls `tune_kernel`. Nothing of the script is run."""

from __future__ import annotations

import ast
import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from known import Function, Imported, Missing, Scope, Unknown, checked, items_of, located
from values import Values

TUNE = "tune_kernel"
POSITIONAL = [
    "kernel_name",
    "kernel_source",
    "problem_size",
    "arguments",
    "tune_params",
    "grid_div_x",
    "grid_div_y",
    "grid_div_z",
    "restrictions",
    "answer",
    "atol",
    "verify",
    "verbose",
    "lang",
]
"""The first arguments of `tune_kernel`, in its order."""
CHANGES = frozenset(["add", "append", "extend", "insert", "pop", "remove", "reverse", "setdefault", "sort", "update"])


class _Returned(Exception):
    def __init__(self, value: Any) -> None:  # noqa: ANN401
        super().__init__()
        self.value = value


@dataclass(frozen=True)
class Call:
    """One call of `tune_kernel`, with its arguments as they were then."""

    line: int
    arguments: dict[str, Any]
    scope: Scope


class Script:
    """The calls of one script. Functions are followed where they are called, and the others at the end."""

    def __init__(self, source: bytes) -> None:
        self.calls: list[Call] = []
        self.values = Values(self._run)
        self._functions: list[Function] = []
        self._running: list[ast.AST] = []
        self._ran: set[int] = set()
        self._follow(ast.parse(source).body, {"__name__": "__main__"})
        # A function that nothing calls here, such as one that a command line names.
        for function in self._functions:
            if id(function.node) not in self._ran:
                self._run(function, [], {})
        self.calls.sort(key=lambda call: call.line)

    def _run(self, function: Function, arguments: list[Any], named: dict[str, Any]) -> Any:  # noqa: ANN401
        """What it returns. Missing stands for an argument that is not given and has no default."""
        if isinstance(function.node, ast.Lambda):
            return self.values.of(function.node.body, self._inside(function, arguments, named))
        if function.node in self._running:
            raise Unknown(f"{function.node.name}() calls itself")
        self._ran.add(id(function.node))
        self._running.append(function.node)
        try:
            self._follow(function.node.body, self._inside(function, arguments, named))
        except _Returned as returned:
            return returned.value
        finally:
            self._running.pop()
        return None

    def _inside(self, function: Function, arguments: list[Any], named: dict[str, Any]) -> Scope:
        given = function.node.args
        scope = dict(function.scope)
        positional = [*given.posonlyargs, *given.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
        for argument, default in [
            *zip(positional, defaults, strict=True),
            *zip(given.kwonlyargs, given.kw_defaults, strict=True),
        ]:
            unknown = Missing(f"{argument.arg} is an argument")
            scope[argument.arg] = unknown if default is None else self.values.attempt(default, function.scope)
        for several in (given.vararg, given.kwarg):
            if several is not None:
                scope[several.arg] = Missing(f"{several.arg} is an argument")
        scope.update(zip([argument.arg for argument in positional], arguments, strict=False))
        scope.update(named)
        return scope

    def _follow(self, statements: list[ast.stmt], scope: Scope) -> None:
        for statement in statements:
            try:
                self._statement(statement, scope)
            except Unknown as unknown:
                self._forget(statement, scope, located(statement, unknown))

    def _statement(self, statement: ast.stmt, scope: Scope) -> None:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if isinstance(statement, ast.FunctionDef):
                scope[statement.name] = Function(statement, scope)
                self._functions.append(scope[statement.name])
        elif isinstance(statement, ast.ClassDef):
            self._follow(statement.body, dict(scope))
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            self._import(statement, scope)
        elif isinstance(statement, ast.If):
            self._note_calls(statement.test, scope)
            self._follow(statement.body if checked(self.values.of(statement.test, scope)) else statement.orelse, scope)
        elif isinstance(statement, ast.For):
            for item in items_of(self.values.of(statement.iter, scope)):
                self.values.bind(statement.target, item, scope)
                self._follow(statement.body, scope)
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            for item in statement.items:
                if item.optional_vars is not None:
                    self.values.bind(item.optional_vars, Missing(f"line {statement.lineno}: it is opened"), scope)
            self._follow(statement.body, scope)
        elif isinstance(statement, ast.Try):
            self._follow([*statement.body, *statement.orelse, *statement.finalbody], scope)
        else:
            self._simple(statement, scope)

    def _simple(self, statement: ast.stmt, scope: Scope) -> None:
        self._note_calls(statement, scope)
        if isinstance(statement, ast.Assign):
            value = self.values.attempt(statement.value, scope)
            for target in statement.targets:
                self.values.bind(target, value, scope)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            self.values.bind(statement.target, self.values.attempt(statement.value, scope), scope)
        elif isinstance(statement, ast.AugAssign):
            before = self.values.of(statement.target, scope)
            after = self.values.operate(statement.op, before, self.values.of(statement.value, scope))
            self.values.bind(statement.target, after, scope)
        elif isinstance(statement, ast.Expr):
            self.values.attempt(statement.value, scope)
        elif isinstance(statement, ast.Return):
            raise _Returned(None if statement.value is None else self.values.attempt(statement.value, scope))
        elif isinstance(statement, (ast.While, ast.Delete, ast.Match)):
            raise Unknown("it is decided when the script runs")

    def _import(self, statement: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in statement.names:
            if isinstance(statement, ast.ImportFrom):
                scope[alias.asname or alias.name] = Imported(f"{statement.module}.{alias.name}")
            elif alias.asname is not None:
                scope[alias.asname] = Imported(alias.name)
            else:
                first = alias.name.split(".")[0]
                scope[first] = Imported(first)

    def _note_calls(self, node: ast.AST, scope: Scope) -> None:
        for call in ast.walk(node):
            if not isinstance(call, ast.Call):
                continue
            path = self.values.path_of(call.func, scope) or ast.unparse(call.func)
            if path.rsplit(".", 1)[-1] == TUNE:
                self.calls.append(Call(call.lineno, self._arguments(call, scope), dict(scope)))

    def _arguments(self, call: ast.Call, scope: Scope) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, node in zip(POSITIONAL, call.args, strict=False):
            if isinstance(node, ast.Starred):
                break
            found[name] = self.values.attempt(node, scope)
        for word in call.keywords:
            value = self.values.attempt(word.value, scope)
            if word.arg is not None:
                found[word.arg] = value
            elif isinstance(value, dict):
                found.update(value)
        # Later statements change the same lists.
        return {name: _copied(value) for name, value in found.items()}

    def _forget(self, statement: ast.stmt, scope: Scope, why: str) -> None:
        """After a statement that could not be followed, what it assigns is unknown; its calls count all the same."""
        for target in _changed(statement):
            try:
                self.values.bind(target, Missing(why), scope)
            except Unknown:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        scope[name.id] = Missing(why)
        for body in (getattr(statement, "body", []), getattr(statement, "orelse", [])):
            inner = [one for one in body if any(_is_tuning(node) for node in ast.walk(one))]
            with contextlib.suppress(_Returned):
                self._follow(inner, scope)


def _is_tuning(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", 1)[-1] == TUNE


def _changed(statement: ast.stmt) -> Iterator[ast.expr]:
    """What it assigns to, and the objects whose methods it calls for the change that they make."""
    for node in ast.walk(statement):
        if isinstance(node, (ast.Name, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            yield ast.Name("_") if not isinstance(node.func.value, ast.Name) else node.func.value


def _copied(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return copy.copy(value) if isinstance(value, set) else value

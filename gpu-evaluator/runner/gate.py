"""The static gate for Python that a language model wrote, before a line of it runs: allow-lists of imports, builtins
and attributes. It looks at the marked region of the source; the text around it is the kernel author's."""

from __future__ import annotations

import ast
import builtins
import io
import re
import tokenize

BEGIN = re.compile(r"^[ \t]*#[ \t]*EVOLVE-BEGIN\b")
END = re.compile(r"^[ \t]*#[ \t]*EVOLVE-END\b")
MAX_COMPLAINTS = 5
# Some programs end a line at them, others do not.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]|\r(?!\n)")


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODULES = {
    "math": words("ceil exp exp2 floor gcd inf isqrt log log2 pi prod sqrt"),
    "triton": words("jit cdiv next_power_of_2 language"),
    "triton.language": words(
        """abs advance arange assume associative_scan atomic_add bfloat16 broadcast broadcast_to cast cat cdiv
        clamp constexpr cumsum debug_barrier dot dot_scaled exp exp2 expand_dims fdiv flip float16 float32
        float64 floor fma full gather int1 int16 int32 int64 int8 join load load_tensor_descriptor log log2
        make_block_ptr make_tensor_descriptor math max max_contiguous maximum min minimum multiple_of
        num_programs permute program_id range ravel reduce reshape rsqrt sigmoid softmax sort split sqrt
        static_assert static_range store store_tensor_descriptor sum swizzle2d tensor trans uint16 uint32
        uint8 view where zeros zeros_like"""
    ),
}
# Of tensors, descriptors, dictionaries and lists.
ATTRIBUTES = words(
    """T append broadcast_to dtype element_ty extend get items keys load max min permute reshape shape store strides
    sum to trans type values"""
)
BUILTINS = words(
    """abs all any bool dict enumerate float int isinstance len list max min range reversed round set sorted str sum
    tuple zip True False None ValueError"""
)
# The syntax allowed in a region. Everything else is refused, including later additions to Python: patterns, for one,
# read attributes without naming them as such.
ALLOWED = (
    *(ast.FunctionDef, ast.Return, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.If, ast.Expr),
    *(ast.Pass, ast.Break, ast.Continue, ast.Assert, ast.Raise, ast.Import, ast.ImportFrom, ast.alias),
    *(ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Lambda, ast.IfExp, ast.Dict, ast.Set, ast.List, ast.Tuple, ast.Slice),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Compare, ast.Call, ast.keyword),
    *(ast.FormattedValue, ast.JoinedStr, ast.Constant, ast.Attribute, ast.Subscript, ast.Starred, ast.Name),
    *(ast.arguments, ast.arg, ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop),
)


def refused(source: str) -> str | None:
    """The first violation in the region, as a message for its author; None without one."""
    if CONTROLS.search(source):
        return "not allowed: control characters"
    lines = source.splitlines()
    begins = [number for number, line in enumerate(lines, 1) if BEGIN.match(line)]
    ends = [number for number, line in enumerate(lines, 1) if END.match(line)]
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        return "not allowed: the source has no region that may evolve"
    try:
        tree = ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError) as error:
        return f"it is no Python: {error}"
    modules = _modules(tree)
    complaints = _long_texts(tokens, begins[0], ends[0])
    for node in ast.walk(tree):
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0) or 0
        if last > begins[0] and first < ends[0]:
            complaints += [what for what in _wrong(node, modules) if what not in complaints]
    if not complaints:
        return None
    more = f"; and {len(complaints) - MAX_COMPLAINTS} more" if len(complaints) > MAX_COMPLAINTS else ""
    return f"not allowed: {'; '.join(complaints[:MAX_COMPLAINTS])}{more}"


def _long_texts(tokens: list[tokenize.TokenInfo], begin: int, end: int) -> list[str]:
    """Triton looks for a function's first line in the text of the source, and takes one inside of a text for it."""
    for token in tokens:
        first, last = token.start[0], token.end[0]
        if first < last and last > begin and first < end and token.string.strip():
            return [f"a text over several lines (line {first}): write a comment, or a text for each line"]
    return []


def _modules(tree: ast.Module) -> dict[str, str]:
    """Names of modules, anywhere in the file."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                outer = alias.name.split(".")[0]
                found[alias.asname or outer] = alias.name if alias.asname else outer
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in MODULES:
                    found[alias.asname or alias.name] = whole
    return found


def _wrong(node: ast.AST, modules: dict[str, str]) -> list[str]:
    if not isinstance(node, ALLOWED):
        return [f"{type(node).__name__} (line {getattr(node, 'lineno', 0)})"]
    if isinstance(node, ast.Import):
        return [f"import {alias.name}" for alias in node.names if alias.name not in MODULES]
    if isinstance(node, ast.ImportFrom):
        allowed = MODULES.get(node.module or "", frozenset())
        return [f"from {node.module} import {alias.name}" for alias in node.names if alias.name not in allowed]
    if isinstance(node, ast.Name):
        if node.id.startswith("__"):
            return [f"the name {node.id}"]
        if hasattr(builtins, node.id) and node.id not in BUILTINS:
            return [f"the builtin {node.id}"]
        return _foreign(node, modules)
    if isinstance(node, ast.arg | ast.FunctionDef | ast.keyword):
        name = node.name if isinstance(node, ast.FunctionDef) else node.arg
        return [f"the name {name}"] if name is not None and name.startswith("__") else []
    if isinstance(node, ast.Attribute):
        if not isinstance(node.ctx, ast.Load):
            return [f"a new value for the attribute {node.attr}"]
        module = _module_of(node.value, modules)
        if module is not None:
            return [] if node.attr in MODULES.get(module, frozenset()) else [f"{module}.{node.attr}"]
        return [] if node.attr in ATTRIBUTES else [f"the attribute {node.attr}"]
    return []


def _foreign(node: ast.Name, modules: dict[str, str]) -> list[str]:
    """A module that the file's author imported, and that a region may not use."""
    module = modules.get(node.id)
    return [] if module is None or module in MODULES else [f"the module {module}"]


def _module_of(node: ast.expr, modules: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return modules.get(node.id)
    if isinstance(node, ast.Attribute):
        outer = _module_of(node.value, modules)
        if outer is not None and f"{outer}.{node.attr}" in MODULES:
            return f"{outer}.{node.attr}"
        if outer == "triton.language" and node.attr == "math":
            return "math"
    return None

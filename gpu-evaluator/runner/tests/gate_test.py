"""The gate for Python that a model wrote: standard library only."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gate import refused

HEAD = "import importlib.util\nimport math\nimport triton\nimport triton.language as tl\n# EVOLVE-BEGIN\n"
GOOD = """
@triton.jit
def kernel(x, y, n: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = at < n
    value = tl.load(x + at, mask=mask, other=0.0).to(tl.float32)
    for _ in range(2):
        value = tl.math.exp2(value) * math.log2(2.0)
    tl.store(y + at, value, mask=mask)


def plan(config, shape, target):
    grid = [triton.cdiv(shape["length"], config["BLOCK"]), 1, 1]
    if config["BLOCK"] > 1024:
        raise ValueError("too large")
    return {"launches": [{"grid": grid}], "scratch": {name: value for name, value in shape.items()}}
"""
HOSTILE = {
    "reads a key": "import os\nk = os.environ",
    "by the builtin": "k = __import__('os')",
    "through a builtin": "k = getattr(tl, 'core')",
    "opens a file": "open('/etc/passwd')",
    "runs text": "exec('1')",
    "reaches through an attribute": "k = (1).__class__",
    "through a module's insides": "tl.core.os.system('id')",
    "through triton": "triton.runtime.driver",
    "through what the author imported": "importlib.util.find_spec('os')",
    "hides behind another name": "m = importlib",
    "opens a socket": "from socket import socket",
    "imports all": "from math import *",
    "patches": "tl.load = None\ntl.dot.__globals__",
    "formats its way out": "'{0.__class__}'.format(1)",
    "falls back to the reference": "try:\n    x = 1\nexcept ValueError:\n    pass",
    "makes a class": "class A: pass",
    "a decorator that is not Triton's": "@staticmethod\ndef f(): pass",
    "no Python": "def (",
    "an attribute as a pattern": "match tl.constexpr(1):\n    case tl.constexpr(__reduce_ex__=f):\n        f(0)",
    "a pattern that looks harmless": "match 1:\n    case tl.constexpr(fn=f):\n        f()",
    "any pattern": "match 1:\n    case _:\n        pass",
    "an attribute of a module": "tl.load = None",
    "an attribute in a loop": "for tl.load in [1]:\n    pass",
    "an attribute in a sum": "tl.load += 1",
    "an attribute in a text": "k = f'{tl.core.os}'",
    "waits": "async def f():\n    await g()",
    "yields": "def f():\n    yield 1",
    "deletes": "x = 1\ndel x",
    "with": "with f():\n    pass",
    "a name in an expression": "k = (n := 1)",
    "a function in a text, which Triton takes for the real one": (
        '@triton.jit(repr="""\ndef f(x):\n    importlib.import_module(0)\n""")\ndef f(x):\n    pass'
    ),
    "a function in the text of another": (
        'def g():\n    @triton.jit\n    def f(x):\n        """\ndef f(x):\n    importlib.x\n"""\n        pass'
    ),
    "a text that continues": "k = 'a\\\ndef f(x): pass'",
    "a formatted text over lines": 'k = f"""{1}\ndef f(x): pass"""',
    "another end of a line": "# \x0c\nk = 1",
    "a line that only Python sees": "# \rk = __import__('os')",
    "a line that Python does not see": "# \u2028# EVOLVE",
    "letters that become others": "k = \uff3f\uff3fimport__('os')",
    "an attribute in other letters": "k = tl.\uff43ore",
    "a format": "k = '{0.__class__}'.format(1)",
    "a format by its name": "k = str.format_map('{a.b}', {})",
    "a key that formats": "k = max(['{0.a}'], key=str.format)",
    "a type of a type": "k = type(1)",
    "what a class is made of": "def f():\n    return __class__",
    "a descriptor": "k = property(1)",
    "an operator as a function": "from operator import attrgetter",
    "a name of all names": "k = globals()",
    "variables of others": "def f():\n    global tl\n    tl = 1",
    "variables of the outer function": "def f():\n    x = 1\n    def g():\n        nonlocal x",
    "a comprehension": "k = [c for c in ().__class__.__bases__]",
    "a module in a comprehension": "k = [m for m in [importlib]]",
    "a module as a default": "def f(m=importlib):\n    pass",
    "a decorator with an attribute": "@tl.core.extern\ndef f():\n    pass",
    "a decorator that imports": "@__import__\ndef os():\n    pass",
    "a subscript": "k = __builtins__['eval']",
    "a parameter of a type": "def f[T: int](x): pass",
    "an alias of a type": "type X = int",
    "sets an attribute by unpacking": "(tl.load, x) = (1, 2)",
    "an attribute as a star": "[*tl.core]",
    "the module under another name": "from triton import runtime",
    "what Triton compiles apart": "tl.inline_asm_elementwise('', '', [], 1, True, 1)",
    "the printer": "tl.device_print('x', 1)",
    "the file's own functions": "k = refused.__code__",
    "annotations that are read later": "from __future__ import annotations",
    "an exception's insides": "raise ValueError(1).with_traceback(None)",
    "deletes an attribute": "del tl.load",
    "a matrix product of attributes": "k = tl.core @ 1",
}


class Gate(unittest.TestCase):
    def test_what_an_engineer_writes_passes(self) -> None:
        self.assertIsNone(refused(f"{HEAD}{GOOD}# EVOLVE-END\n"))

    def test_hostile_code_is_refused_with_a_word(self) -> None:
        for name, code in HOSTILE.items():
            with self.subTest(name):
                self.assertRegex(refused(f"{HEAD}{GOOD}{code}\n# EVOLVE-END\n") or "", "not allowed|no Python")

    def test_only_the_region_is_looked_at(self) -> None:
        self.assertIsNone(refused(f"import os\nk = os.environ\n{HEAD}{GOOD}# EVOLVE-END\nprint(k)\n"))
        self.assertIsNotNone(refused(f"{HEAD}{GOOD}"))


if __name__ == "__main__":
    unittest.main()

"""The imports that a candidate's code may make, and the modules that it must leave unchanged. Standard library only."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import plan_format
from plan_format import COMPILED_LAUNCH, WRITTEN_LAUNCH, check_plan
from watch import watch


def plan(**launch: Any) -> dict[str, Any]:  # noqa: ANN401
    usual = {"kernel": "product", "grid": [1, 1, 1], "options": {"num_warps": 4}, "constants": {}}
    arguments = {"a": {"pointer": "a", "type": "fp16"}, "n": {"i32": 3}, "scratch": None}
    return {"scratch": {}, "launches": [{**usual, "arguments": arguments, **launch}]}


class Plans(unittest.TestCase):
    def test_a_plan_asks_for_what_there_is_and_nothing_else(self) -> None:
        check_plan(plan(), WRITTEN_LAUNCH)
        refused = [
            plan(stream="another"),
            plan(options={"launch_pdl": True}),
            plan(arguments={"a": {"pointer": "a", "type": "fp16", "offset": 4096}}),
            plan(arguments={"a": {"pointer": "a"}}),
            {**plan(), "after": "print"},
            {"scratch": {"room": {"type": "fp32", "elements": 1, "keep": True}}, "launches": []},
            {"launches": []},
            [],
        ]
        for one in refused:
            with self.assertRaises(ValueError, msg=str(one)):
                check_plan(one, WRITTEN_LAUNCH)

    def test_a_compiled_launch_names_its_code_by_hash_only(self) -> None:
        launch = {name: value for name, value in plan()["launches"][0].items() if name in COMPILED_LAUNCH}
        check_plan({"scratch": {}, "launches": [{**launch, "key": "0" * 64}]}, COMPILED_LAUNCH)
        # CUDA C++ has the type in its signature.
        bare = {**launch, "arguments": {"a": {"pointer": "a"}}, "key": "0" * 64}
        check_plan({"scratch": {}, "launches": [bare]}, COMPILED_LAUNCH)
        for key in ("../" * 3, "0" * 63, 7):
            with self.assertRaises(ValueError):
                check_plan({"scratch": {}, "launches": [{**launch, "key": key}]}, COMPILED_LAUNCH)


class Watch(unittest.TestCase):
    def setUp(self) -> None:
        self.begin = watch([(plan_format, None), (json, ("dumps",))], quiet=True)

    def test_nothing_is_found_where_nothing_was_done(self) -> None:
        found = self.begin()
        worker = threading.Thread(target=lambda: None)
        worker.start()
        worker.join()
        subprocess.run([sys.executable, "-c", ""], check=True)
        self.assertIsNone(found())

    def test_what_was_replaced_is_named(self) -> None:
        for owner, name in [(time, "perf_counter"), (plan_format, "check_plan"), (json, "dumps")]:
            found, real = self.begin(), getattr(owner, name)
            setattr(owner, name, lambda *_: 0)
            try:
                self.assertEqual(found(), f"it replaced {owner.__name__}.{name}")
            finally:
                setattr(owner, name, real)
        found, real_module = self.begin(), sys.modules["json"]
        sys.modules["json"] = type(sys)("json")
        try:
            self.assertEqual(found(), "it replaced the module json")
        finally:
            sys.modules["json"] = real_module

    def test_what_was_left_running_is_found(self) -> None:
        over = threading.Event()
        found = self.begin()
        threading.Thread(target=over.wait, name="later").start()
        self.assertEqual(found(), "it left a thread running (later)")
        over.set()
        found = self.begin()
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE):
            self.assertEqual(found(), "it left a thread or a process running")


if __name__ == "__main__":
    unittest.main()

"""Which baselines of a kernel run, why the others do not, and what the result says of their packages."""

from __future__ import annotations

import sys
import unittest
import warnings
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import baselines

INSTALLED = {"flash-attn-4": "4.0.0b36"}


def version(package: str) -> str:
    if package not in INSTALLED:
        raise PackageNotFoundError(package)
    return INSTALLED[package]


def fails(error: Exception, warned: str | None = None) -> Any:  # noqa: ANN401 - a baseline
    def run(shape: dict[str, int], given: dict[str, int]) -> None:
        if warned is not None:
            warnings.warn(warned, stacklevel=1)
        raise error

    return run


def adds(shape: dict[str, int], given: dict[str, int]) -> int:
    return shape["a"] + given["b"]


def found(needs: dict[str, str], **of_kernel: object) -> tuple[dict[str, list[int]], dict[str, str]]:
    trusted: Any = SimpleNamespace(baselines=lambda: of_kernel, **({"NEEDS": needs} if needs else {}))
    with patch.object(baselines, "version", version):
        return baselines.captured(trusted, {"a": 1}, [{"b": 1}, {"b": 2}], lambda calls: [call() for call in calls])


class Captured(unittest.TestCase):
    def test_each_runs_on_every_copy(self) -> None:
        self.assertEqual(found({}, default=adds), ({"default": [2, 3]}, {}))

    def test_a_missing_package_is_named_with_how_to_get_it(self) -> None:
        kept, left_out = found({"other": "other-attention"}, default=adds, other=adds)
        self.assertEqual(list(kept), ["default"])
        why = "it needs a package that is not installed: pip install other-attention"
        self.assertEqual(left_out, {"other": why})

    def test_one_that_does_not_run_says_why_and_leaves_the_others(self) -> None:
        warned = "Expected as many heads. (Triggered internally at /x.cpp:1)"
        lacks = fails(RuntimeError("No available kernel.\nAborting."), warned)
        _, left_out = found({}, efficient=lacks, default=adds)
        self.assertEqual(left_out, {"efficient": "Expected as many heads. No available kernel."})

    def test_a_package_may_raise_what_it_likes_and_a_baseline_of_pytorch_may_not(self) -> None:
        kept, left_out = found({"fa4": "flash-attn-4"}, default=adds, fa4=fails(ValueError("width 80")))
        self.assertEqual((list(kept), left_out), (["default"], {"fa4": "width 80"}))
        with self.assertRaises(ValueError):
            found({}, default=fails(ValueError("a fault of the kernel's author")))

    def test_versions_are_those_of_installed_packages(self) -> None:
        trusted: Any = SimpleNamespace(NEEDS={"fa4": "flash-attn-4", "other": "other-attention"})
        with patch.object(baselines, "version", version):
            self.assertEqual(baselines.versions(trusted), {"fa4": "4.0.0b36"})


if __name__ == "__main__":
    unittest.main()

"""A kernel's baselines on one shape: those that run, why the others do not, and versions of those of other packages."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any, TypeVar

Json = dict[str, Any]
Captured = TypeVar("Captured")
Run = Callable[[], Any]


def needed_packages(trusted: ModuleType) -> dict[str, str]:
    """By baseline: the distribution that it comes from, where PyTorch does not bring it."""
    return dict(getattr(trusted, "NEEDS", {}))


def versions(trusted: ModuleType) -> dict[str, str]:
    """Of the baselines' packages that are installed."""
    found = {name: _version(package) for name, package in needed_packages(trusted).items()}
    return {name: known for name, known in found.items() if known is not None}


def captured(
    trusted: ModuleType, shape: Json, copies: list[Json], capture: Callable[[list[Run]], Captured]
) -> tuple[dict[str, Captured], dict[str, str]]:
    """Each baseline captured on all copies, by name; and of those that do not run here, why."""
    needs = needed_packages(trusted)
    kept: dict[str, Captured] = {}
    left_out: dict[str, str] = {}
    for name, run in trusted.baselines().items():
        package = needs.get(name)
        if package is not None and _version(package) is None:
            left_out[name] = f"it needs a package that is not installed: pip install {package}"
            continue
        # A package raises what it likes; PyTorch's own operators raise this where they do not run.
        expected = RuntimeError if package is None else Exception
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                kept[name] = capture([lambda given=given, run=run: run(shape, given) for given in copies])
            except expected as error:
                left_out[name] = _why(error, [str(one.message) for one in told])
    return kept, left_out


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _why(error: Exception, warned: list[str]) -> str:
    """What PyTorch says: what it warned of says what the kernel lacks; the error after it is general."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    lines = [text.split(" (Triggered internally", 1)[0].strip() for text in [*warned, first]]
    telling = [line for line in lines if not line.endswith("because:") and "runtime disabled" not in line]
    return " ".join(dict.fromkeys(telling))[:400]

"""Imports Helion, or says in one sentence why not and what to do. Comes before all that needs it."""

from __future__ import annotations

from importlib import metadata

from ..errors import TunerError


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


HELION_VERSION = _version("helion")

try:
    import helion  # noqa: F401
except ImportError as error:
    if HELION_VERSION == "none":
        raise TunerError(
            "kernelevolve.helion needs Helion, which is not installed: pip install helion==1.5.0"
        ) from error
    raise TunerError(
        f"Helion {HELION_VERSION} cannot be imported with torch {_version('torch')} ({error}): install one that fits "
        "this torch, such as pip install helion==1.5.0, and what it names as missing."
    ) from error

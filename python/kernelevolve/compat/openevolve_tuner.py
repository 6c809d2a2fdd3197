"""The module name of the seed project."""

from ..openevolve import OpenEvolveTuner

__all__ = ["OpenEvolveTuner"]

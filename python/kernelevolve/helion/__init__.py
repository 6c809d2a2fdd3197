"""
Helion with the search of this project: `@helion.kernel(autotuner_fn=kernelevolve.helion.autotuner)` for one kernel,
`kernelevolve.helion.install()` for all of a process.
"""

from .available import HELION_VERSION
from .defaults import autotuner, install
from .search import KernelEvolveSearch

__all__ = ["HELION_VERSION", "KernelEvolveSearch", "autotuner", "install"]

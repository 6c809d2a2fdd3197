"""KernelEvolve: an evolutionary search cluster, here for the configurations of any Python function."""

from .errors import Invalid, TunerError
from .lineage import Evaluation
from .openevolve import OpenEvolveTuner
from .result import Result
from .space import Boolean, Categorical, Config, Float, Integer, Ordinal, Permutation
from .tuner import Tuner
from .version import __version__

__all__ = [
    "Boolean",
    "Categorical",
    "Config",
    "Evaluation",
    "Float",
    "Integer",
    "Invalid",
    "OpenEvolveTuner",
    "Ordinal",
    "Permutation",
    "Result",
    "Tuner",
    "TunerError",
    "__version__",
]

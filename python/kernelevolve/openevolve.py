"""`OpenEvolveTuner`: the interface of the seed project."""

from __future__ import annotations

from typing import Any

from .answers import Objective
from .errors import TunerError
from .space import Config, ConfigSpace
from .tuner import Tuner


class OpenEvolveTuner:
    """Maximises an objective; `tune` returns the best configuration. Further arguments are those of `Tuner`."""

    def __init__(
        self,
        config_space: ConfigSpace,
        objective: Objective,
        max_evaluations: int = 50,
        model: str | None = None,
        **more: Any,  # noqa: ANN401 - Tuner checks them
    ) -> None:
        self.tuner = Tuner(
            config_space, objective, direction="maximize", max_evaluations=max_evaluations, model=model, **more
        )

    def tune(self) -> Config:
        """The best configuration. Raises TunerError when no evaluation has a value."""
        result = self.tuner.tune()
        if result.best_config is None:
            first = result.evaluations[0].message if result.evaluations else "nothing was evaluated"
            raise TunerError(f"None of {len(result.evaluations)} evaluations has a value. The first: {first}")
        return result.best_config

"""What a tuned objective comes to."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .lineage import Evaluation
from .space import Config

if TYPE_CHECKING:
    import matplotlib.axes
    import pandas


@dataclass(frozen=True)
class Result:
    """The best configuration of a run, and all evaluations that it is the best of."""

    run: str
    """The run's id in the lineage; `Tuner(name=…)` takes it to go on with this run."""
    status: str
    """`completed`, or `interrupted` where it can go on."""
    direction: str
    """`maximize` or `minimize`."""
    evaluations: tuple[Evaluation, ...]
    database: Path

    @property
    def best(self) -> Evaluation | None:
        """The best evaluation, the earliest of equals; None while none has a value."""
        best: Evaluation | None = None
        for one in self.evaluations:
            if one.value is not None and (best is None or best.value is None or self._is_better(one.value, best.value)):
                best = one
        return best

    @property
    def best_config(self) -> Config | None:
        """The configuration of the best evaluation."""
        return None if self.best is None else self.best.config

    @property
    def best_value(self) -> float | None:
        """The value of the best evaluation."""
        return None if self.best is None else self.best.value

    @property
    def lineage_command(self) -> str:
        """A command that shows the best again, with what it came from."""
        what = f"best {self.run}" if self.best is None else f"show {self.best.candidate}"
        return f"coordinator lineage {what} --db {shlex.quote(str(self.database))}"

    def __str__(self) -> str:
        failed = sum(1 for one in self.evaluations if one.value is None)
        counts = f"{len(self.evaluations)} evaluations" + (f", {failed} failed" if failed else "")
        best = "no evaluation has a value" if self.best is None else f"best {self.best.value:g} with {self.best.config}"
        return f"{best} ({counts}; {self.run})"

    def to_pandas(self) -> pandas.DataFrame:
        """One row for each evaluation; needs pandas."""
        import pandas

        rows: list[dict[str, Any]] = [
            {**one.config, "value": one.value, "outcome": one.outcome, "seconds": one.seconds}
            for one in self.evaluations
        ]
        return pandas.DataFrame(rows)

    def plot(self, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
        """Every value, and the best so far, over the evaluations; needs matplotlib."""
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots()
        counted = [(at, one.value) for at, one in enumerate(self.evaluations, 1) if one.value is not None]
        so_far: list[float] = []
        for _, value in counted:
            so_far.append(value if not so_far or self._is_better(value, so_far[-1]) else so_far[-1])
        ax.scatter([at for at, _ in counted], [value for _, value in counted], s=12, label="evaluations")
        ax.step([at for at, _ in counted], so_far, where="post", label="best so far")
        ax.set_xlabel("evaluation")
        ax.set_ylabel(f"value ({self.direction})")
        ax.legend()
        return ax

    def _is_better(self, value: float, than: float) -> bool:
        return value > than if self.direction == "maximize" else value < than

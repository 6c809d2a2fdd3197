"""A line that says how far a run is, in a terminal or in Jupyter, and only there."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any

EVERY_S = 0.1
BAR = 20


class Progress:
    """Counts evaluations; shows them where somebody looks."""

    def __init__(self, total: int, done: int, best: float | None, direction: str, shown: bool | None) -> None:
        self._total = total
        self._done = done
        self._failed = 0
        self._best = best
        self._maximize = direction == "maximize"
        self._started = time.monotonic()
        self._printed = 0.0
        self._cell = _cell() if shown is not False else None
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._line = self._cell is None and (shown is True or (shown is None and terminal))

    def counted(self, value: float | None) -> None:
        """One more evaluation; None when it failed."""
        self._done += 1
        if value is None:
            self._failed += 1
        elif self._best is None or (value > self._best if self._maximize else value < self._best):
            self._best = value
        if time.monotonic() - self._printed >= EVERY_S:
            self._show("")

    def close(self) -> None:
        """The last word stays."""
        self._show("\n")

    def _show(self, end: str) -> None:
        self._printed = time.monotonic()
        if self._cell is not None:
            self._cell.update({"text/plain": self._text()}, raw=True)
        elif self._line:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r{self._text()[:width].ljust(width)}{end}")
            sys.stderr.flush()

    def _text(self) -> str:
        full = min(BAR, BAR * self._done // self._total)
        elapsed = int(time.monotonic() - self._started)
        best = "no value yet" if self._best is None else f"best {self._best:.6g}"
        failed = f", {self._failed} failed" if self._failed else ""
        bar = "█" * full + "·" * (BAR - full)
        return f"{bar} {self._done} of {self._total}, {best}{failed}, {elapsed // 60}:{elapsed % 60:02d}"


def _cell() -> Any | None:  # noqa: ANN401 - IPython's, where it is
    """A place in the output of a Jupyter cell that can be written again."""
    if "ipykernel" not in sys.modules:
        return None
    from IPython.display import display

    return display({"text/plain": ""}, raw=True, display_id=True)

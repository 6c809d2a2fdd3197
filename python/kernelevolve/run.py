"""A run as the tuner sees it: begun or resumed, asked, answered, ended; whatever happens, it can go on later."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import lineage
from .answers import Answer, describe_host
from .errors import TunerError
from .progress import Progress
from .result import Result
from .session import DatabaseInUseError, Question, Session
from .space import Config, Space

LOCK_S = 20.0
"""How long the coordinator of a script that was killed may take to end."""
VALUE = "value"
WORKLOAD = "objective"


@dataclass(frozen=True)
class Settings:
    """What is tuned, and how; checked."""

    space: Space
    title: str
    """The name, or else that of the function."""
    direction: str
    constraints: list[str]
    predicates: list[Callable[[Config], object]]
    first: list[list[Any]]
    """As the cluster writes them, in the order of the parameters."""
    max_evaluations: int
    model: str | None
    budget_usd: float
    seed: int | None
    name: str | None
    workers: int
    database: Path
    progress: bool | None


class Run:
    """At most one session of the cluster at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._members = settings.space.members(settings.predicates) if settings.predicates else None
        self.session: Session | None = None
        self._progress: Progress | None = None
        self._id: str | None = None
        self._result: Result | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing is left to evaluate."""
        return self._result is not None

    def begin(self) -> bool:
        """Starts or resumes the run; False when it is complete already."""
        settings = self._settings
        until = time.monotonic() + LOCK_S
        while True:
            stored = self._stored()
            kernel = _kernel_id(settings.title) if stored is None else stored.kernel
            folder = self._write_kernel(kernel, stored)
            self._id = None if stored is None else stored.id
            if (
                stored is not None
                and stored.status == "completed"
                and settings.max_evaluations <= stored.max_evaluations
            ):
                return False
            if stored is not None and settings.max_evaluations < stored.accepted:
                raise TunerError(
                    f"max_evaluations={settings.max_evaluations}, but the run {stored.id} has made {stored.accepted} "
                    "already. Give that or more, or another name."
                )
            earlier = None if stored is None else self._read(stored.id, "interrupted")
            session = Session(kernel, settings.workers, self._arguments(stored, folder))
            try:
                session.wait_for_question()
            except DatabaseInUseError:
                # The coordinator of a script that was killed a moment ago is about to end.
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
                continue
            except BaseException as error:
                session.close()
                if isinstance(error, TunerError):
                    raise TunerError(str(error).replace(f"{folder / 'kernel.json'}: ", "")) from None
                raise
            self.session = session
            done, best = (0, None) if earlier is None else (len(earlier.evaluations), earlier.best_value)
            self._progress = Progress(settings.max_evaluations, done, best, settings.direction, settings.progress)
            return True

    def next(self, timeout: float | None = None) -> Question | None:
        """As `Session.next`."""
        return None if self.session is None else self.session.next(timeout)

    def questions(self) -> Iterator[Question]:
        """One after the other, until the run is over."""
        question = self.next()
        while question is not None:
            yield question
            question = self.next()

    def settle(self, question: Question, answer: Answer) -> None:
        """The answer to a question."""
        self._id = question.candidate.split("/")[0]
        if self.session is not None:
            self.session.answer(question, answer)
        if self._progress is not None:
            self._progress.counted(answer.value)

    def finished(self) -> Result:
        """Waits for the end of the run."""
        if self._result is None:
            if self.session is not None:
                self._id = str(self.session.finish()["run"])
                self.session = None
            self._close_progress()
            assert self._id is not None
            self._result = self._read(self._id, "completed")
        return self._result

    def result(self) -> Result:
        """What is stored by now."""
        if self._result is not None:
            return self._result
        if self._id is None:
            stored = self._stored()
            if stored is None:
                raise TunerError("There is no result yet: nothing was evaluated.")
            self._id = stored.id
        return self._read(self._id, "interrupted")

    def close(self) -> None:
        """Stops the run if it is not over."""
        session, self.session = self.session, None
        self._close_progress()
        if session is not None:
            session.stop()

    @contextmanager
    def in_order(self, keep: bool = False) -> Iterator[None]:
        """However it is left, the run can go on; with `keep` it goes on at once unless something failed."""
        try:
            yield
        except BaseException as error:
            self.close()
            if self._id is not None and not isinstance(error, GeneratorExit):
                again = "Start the script again" if self._settings.name is not None else f"Use name={self._id!r}"
                stopped = f"The run {self._id} has stopped; what was counted is stored. {again} to go on with it."
                sys.stderr.write(f"{stopped}\n")
            raise
        if not keep:
            self.close()

    def _close_progress(self) -> None:
        if self._progress is not None:
            self._progress.close()
            self._progress = None

    def _stored(self) -> lineage.StoredRun | None:
        name = self._settings.name
        return None if name is None else lineage.find_run(self._settings.database, name, _kernel_id(name))

    def _read(self, run: str, status: str) -> Result:
        settings = self._settings
        maximize = settings.direction == "maximize"
        found = lineage.evaluations(settings.database, run, maximize, settings.space.decode)
        return Result(run, status, settings.direction, tuple(found), settings.database)

    def _arguments(self, stored: lineage.StoredRun | None, folder: Path) -> list[str]:
        settings = self._settings
        common = ["--db", str(settings.database), "--json", "--parent"]
        budget = ["--evaluations", str(settings.max_evaluations)]
        if stored is not None:
            more = budget if settings.max_evaluations != stored.max_evaluations else []
            return ["resume", stored.id, *more, *common]
        # Each island asks for itself, once it has enough results: with several, a small budget ends before that.
        asked = ["--islands", "1", "--llm", str(settings.model), "--budget-usd", str(settings.budget_usd)]
        model = [] if settings.model is None else asked
        seed = [] if settings.seed is None else ["--seed", str(settings.seed)]
        # Islands learn from all results anyway. Without migrants nothing depends on when a message arrives.
        search = ["--migrants", "0", *budget, *seed, *model]
        return ["start", "--backend", "objective", "--kernel", str(folder), *search, *common]

    def _write_kernel(self, kernel: str, stored: lineage.StoredRun | None) -> Path:
        """The definition of what is tuned, in a folder that is named by its content: a run finds it again."""
        text = json.dumps(self._definition(kernel), indent=1, sort_keys=True) + "\n"
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        folder = self._settings.database.parent / "objectives" / f"{kernel}-{digest}"
        if stored is not None and stored.kernel_folder is not None:
            if Path(stored.kernel_folder).name != folder.name:
                raise TunerError(
                    f"The run {stored.id} was started with another config_space, direction or constraints, so their "
                    "evaluations could not be compared. Restore them, or give another name."
                )
            folder = Path(stored.kernel_folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kernel.json").write_text(text)
        known = folder / "known-good.json"
        if self._settings.first:
            known.write_text(json.dumps(self._known()))
        else:
            known.unlink(missing_ok=True)
        return folder

    def _known(self) -> dict[str, Any]:
        """What runs of this folder evaluate first."""
        first = self._settings.first
        good = {"workload": WORKLOAD, "device": describe_host()[0], "configurations": list(range(len(first)))}
        names = [one["name"] for one in self._settings.space.parameters]
        return {"parameters": names, "configurations": first, "good": [good]}

    def _definition(self, kernel: str) -> dict[str, Any]:
        direction = self._settings.direction
        return {
            "id": kernel,
            "title": kernel,
            "backends": ["objective"],
            "parameters": self._settings.space.parameters,
            "constraints": self._settings.constraints,
            **({"members": self._members} if self._members is not None else {}),
            "objective": {
                **{"name": VALUE, "direction": direction, "unit": None},
                **{"span": None, "beside": None, "any_sign": True},
            },
            "default": None,
            "workloads": [{"name": WORKLOAD, "shape": {}, "flops": 1, "bytes": 1}],
            "source": None,
            "reference": None,
        }


def _kernel_id(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "objective"

"""`Tuner`: the cluster's search over the configurations of any Python function."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from multiprocessing import connection as pipes
from pathlib import Path
from types import TracebackType
from typing import Any

from .answers import Objective, answer_of_error, answer_of_value, call
from .errors import TunerError
from .result import Result
from .run import Run, Settings
from .session import Question
from .space import Config, ConfigSpace, Space, short
from .workers import Worker

DIRECTIONS = ("maximize", "minimize")
MAX_WORKERS = 256
MAX_FIRST = 12
COMING_S = 0.5


class Tuner:
    """
    Searches for the configuration with the best value of an objective.

    config_space: the parameters by name, each a list of values or one of Integer, Float, Ordinal, Categorical, Boolean
        and Permutation.
    objective: called with a configuration (a dict), returns its value. What it raises is a failed evaluation;
        kernelevolve.Invalid means that the configuration cannot be used. None where you `ask` and `tell`.
    direction: "maximize" or "minimize".
    constraints: expressions over the parameters' names, such as "BM * BN <= 8192", or functions of a configuration; all
        hold in every configuration that the objective is called with.
    first: configurations that are evaluated first, such as the one in use; at most 12, each with every parameter.
    active: by parameter, an expression over the others for when it has a meaning. Where it does not hold, the parameter
        has its first value.
    max_evaluations: how often the objective is called in all, also over several starts of one named run.
    model: a language model that proposes too, such as "grok-4.3"; it needs a key in the environment.
    budget_usd: dollars that the model may cost.
    seed: with one worker and no model, the same seed gives the same search.
    title: of what is tuned, where there is no name. A run tries first what earlier runs of its title and space found
        best.
    name: of the run. A script that is started again goes on with the run of this name. Also the id of any run.
    workers: processes that call the objective at the same time; with `ask` and `tell`, configurations open at a time.
    database: the lineage database.
    progress: True or False; by default shown in a terminal and in Jupyter.
    """

    def __init__(
        self,
        config_space: ConfigSpace,
        objective: Objective | Callable[[Config], Awaitable[Any]] | None = None,
        *,
        direction: str = "maximize",
        constraints: Sequence[str | Callable[[Config], object]] = (),
        first: Sequence[Config] = (),
        active: Mapping[str, str] | None = None,
        max_evaluations: int = 50,
        model: str | None = None,
        budget_usd: float = 1.0,
        seed: int | None = None,
        title: str | None = None,
        name: str | None = None,
        workers: int = 1,
        database: str | os.PathLike[str] = ".kevo/lineage.db",
        progress: bool | None = None,
    ) -> None:
        if objective is not None and not callable(objective):
            raise TunerError(f"objective must be a function of a configuration, not {short(objective)}.")
        if direction not in DIRECTIONS:
            raise TunerError(f'direction must be "maximize" or "minimize", not {short(direction)}.')
        given = [constraints] if isinstance(constraints, str) else list(constraints)
        wrong = [one for one in given if not isinstance(one, str) and not callable(one)]
        if wrong or isinstance(constraints, str):
            raise TunerError(
                'constraints are a list of expressions such as "BM * BN <= 8192", or functions of a configuration, not '
                f"{short([*wrong, constraints][0])}."
            )
        if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
            raise TunerError(f"name must be letters, digits, dots, dashes and underscores, not {short(name)}.")
        self._space = Space(config_space, active)
        if len(first) > MAX_FIRST:
            raise TunerError(f"first: at most {MAX_FIRST} configurations are evaluated first, not {len(first)}.")
        self._objective = objective
        self._workers = _integer("workers", workers, 1, MAX_WORKERS)
        self._open: dict[str, Question] = {}
        self._run = Run(
            Settings(
                space=self._space,
                title=name or title or getattr(objective, "__name__", None) or "objective",
                direction=direction,
                constraints=[one for one in given if isinstance(one, str)],
                first=[self._space.encode(one) for one in first],
                predicates=[one for one in given if not isinstance(one, str)],
                max_evaluations=_integer("max_evaluations", max_evaluations, 1, 10**8),
                model=model,
                budget_usd=budget_usd,
                seed=None if seed is None else _integer("seed", seed, 0, 2**31 - 1),
                name=name,
                workers=self._workers,
                database=Path(database).absolute(),
                progress=progress,
            )
        )

    def tune(self) -> Result:
        """
        Calls the objective until the budget is spent, and returns what came of it. Ctrl-C stops the run; a named one
        goes on when the script is started again. So does one whose process was killed.
        """
        objective = self._needed_objective("tune")
        if inspect.iscoroutinefunction(objective):
            raise TunerError("The objective is asynchronous: await tuner.tune_async().")
        workers = [Worker(objective, self._descriptors) for _ in range(self._workers)] if self._workers > 1 else []
        try:
            with self._run.in_order():
                if not self._run.begin():
                    return self._run.finished()
                if workers:
                    self._work_in_processes(workers)
                else:
                    for question in self._run.questions():
                        self._run.settle(question, call(objective, self._space.decode(question.config)))
                return self._run.finished()
        finally:
            for worker in workers:
                worker.stop()

    async def tune_async(self) -> Result:
        """As `tune`, in an event loop: an `async` objective is awaited, for up to `workers` configurations at once."""
        objective = self._needed_objective("tune_async")
        with self._run.in_order():
            if not await asyncio.to_thread(self._run.begin):
                return self._run.finished()
            running: set[asyncio.Task[None]] = set()
            try:
                while True:
                    question = await asyncio.to_thread(self._run.next, 0.05 if running else 0.5)
                    if question is not None:
                        running.add(asyncio.create_task(self._settle_async(objective, question)))
                    done = {task for task in running if task.done()}
                    running -= done
                    for task in done:
                        task.result()
                    session = self._run.session
                    if question is None and not running and session is not None and session.ended:
                        return await asyncio.to_thread(self._run.finished)
            finally:
                for task in running:
                    task.cancel()

    def ask(self, n: int = 1, wait: float = COMING_S) -> list[Config]:
        """
        Configurations to evaluate: one to `n`, or none when the run is over. Each is open until you `tell` its value,
        and at most `workers` are open at a time. Once there is one, it waits this many seconds for each of the others.
        """
        n = _integer("n", n, 1, MAX_WORKERS)
        if len(self._open) + n > self._workers:
            raise TunerError(
                f"ask({n}): {len(self._open)} configurations are open, and workers={self._workers} allows no more than "
                "that at a time. Tell their values first, or create the Tuner with more workers."
            )
        with self._run.in_order(keep=True):
            if self._run.complete or (self._run.session is None and not self._run.begin()):
                self._run.finished()
                return []
            found: list[Config] = []
            question = self._run.next()
            while question is not None:
                config = self._space.decode(question.config)
                self._open[self._space.key(config)] = question
                found.append(config)
                question = self._run.next(wait) if len(found) < n else None
            if not found:
                self._run.finished()
            return found

    def tell(self, config: Config, value: Any) -> None:  # noqa: ANN401 - whatever can be a value
        """The value of a configuration that `ask` gave; an exception where it failed."""
        question = self._open.get(self._space.key(config)) if isinstance(config, dict) else None
        if question is None:
            raise TunerError(f"tell: {short(config)} is not open. Tell each configuration that ask gave once.")
        failed = isinstance(value, BaseException)
        answer = answer_of_error(value) if failed else answer_of_value(value, config)
        del self._open[self._space.key(config)]
        self._run.settle(question, answer)

    def result(self) -> Result:
        """What is known by now; while a run goes on, what was stored of it."""
        return self._run.result()

    def close(self) -> None:
        """Stops a run that `ask` began and that is not over. A named one can go on."""
        self._open.clear()
        self._run.close()

    def __enter__(self) -> Tuner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _needed_objective(self, what: str) -> Callable[[Config], Any]:
        if self._objective is None:
            raise TunerError(f"{what}() needs an objective: Tuner(config_space, objective). Without one, ask and tell.")
        return self._objective

    async def _settle_async(self, objective: Callable[[Config], Any], question: Question) -> None:
        config = self._space.decode(question.config)
        try:
            if inspect.iscoroutinefunction(objective):
                value = await objective(dict(config))
            else:
                value = await asyncio.to_thread(objective, dict(config))
        except Exception as error:
            self._run.settle(question, answer_of_error(error))
        else:
            self._run.settle(question, answer_of_value(value, config))

    def _descriptors(self) -> list[int]:
        session = self._run.session
        return [] if session is None else session.descriptors()

    def _work_in_processes(self, workers: list[Worker]) -> None:
        session = self._run.session
        assert session is not None
        idle = deque(workers)
        waiting: deque[Question] = deque()
        busy: dict[Worker, Question] = {}
        while not (session.ended and not busy):
            question = session.next()
            if question is not None:
                waiting.append(question)
            for worker in [one for one in busy if pipes.wait([one.connection], 0)]:
                session.unwatch(worker.connection)
                asked = busy.pop(worker)
                self._run.settle(asked, worker.take())
                idle.append(worker)
            while idle and waiting:
                worker, question = idle.popleft(), waiting.popleft()
                worker.ask(self._space.decode(question.config))
                session.watch(worker.connection)
                busy[worker] = question


def _integer(name: str, value: Any, low: int, high: int) -> int:  # noqa: ANN401 - it is what is checked
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise TunerError(f"{name} must be an integer from {low} to {high}, not {short(value)}.")
    return value

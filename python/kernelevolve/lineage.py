"""What the lineage database says of a run. It is read only; the coordinator alone writes it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .space import Config


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of a configuration."""

    config: Config
    value: float | None
    """None when it failed."""
    outcome: str
    """`ok`, `crashed` (it raised), `incorrect` (it returned NaN or infinity), `invalid` or `timeout`."""
    message: str | None
    """What went wrong; for an exception its traceback."""
    seconds: float | None
    """How long the objective took."""
    candidate: str
    """Its name in the lineage: `coordinator lineage show CANDIDATE`."""


@dataclass(frozen=True)
class StoredRun:
    """A run as the database has it."""

    id: str
    kernel: str
    status: str
    accepted: int
    max_evaluations: int
    kernel_folder: str | None


@contextmanager
def _open(database: Path) -> Iterator[sqlite3.Connection | None]:
    if not database.exists():
        yield None
        return
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def find_run(database: Path, name: str, kernel: str) -> StoredRun | None:
    """The latest run with this id, or else of this kernel; None when there is none."""
    with _open(database) as connection:
        if connection is None:
            return None
        try:
            row = connection.execute(
                "select id, kernel, status, accepted, spec, launch from runs "
                "where backend = 'objective' and (id = ? or kernel = ?) order by id = ? desc, rowid desc limit 1",
                (name, kernel, name),
            ).fetchone()
        except sqlite3.OperationalError:
            # A coordinator that was killed while it made the database.
            return None
    if row is None:
        return None
    spec, launch = json.loads(row["spec"]), json.loads(row["launch"])
    return StoredRun(
        row["id"], row["kernel"], row["status"], row["accepted"], spec["evaluations"], launch.get("kernel")
    )


def evaluations(database: Path, run: str, maximize: bool, decode: Callable[[Any], Config]) -> list[Evaluation]:
    """All evaluations of a run in the order in which they were counted."""
    with _open(database) as connection:
        if connection is None:
            return []
        rows = connection.execute(
            "select c.id, c.config, e.outcome, e.fitness, e.message, e.lane_ms from evaluations e "
            "join candidates c on c.id = e.candidate where e.run = ? order by e.created_at, e.rowid",
            (run,),
        ).fetchall()
    return [
        Evaluation(
            config=decode(json.loads(row["config"])),
            value=None if row["fitness"] is None else row["fitness"] if maximize else 0.0 - row["fitness"],
            outcome=row["outcome"],
            message=row["message"],
            seconds=None if row["lane_ms"] is None else row["lane_ms"] / 1000,
            candidate=row["id"],
        )
        for row in rows
    ]

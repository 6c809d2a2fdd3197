"""`recorded_space.py FILE SEED EVALUATIONS`: `Tuner` on a recorded space, whose objective looks the time up."""

import gzip
import itertools
import json
import sys
import tempfile
import time
from pathlib import Path

from kernelevolve import Tuner


def main(file: str, seed: int, evaluations: int) -> None:
    """One line of JSON: the best time after each evaluation, and the milliseconds between two calls."""
    content = Path(file).read_bytes()
    recording = json.loads(gzip.decompress(content) if file.endswith(".gz") else content)
    names = recording["tune_params_keys"]
    times = {tuple(row[name] for name in names): row["time"] for row in recording["cache"].values()}
    called: list[float] = []
    best: list[float | None] = []

    def look_up(config: dict[str, object]) -> float:
        called.append(time.perf_counter())
        value = times[tuple(config[name] for name in names)]
        known = best[-1] if best else None
        works = isinstance(value, (int, float)) and (known is None or value < known)
        best.append(value if works else known)
        return float(value)

    with tempfile.TemporaryDirectory() as folder:
        Tuner(
            {name: recording["tune_params"][name] for name in names},
            look_up,
            direction="minimize",
            constraints=[lambda config: tuple(config[name] for name in names) in times],
            max_evaluations=evaluations,
            seed=seed,
            database=Path(folder, "lineage.db"),
            progress=False,
        ).tune()
    gaps = [(later - earlier) * 1000 for earlier, later in itertools.pairwise(called)]
    print(json.dumps({"best": best, "gaps_ms": gaps}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

"""Measures given configurations on given workloads: `python3 sweep.py JOBS.json OUT.json [--processes 12]`.

JOBS is [[workload name, configuration without what equals the default], …]. A small driver of the protocol for work on
the kernel itself, without a search: compile processes in parallel, one measuring process. OUT has one record a job.
"""

from __future__ import annotations

import argparse
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from macros import cuda_request
from protocol import Channel, Frame

Json = dict[str, Any]
HERE = Path(__file__).parent
# As the effort "quick" (core/effort/effort.ts).
WINDOWS = {"search": 4, "finalist": 10}


class Process:
    """A runner process and its frames."""

    def __init__(self, script: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._channel = Channel(self._process.stdout, self._process.stdin)
        self.ready = self._channel.receive()

    def ask(self, request: Frame) -> Frame:
        """The reply, stages skipped."""
        self._channel.send(request)
        while (reply := self._channel.receive()) is not None:
            if reply["type"] != "stage":
                return reply
        raise RuntimeError(f"a runner process ended with code {self._process.wait()}")

    def close(self) -> None:
        self._process.kill()


def sweep(folder: Path, jobs: list[tuple[str, Json]], processes: int, cache: str, purpose: str) -> list[Json]:
    """One record a job, in the order they were measured."""
    definition = json.loads((folder / "kernel.json").read_text())
    workloads = {workload["name"]: workload for workload in definition["workloads"]}
    lane = Process("measure_main.py")
    described = lane.ask({"type": "describe", "id": "0"})
    print(json.dumps(described), flush=True)
    waiting: queue.Queue[tuple[int, str, Json]] = queue.Queue()
    compiled: queue.Queue[tuple[str, Json, Frame]] = queue.Queue()
    for at, (name, config) in enumerate(jobs):
        waiting.put((at, name, {**definition["default"], **config}))
    common = {"folder": str(folder), "reference": definition["reference"], "cache_dir": cache, "input_seed": 1}

    is_cuda = definition["backends"] == ["cuda"]

    def compile_all() -> None:
        process = Process("compile_cuda_main.py" if is_cuda else "compile_main.py")
        while True:
            try:
                at, name, config = waiting.get_nowait()
            except queue.Empty:
                return process.close()
            request = {"type": "compile", "id": str(at), "source": str(folder / definition["source"]), "config": config}
            if is_cuda:
                request |= cuda_request(definition, config)
            asked = [{"name": name, "shape": workloads[name]["shape"]}]
            reply = process.ask({**request, **common, "workloads": asked, "target": described["target"]})
            compiled.put((name, config, reply))

    threads = [threading.Thread(target=compile_all, daemon=True) for _ in range(processes)]
    for thread in threads:
        thread.start()
    records = []
    for _ in jobs:
        name, config, reply = compiled.get()
        record = {"workload": name, "config": config, "compile_ms": reply.get("compile_ms"), **_short(reply)}
        if reply.get("outcome") == "ok":
            request = {"type": "measure", "id": "1", "program": reply["program"], "workloads": [workloads[name]]}
            effort = {"windows": WINDOWS[purpose], "purpose": purpose, "best_speedup": None}
            measured = lane.ask({**request, **common, **effort})
            record |= {
                "lane_ms": measured.get("lane_ms"),
                "environment": measured.get("environment"),
                **_short(measured),
            }
            if measured.get("outcome") == "ok":
                record |= measured["measurements"][0]
            if measured.get("fatal"):
                lane = Process("measure_main.py")
        records.append(record)
        if len(records) >= 5 and all(one["outcome"] in ("error", "crashed") for one in records):
            break
    lane.close()
    return records


def _short(reply: Frame) -> Json:
    return {"outcome": reply.get("outcome", "error"), "message": reply.get("message"), "kernels": reply.get("kernels")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kernel", type=Path, default=HERE.parent / "kernels" / "attention-forward")
    parser.add_argument("--processes", type=int, default=12)
    parser.add_argument("--purpose", choices=list(WINDOWS), default="search")
    given = parser.parse_args()
    started = time.monotonic()
    jobs = json.loads(given.jobs.read_text())
    with tempfile.TemporaryDirectory() as cache:
        records = sweep(given.kernel.resolve(), jobs, given.processes, cache, given.purpose)
    given.out.write_text(json.dumps(records))
    print(f"{len(records)} jobs in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()

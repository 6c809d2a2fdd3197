"""Measures configurations of a CUDA kernel beside each other, as finalists.

python3 finalists.py FOLDER WORKLOAD OUT.json NAME=CONFIG.json…

CONFIG.json has the configuration in `config`. Each is measured three times, alternately, by the evaluator's own compile
and measuring processes: on fresh inputs, verified, beside all baselines.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "gpu-evaluator" / "runner"))

from macros import cuda_request
from protocol import Frame
from sweep import WINDOWS, Process

Json = dict[str, Any]
ROUNDS = 3


def main() -> None:
    folder, workload_name, out, *named = sys.argv[1:]
    definition = json.loads((Path(folder) / "kernel.json").read_text())
    workload = next(one for one in definition["workloads"] if one["name"] == workload_name)
    cache = tempfile.mkdtemp()
    lane, compiler = Process("measure_main.py"), Process("compile_cuda_main.py")
    described = lane.ask({"type": "describe", "id": "0"})
    common = {"folder": str(Path(folder).resolve()), "reference": definition["reference"], "cache_dir": cache}

    def compiled(config: Json, seed: int) -> Frame:
        reply = compiler.ask(
            {
                "type": "compile", "id": "1", **common, "source": str(Path(folder).resolve() / definition["source"]),
                "config": config, **cuda_request(definition, config), "target": described["target"],
                "workloads": [workload], "input_seed": seed,
            }
        )  # fmt: skip
        assert reply["outcome"] == "ok", reply
        return reply

    arms: dict[str, Json] = {}
    for one in named:
        name, path = one.split("=", 1)
        arms[name] = {"config": json.loads(Path(path).read_text())["config"], "results": []}
    for seed in range(7, 7 + ROUNDS):
        for arm in arms.values():
            made = compiled(arm["config"], seed)
            arm["kernels"] = made["kernels"]
            reply = lane.ask(
                {
                    "type": "measure", "id": "1", **common, "program": made["program"], "workloads": [workload],
                    "input_seed": seed, "windows": WINDOWS["finalist"], "purpose": "finalist", "best_speedup": None,
                    "tolerance": definition.get("tolerance", {}).get("relative_l2"),
                }
            )  # fmt: skip
            assert reply["outcome"] == "ok", reply
            arm["results"].append({**reply["measurements"][0], "environment": reply["environment"]})
    record = {"device": described["device"], "toolchain": described["toolchain"], "workload": workload, "arms": arms}
    for name, one in arms.items():
        times = [result["time_ms"] for result in one["results"]]
        baseline = statistics.median(result["baseline_ms"] for result in one["results"])
        print(
            f"{folder.rstrip('/').split('/')[-1]} {workload_name} {name}: {statistics.median(times):.4f} ms "
            f"({min(times):.4f} to {max(times):.4f}), {one['results'][0]['baseline']} {baseline:.4f} ms, "
            f"{baseline / statistics.median(times):.3f}x, error {one['results'][0]['error']:.1e}"
        )
    Path(out).write_text(json.dumps(record))
    lane.close()
    compiler.close()


if __name__ == "__main__":
    main()

#!/bin/sh
# The tuning table at head dim 64, length 1024: named configurations beside what a search of 100 evaluations finds.
#
#   bench/h200/tuning.sh ARCHIVE|FOLDER OUT
#
# Writes OUT/tuning.json (one record for each configuration, all measured in one process beside the fastest baseline) and
# OUT/tuning-run.json (the search).
set -eu
. "$(dirname "$0")/unpack.sh"
cd "$work"

coordinator start --backend triton --kernel attention-forward --workload tuning/d64/s1024 --evaluations 100 --seed 1 \
  --json >"$out/tuning-run.json" 2>run.txt || { cat run.txt; exit 1; }
python3 - "$out" <<'PY' >jobs.json
import json, sys
best = json.load(open(f"{sys.argv[1]}/tuning-run.json"))["best"]["config"]
named = {
    "default": {},
    "conservative": {"BLOCK_N": 32},
    "high-warps": {"BLOCK_M": 128, "NUM_WARPS": 8},
    "tuned": best,
}
# Three times alternately, so that a drift of the clock favours neither; one compile process keeps their order.
print(json.dumps([["tuning/d64/s1024", config] for _ in range(3) for config in named.values()]))
PY
"${KEVO_PYTHON:-python3}" "$home/gpu-evaluator/runner/sweep.py" jobs.json swept.json --processes 1 --purpose finalist >sweep.txt 2>&1 ||
  { cat sweep.txt; exit 1; }
python3 - <<'PY' | tee "$out/tuning.json"
import json, statistics
swept = json.load(open("swept.json"))
records = swept["records"] if isinstance(swept, dict) else swept
names = ("default", "conservative", "high-warps", "tuned")
rows = []
for at, name in enumerate(names):
    ran = [r for r in records[at :: len(names)] if r["outcome"] == "ok"]
    config = json.load(open("jobs.json"))[at][1]
    row = {"name": name, "config": config, "runs": len(ran), "message": records[at]["message"]}
    if ran:
        row["time_us"] = statistics.median(r["time_ms"] for r in ran) * 1000
        row["tflops"] = statistics.median(r["gflops"] for r in ran) / 1000
        row["fastest_baseline_us"] = statistics.median(r["baseline_ms"] for r in ran) * 1000
    rows.append(row)
for row in rows:
    if "tflops" in row:
        row["gain_over_default"] = row["tflops"] / rows[0]["tflops"] - 1
print(json.dumps({"workload": "tuning/d64/s1024", "rows": rows}, indent=1))
PY

#!/bin/sh
# Refused and accepted behaviour on a GPU, and the cost of the checks:
#
#   bench/h200/trust.sh ARCHIVE|FOLDER OUT [OLDER]
#
# Runs every cheat and the genuine kernels (OUT/cheats.json), then the attention kernel on some workloads three times
# (OUT/trust.json): time, speedup and time in the lane. OLDER is a `gpu-evaluator` folder of an earlier version, whose
# runner does the same alternately: it prints its numbers and their ratio too. Takes five minutes on an H100 or H200.
set -eu
. "$(dirname "$0")/unpack.sh"
older="${1:+$(cd "$1" && pwd)}"
cd "$work"

status=0
$node "$home/tests/cheats/main.ts" >"$out/cheats.txt" || status=$?
tail -n 1 "$out/cheats.txt" >"$out/cheats.json"
sed '$d' "$out/cheats.txt"

# The first evaluation of a workload makes its inputs and right answers, which later ones find.
"${KEVO_PYTHON:-python3}" - >jobs.json <<'PY'
import json
ways = [["ten-models/qwen2-0.5b/s512", {}], ["ten-models/qwen2-0.5b/s1024", {}], ["ten-models/qwen3-0.6b/s2048", {}],
        ["ten-models/qwen3-0.6b/s2048", {"KERNEL": "specialized", "BLOCK_N": 128}], ["tuning/d64/s1024", {}]]
print(json.dumps([way for way in ways for _ in range(8)]))
PY
for round in 1 2 3; do
  for version in new ${older:+old}; do
    runner="$home/gpu-evaluator/runner"
    [ "$version" = new ] || runner="$older/runner"
    "${KEVO_PYTHON:-python3}" "$runner/sweep.py" jobs.json "$version-$round.json" --processes 1 >sweep.txt 2>&1 ||
      { cat sweep.txt; exit 1; }
  done
done
"${KEVO_PYTHON:-python3}" - <<'PY' | tee "$out/trust.json"
import glob, json, statistics
jobs = json.load(open("jobs.json"))
ways = [job for at, job in enumerate(jobs) if job not in jobs[:at]]
rows = []
for workload, config in ways:
    row = {"workload": workload, "config": config}
    for version in ("new", "old"):
        runs = [[one for job, one in zip(jobs, json.load(open(path))) if job == [workload, config]]
                for path in sorted(glob.glob(f"{version}-*.json"))]
        ran = [one for run in runs for one in run]
        ok = [one for run in runs for one in run[1:] if one["outcome"] == "ok"]
        if ran:
            row[version] = {
                "evaluations": len(ran),
                "ok": sum(one["outcome"] == "ok" for one in ran),
                "messages": sorted({one["message"] for one in ran if one["message"]}),
                "first_lane_ms": statistics.median(run[0].get("lane_ms") or 0 for run in runs),
                **{name: statistics.median(one[name] for one in ok) for name in ("time_ms", "speedup", "lane_ms") if ok},
            }
    if "lane_ms" in row.get("new", {}) and "lane_ms" in row.get("old", {}):
        names = ("time_ms", "speedup", "lane_ms", "first_lane_ms")
        row["new_over_old"] = {name: round(row["new"][name] / row["old"][name], 3) for name in names}
    rows.append(row)
print(json.dumps(rows, indent=1))
PY
exit "$status"

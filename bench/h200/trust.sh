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

cat >jobs.json <<'JSON'
[["ten-models/qwen2-0.5b/s512", {}], ["ten-models/qwen2-0.5b/s1024", {}], ["ten-models/qwen3-0.6b/s2048", {}],
 ["ten-models/qwen3-0.6b/s2048", {"KERNEL": "specialized", "BLOCK_N": 128}], ["tuning/d64/s1024", {}]]
JSON
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
rows = []
for at, (workload, config) in enumerate(jobs):
    row = {"workload": workload, "config": config}
    for version in ("new", "old"):
        ran = [json.load(open(path))[at] for path in sorted(glob.glob(f"{version}-*.json"))]
        ok = [one for one in ran if one["outcome"] == "ok"]
        if ran:
            row[version] = {
                "outcomes": [one["outcome"] for one in ran],
                "messages": sorted({one["message"] for one in ran if one["message"]}),
                **{name: statistics.median(one[name] for one in ok) for name in ("time_ms", "speedup", "lane_ms") if ok},
            }
    if "lane_ms" in row.get("new", {}) and "lane_ms" in row.get("old", {}):
        row["new_over_old"] = {name: round(row["new"][name] / row["old"][name], 3) for name in ("time_ms", "speedup", "lane_ms")}
    rows.append(row)
print(json.dumps(rows, indent=1))
PY
exit "$status"

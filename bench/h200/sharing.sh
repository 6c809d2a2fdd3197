#!/bin/sh
# Two coordinators on one evaluator with one GPU, the second five seconds after the first, and then the evaluator killed
# while it works:
#
#   bench/h200/sharing.sh ARCHIVE|FOLDER OUT
#
# Writes OUT/sharing.json: evaluations and lane time of each while both were there, and the runner's processes that were
# there before and after the kill.
set -eu
. "$(dirname "$0")/unpack.sh"

mkdir "$work/first" "$work/second"
gpu-evaluator start --backend triton --listen 127.0.0.1:7700 --json >"$work/evaluator.txt" 2>&1 &
daemon=$!
until grep -q listening "$work/evaluator.txt"; do
  kill -0 $daemon || { cat "$work/evaluator.txt"; exit 1; }
  sleep 0.2
done
run() {
  cd "$work/$1"
  coordinator start --backend triton --kernel attention-forward --workload "ten-models/*/$2" --evaluations 9000 \
    --evaluator 127.0.0.1:7700 --json >run.json 2>run.txt
}
# One has many islands and long measurements, the other few and short ones.
run first s4096 & first=$!
sleep 6
run second s512 & second=$!
sleep 18
processes() { pgrep -f 'runner/(compile|measure)_main.py' | wc -l; }
before="$(processes)"
# The shell that started it may not be the program.
kill -9 $daemon $(pgrep -f 'gpu-evaluator.*--listen 127.0.0.1:7700') || true
sleep 2
after="$(processes)"
kill $(pgrep -f 'evaluator 127.0.0.1:7700') 2>/dev/null || true
wait $first $second || true
python3 - "$work" "$before" "$after" <<'PY' | tee "$out/sharing.json"
import json, sqlite3, sys
work, before, after = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
query = """select a.ended_at / 1000.0, e.lane_ms, e.compile_ms from attempts a join evaluations e using (candidate)
where a.end = 'result' order by 1"""
found = {name: sqlite3.connect(f"{work}/{name}/.kevo/lineage.db").execute(query).fetchall() for name in ("first", "second")}
# From the second's tenth result on, when its share is known to both.
begin, end = found["second"][10][0], min(rows[-1][0] for rows in found.values())
report = {"seconds": round(end - begin, 2), "runner_processes_before_kill": before, "two_seconds_after": after}
for name, rows in found.items():
    inside = [row for row in rows if begin <= row[0] <= end]
    report[name] = {
        "evaluations": len(inside),
        "lane_ms": round(sum(row[1] for row in inside)),
        "mean_lane_ms": round(sum(row[1] for row in inside) / max(1, len(inside)), 1),
    }
print(json.dumps(report, indent=1))
PY

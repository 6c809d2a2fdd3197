#!/bin/sh
# Records a cell of attention completely, on all GPUs of the host, and replays the recording:
#
#   bench/h200/record.sh ARCHIVE|FOLDER OUT SECONDS WORKLOAD [options of coordinator record]
#
# After SECONDS the recording is interrupted and the file is written as far as it came. Writes OUT/NAME.json.gz (NAME is
# the workload's), OUT/record.json, OUT/record.txt, OUT/replay.json and OUT/record-lineage.db.gz.
set -eu
. "$(dirname "$0")/unpack.sh"
seconds="$1"
workload="$2"
shift 2
cd "$work"

name="$(echo "$workload" | tr / -).json.gz"
begun="$(date +%s)"
status=0
timeout --signal INT "$seconds" coordinator record --kernel attention-forward --workload "$workload" \
  --out "$out/$name" --json "$@" >"$out/record.json" 2>"$out/record.txt" || status=$?
tail -n 15 "$out/record.txt"
echo "wall clock: $(($(date +%s) - begun)) s, exit code $status"
coordinator evaluators || true
coordinator lineage failures || true
gzip -c .kevo/lineage.db >"$out/record-lineage.db.gz" || true
coordinator start --backend replay --space "$out/$name" --evaluations 400 --seed 1 --db replay.db --json \
  >"$out/replay.json" 2>/dev/null || status=$?
cat "$out/replay.json"
exit "$status"

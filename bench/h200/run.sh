#!/bin/sh
# The whole job on a GPU host that has Python with torch and triton, and neither Node nor internet:
#
#   bench/h200/run.sh ARCHIVE|FOLDER OUT [coordinator's options]
#
# Takes the bundle (made by `npm run bundle`), or the folder in which it lies unpacked, evolves all cells of ten models
# and four lengths, and writes to OUT: cells.json (every cell), samples.json.gz (every timed batch), run.json, report.txt,
# doctor.txt, lineage.db.gz and cheats.json.
# Options such as `--time 90s` replace the ones below; SKIP_CHEATS=1 leaves the cheats out.
set -eu
. "$(dirname "$0")/unpack.sh"
cd "$work"

coordinator doctor >"$out/doctor.txt" 2>&1 || true
begun="$(date +%s)"
status=0
# The clock ends the search, so that it and the finalists after it (about a minute) stay within eight minutes.
coordinator start --backend triton --kernel attention-forward --workload 'ten-models/*' --evaluations 10000 --time 6m15s \
  "$@" \
  >"$out/report.txt" 2>&1 || status=$?
cat "$out/report.txt"
echo "wall clock: $(($(date +%s) - begun)) s, exit code $status"
coordinator runs --json >"$out/run.json" || true
coordinator lineage workloads --json >"$out/cells.json" || true
coordinator lineage workloads --json --samples | gzip >"$out/samples.json.gz" || true
coordinator lineage failures || true
gzip -c .kevo/lineage.db >"$out/lineage.db.gz" || true
if [ -z "${SKIP_CHEATS:-}" ]; then
  $node "$home/tests/cheats/main.ts" >"$out/cheats.txt" || status=$?
  tail -n 1 "$out/cheats.txt" >"$out/cheats.json"
  sed '$d' "$out/cheats.txt"
fi
exit "$status"

#!/bin/sh
# Faults on the devices of a host with two GPUs, in the middle of a run, and what the lineage database shows after each:
#
#   bench/h200/faults.sh ARCHIVE|FOLDER OUT [options of bench/device/faults.ts]
#
# Writes OUT/faults.txt, OUT/faults.json (after every check) and OUT/faults-databases.tar.gz.
set -eu
. "$(dirname "$0")/unpack.sh"

status=0
$node "$home/bench/device/faults.ts" --out "$work/found" "$@" >"$out/faults.txt" 2>&1 || status=$?
cat "$out/faults.txt"
cp "$work/found/faults.json" "$out/" || true
tar -C "$work/found" -czf "$out/faults-databases.tar.gz" . || true
exit "$status"

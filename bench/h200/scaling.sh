#!/bin/sh
# The same run on one GPU, on two lanes of one daemon and on two daemons with one GPU each, on a host with two GPUs:
#
#   bench/h200/scaling.sh ARCHIVE|FOLDER OUT [options of bench/device/scaling.ts]
#
# Writes OUT/scaling.txt, OUT/scaling.json (after every arm) and OUT/scaling-databases.tar.gz.
set -eu
. "$(dirname "$0")/unpack.sh"

status=0
$node "$home/bench/device/scaling.ts" --out "$work/found" "$@" >"$out/scaling.txt" 2>&1 || status=$?
sed '$d' "$out/scaling.txt"
cp "$work/found/scaling.json" "$out/" || true
tar -C "$work/found" -czf "$out/scaling-databases.tar.gz" . || true
exit "$status"

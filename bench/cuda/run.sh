#!/bin/sh
# Our search against Kernel Tuner on the kernels in CUDA C++, on a GPU host with Python, torch and CuPy:
#
#   bench/cuda/run.sh ARCHIVE|FOLDER OUT [seconds of search, 40 by default]
#
# Takes the bundle (made by `npm run bundle`), or the folder in which it lies unpacked. Kernel Tuner 1.5.0 must be on
# PYTHONPATH. It gets twice the wall time that ours took for everything: start, search, finalists, end. Then both winners
# and the default are measured beside each other. OUT gets a table and all raw results.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
seconds="${3:-40}"
. "$here/../h200/unpack.sh"
kernels="$home/gpu-evaluator/kernels"
for cell in gemm-cuda/square convolution-cuda/4096; do
  kernel="${cell%/*}" workload="${cell#*/}"
  mkdir -p "$work/$kernel"
  cd "$work/$kernel"
  begun="$(date +%s.%N)"
  coordinator start --kernel "$kernel" --workload "$workload" --time "${seconds}s" --seed 1 >"$out/$kernel-ours.txt" 2>&1
  wall="$(python3 -c "import time; print(round(time.time() - $begun, 1))")"
  # The best candidate, also where a baseline is faster.
  coordinator lineage best --json | python3 -c "import json, sys; print(json.dumps({'wall_s': $wall, **json.load(sys.stdin)}))" >"$out/$kernel-ours.json"
  coordinator runs --json >"$out/$kernel-run.json"
  limit="$(python3 -c "print(2 * $wall)")"
  python3 -W ignore "$here/kernel_tuner_arm.py" "$kernels/$kernel" "$workload" "$limit" hybrid_vndx "$out/$kernel-kernel-tuner.json" >"$out/$kernel-kernel-tuner.txt" 2>&1 || tail -n 3 "$out/$kernel-kernel-tuner.txt"
  python3 -c "import json; print(json.dumps({'config': json.load(open('$kernels/$kernel/kernel.json'))['default']}))" >"$work/default.json"
  echo "$kernel $workload: ours $wall s, $(python3 -c "import json; r = json.load(open('$out/$kernel-run.json')); print(r[0]['evaluations'] if isinstance(r, list) else r)") evaluations; Kernel Tuner $(python3 -c "import json; r = json.load(open('$out/$kernel-kernel-tuner.json')); print(r['wall_s'], 's,', r['measured'], 'configurations')")"
  python3 "$here/finalists.py" "$kernels/$kernel" "$workload" "$out/$kernel-finalists.json" \
    "ours=$out/$kernel-ours.json" "kernel-tuner=$out/$kernel-kernel-tuner.json" "default=$work/default.json"
done

"""The time of NumPy's matrix product, which is the BLAS it was built with. See `comparison.ts` for the contract."""

import json
import statistics
import sys
import time

import numpy as np


def milliseconds(m: int, n: int, k: int) -> float:
    """Median of repeated calls, after two to warm up."""
    random = np.random.default_rng(0)
    a = random.uniform(-1, 1, (m, k)).astype(np.float32)
    b = random.uniform(-1, 1, (k, n)).astype(np.float32)
    c = np.empty((m, n), np.float32)
    times = []
    for _ in range(22):
        start = time.perf_counter()
        np.matmul(a, b, out=c)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times[2:])


def main() -> None:
    request = json.load(sys.stdin)
    times = {workload["name"]: milliseconds(**workload["shape"]) for workload in request["workloads"]}
    print(json.dumps({"NumPy": times}))


if __name__ == "__main__":
    main()

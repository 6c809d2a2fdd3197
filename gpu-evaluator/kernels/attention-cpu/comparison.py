"""The time of PyTorch's scaled dot-product attention on the CPU. See `comparison.ts` for the contract."""

import json
import statistics
import sys
import time

import torch
from torch.nn.functional import scaled_dot_product_attention


def milliseconds(heads: int, length: int, width: int) -> float:
    """Median of repeated calls, after two to warm up."""
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.rand(1, heads, length, width, generator=generator) * 4 - 2 for _ in range(3))
    times = []
    for _ in range(22):
        start = time.perf_counter()
        scaled_dot_product_attention(q, k, v, is_causal=True)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times[2:])


def main() -> None:
    request = json.load(sys.stdin)
    torch.set_num_threads(request["cores"])
    with torch.inference_mode():
        times = {workload["name"]: milliseconds(**workload["shape"]) for workload in request["workloads"]}
    print(json.dumps({"torch SDPA": times}))


if __name__ == "__main__":
    main()

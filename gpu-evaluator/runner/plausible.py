"""The device's limits: a result above them is wrong, for whatever reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# Of a matrix product, measured on random data; the clock may rise a little for another kernel.
PEAK_SLACK = 1.1
# Of a copy, which is slower than reading alone, and of which a part may still lie in the L2 cache.
COPY_SLACK = 1.3
# Rates are measured again before anybody is refused for them: a throttled device measures low.
TRIES = 3


@dataclass
class Limits:
    """Measured rates of the device, the largest seen."""

    peak_gflops: float
    copy_gbytes_s: float
    launch_ms: float  # of a kernel that does nothing, in a replay
    cache_bytes: int


def rate_of(amount: float | None, time_ms: float) -> float | None:
    """Billions a second; None where the workload does not say how many a call takes."""
    return None if amount is None else amount / time_ms / 1e6


def shares(measured: Json, rotated_bytes: int, limits: Limits) -> Json:
    """Of the measured peak, and of the bandwidth of a copy, where the caches do not hold the inputs."""
    gflops, gbytes = measured["gflops"], measured["gbytes_per_s"]
    in_memory = gbytes is not None and rotated_bytes > 2 * limits.cache_bytes
    return {
        "peak_share": None if gflops is None else gflops / limits.peak_gflops,
        "bandwidth_share": gbytes / limits.copy_gbytes_s if in_memory else None,
        "bandwidth_of": "memory" if in_memory else None,
    }


def impossible(workload: Json, time_ms: float, rotated_bytes: int, limits: Limits) -> str | None:
    """Why no launch can have taken only so long; None when it can. `rotated_bytes` are those of all inputs in turn."""
    time = f"{time_ms * 1000:.2f} µs"
    if time_ms < limits.launch_ms / 2:
        return f"{time} is less than a launch takes that does nothing ({limits.launch_ms * 1000:.2f} µs)"
    share = (rate_of(workload.get("flops"), time_ms) or 0) / limits.peak_gflops
    if share > PEAK_SLACK:
        return f"{time} would be {share:.0%} of the device's measured peak"
    rate = rate_of(workload.get("bytes"), time_ms) or 0
    if rotated_bytes > 2 * limits.cache_bytes and rate > COPY_SLACK * limits.copy_gbytes_s:
        return f"{time} would move {rate:.0f} GB/s, and the device copies {limits.copy_gbytes_s:.0f} GB/s"
    return None


def surely_impossible(
    workload: Json, time_ms: float, rotated_bytes: int, limits: Limits, measure: Callable[[], tuple[float, float]]
) -> str | None:
    """The same, after the peak and the copy have been measured again."""
    wrong = impossible(workload, time_ms, rotated_bytes, limits)
    for _ in range(TRIES):
        if wrong is None:
            break
        peak, copy = measure()
        limits.peak_gflops = max(limits.peak_gflops, peak)
        limits.copy_gbytes_s = max(limits.copy_gbytes_s, copy)
        wrong = impossible(workload, time_ms, rotated_bytes, limits)
    return wrong

"""A time that no device reaches makes a candidate incorrect: the lane's own judgement, without a device."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import measure_main
from evaluation import Incorrect
from plausible import Limits

WORKLOAD = {"name": "w", "flops": 10**9, "bytes": 10**8}
ARENA: Any = SimpleNamespace(rotated_bytes=1 << 30)


def lane() -> measure_main.Lane:
    """One that knows the limits of a device, which are the same when they are measured again."""
    made = measure_main.Lane.__new__(measure_main.Lane)
    made._limits = Limits(peak_gflops=100_000, copy_gbytes_s=1000, launch_ms=0.002, cache_bytes=1 << 20)
    return made


class Impossible(unittest.TestCase):
    def setUp(self) -> None:
        rates = measure_main.device.rates
        measure_main.device.rates = lambda: (100_000.0, 1000.0)
        self.addCleanup(lambda: setattr(measure_main.device, "rates", rates))

    def judge(self, workload: dict[str, Any], time_ms: float, baseline_ms: float) -> None:
        lane()._refuse_impossible(workload, ARENA, {"time_ms": time_ms, "baseline_ms": baseline_ms})

    def test_a_time_above_the_peak_the_copy_or_below_a_launch_is_incorrect_with_the_reason(self) -> None:
        for workload, time_ms, reason in [
            ({"flops": 10**9, "bytes": 1}, 0.005, "200% of the device's measured peak"),
            ({"flops": 1, "bytes": 10**8}, 0.05, "would move 2000 GB/s"),
            ({"flops": 1, "bytes": 1}, 0.0005, "less than a launch takes"),
        ]:
            with self.subTest(reason), self.assertRaisesRegex(Incorrect, reason):
                self.judge(workload, time_ms, 1.0)

    def test_a_time_that_the_device_reaches_is_taken(self) -> None:
        self.judge(WORKLOAD, 0.5, 1.0)

    def test_where_the_baseline_is_impossible_too_the_workload_is_wrong_and_not_the_candidate(self) -> None:
        self.judge({"flops": 10**9, "bytes": 1}, 0.005, 0.006)


if __name__ == "__main__":
    unittest.main()

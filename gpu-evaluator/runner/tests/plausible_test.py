"""Results above what a device can do: standard library only."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plausible import Limits, impossible, rate_of, shares, surely_impossible

WORKLOAD = {"flops": 10**9, "bytes": 10**6}


def limits() -> Limits:
    return Limits(peak_gflops=100_000, copy_gbytes_s=1000, launch_ms=0.002, cache_bytes=1 << 20)


class Plausible(unittest.TestCase):
    def test_what_a_device_can_do_passes(self) -> None:
        self.assertIsNone(impossible(WORKLOAD, 0.02, 1 << 30, limits()))

    def test_more_operations_than_its_peak(self) -> None:
        self.assertRegex(impossible(WORKLOAD, 0.005, 1 << 30, limits()) or "", "200% of the device")

    def test_more_bytes_than_a_copy_where_no_cache_holds_them(self) -> None:
        slow = {"flops": 1, "bytes": 10**8}
        self.assertRegex(impossible(slow, 0.05, 1 << 30, limits()) or "", "2000 GB/s")
        self.assertIsNone(impossible(slow, 0.05, 1 << 20, limits()))

    def test_less_time_than_an_empty_launch(self) -> None:
        self.assertRegex(impossible({"flops": 1, "bytes": 1}, 0.0005, 0, limits()) or "", "does nothing")

    def test_a_workload_need_not_say_its_work(self) -> None:
        self.assertIsNone(rate_of(None, 1))
        self.assertEqual(rate_of(2e6, 1), 2)
        self.assertIsNone(impossible({}, 0.02, 1 << 30, limits()))

    def test_shares_of_peak_and_of_a_copy_where_no_cache_holds_the_inputs(self) -> None:
        measured = {"gflops": 50_000.0, "gbytes_per_s": 620.0}
        of_memory = {"peak_share": 0.5, "bandwidth_share": 0.62, "bandwidth_of": "memory"}
        self.assertEqual(shares(measured, 1 << 30, limits()), of_memory)
        cached = {"peak_share": 0.5, "bandwidth_share": None, "bandwidth_of": None}
        self.assertEqual(shares(measured, 1 << 20, limits()), cached)
        unsaid = {"gflops": None, "gbytes_per_s": None}
        self.assertEqual(set(shares(unsaid, 1 << 30, limits()).values()), {None})

    def test_rates_are_measured_again_first(self) -> None:
        rates = iter([(150_000.0, 1000.0), (190_000.0, 1000.0), (150_000.0, 1000.0)])
        self.assertIsNone(surely_impossible(WORKLOAD, 0.005, 1 << 30, limits(), lambda: next(rates)))
        slow = limits()
        self.assertIsNotNone(surely_impossible(WORKLOAD, 0.001, 1 << 30, slow, lambda: (120_000.0, 900.0)))
        self.assertEqual((slow.peak_gflops, slow.copy_gbytes_s), (120_000.0, 1000))


if __name__ == "__main__":
    unittest.main()

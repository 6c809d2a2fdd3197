"""A time that no device reaches makes a candidate incorrect: the lane's own judgement, without a device."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import measure_main
from cases import Arena
from evaluation import Incorrect, Measured, NoBaseline
from plausible import Limits

WORKLOAD = {"name": "w", "flops": 10**9, "bytes": 10**8}
TIMED = {"flops": 10**9, "bytes": 1, "name": "w"}  # impossible in less than 0.01 ms


class FakeArena:
    """Two baselines, and what each takes alone."""

    rotated_bytes = 1 << 30
    rank_again: dict[str, float] | None = None

    def __init__(self, **alone_ms: float) -> None:
        self.alone_ms, self.left_out = alone_ms, {}
        self.baselines = dict.fromkeys(alone_ms)
        self.fastest = min(alone_ms, key=lambda name: alone_ms[name])

    def rank(self) -> None:
        self.alone_ms = {name: (self.rank_again or self.alone_ms)[name] for name in self.baselines}

    leave_out = Arena.leave_out


class Impossible(unittest.TestCase):
    def setUp(self) -> None:
        rates, timed = measure_main.device.rates, measure_main.time_workload
        measure_main.device.rates = lambda: (100_000.0, 1000.0)
        self.addCleanup(lambda: setattr(measure_main.device, "rates", rates))
        self.addCleanup(lambda: setattr(measure_main, "time_workload", timed))

    def lane(self, *measured: tuple[float, float]) -> Any:  # noqa: ANN401 - a Lane
        """One that knows a device's limits, on which the candidate and the baseline take `measured`, in turn."""
        made: Any = measure_main.Lane.__new__(measure_main.Lane)
        made._limits = Limits(peak_gflops=100_000, copy_gbytes_s=1000, launch_ms=0.002, cache_bytes=1 << 20)
        made.monitor = None
        times = iter(measured)

        def time_workload(*given: Any) -> None:  # noqa: ANN401 - as the runner's
            time_ms, baseline_ms = next(times)
            arena, found = given[1], given[-1]
            found.measurements.append({"time_ms": time_ms, "baseline_ms": baseline_ms, "baseline": arena.fastest})

        measure_main.time_workload = time_workload
        return made

    def judge(
        self, workload: dict[str, Any], *measured: tuple[float, float], arena: FakeArena | None = None
    ) -> list[dict[str, Any]]:
        found = Measured()
        self.lane(*measured)._time(None, arena or FakeArena(a=1.0, b=2.0), workload, 0.0, {}, found)
        return found.measurements

    def test_a_time_above_the_peak_the_copy_or_below_a_launch_is_incorrect_with_the_reason(self) -> None:
        for workload, time_ms, reason in [
            ({"flops": 10**9, "bytes": 1}, 0.005, "200% of the device's measured peak"),
            ({"flops": 1, "bytes": 10**8}, 0.05, "would move 2000 GB/s"),
            ({"flops": 1, "bytes": 1}, 0.0005, "less than a launch takes"),
        ]:
            with self.subTest(reason), self.assertRaisesRegex(Incorrect, reason):
                self.judge(workload, (time_ms, 1.0))

    def test_a_time_that_the_device_reaches_is_taken(self) -> None:
        self.assertEqual(len(self.judge(WORKLOAD, (0.5, 1.0))), 1)

    def test_it_is_incorrect_where_the_baseline_is_impossible_too(self) -> None:
        with self.assertRaisesRegex(Incorrect, "200% of the device's measured peak"):
            self.judge(TIMED, (0.005, 0.006))

    def test_a_baseline_whose_time_is_impossible_is_no_yardstick(self) -> None:
        arena = FakeArena(a=0.006, b=0.5)
        lane = self.lane()
        lane._leave_out_impossible(TIMED, arena)
        self.assertEqual((list(arena.baselines), arena.fastest), (["b"], "b"))
        self.assertRegex(arena.left_out["a"], "its time is impossible: .*167% of the device's measured peak")

    def test_where_that_leaves_none_the_workload_is_wrong_and_not_the_candidate(self) -> None:
        for _ in range(2):
            with self.assertRaisesRegex(NoBaseline, "no baseline whose time is possible .*flops or bytes"):
                self.lane()._leave_out_impossible(TIMED, FakeArena(a=0.006, b=0.007))

    def test_a_measurement_beside_an_impossible_time_is_made_again_without_that_baseline(self) -> None:
        arena = FakeArena(a=0.02, b=0.5)
        arena.rank_again = {"a": 0.006, "b": 0.5}
        [measured] = self.judge(TIMED, (0.1, 0.006), (0.1, 0.5), arena=arena)
        self.assertEqual((measured["baseline"], list(arena.left_out)), ("b", ["a"]))

    def test_a_candidate_beside_which_alone_a_baseline_is_impossible_does_not_count(self) -> None:
        with self.assertRaisesRegex(Incorrect, "only beside this candidate the time of baseline a"):
            self.judge(TIMED, (0.1, 0.006), (0.1, 0.006), arena=FakeArena(a=0.02, b=0.5))


if __name__ == "__main__":
    unittest.main()

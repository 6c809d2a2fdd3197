"""Frames, statistics and hidden shapes: standard library only."""

from __future__ import annotations

import io
import json
import statistics
import struct
import sys
import unittest
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import hidden
import protocol
from statistics_of import ratio_interval, steady


def received(raw: bytes) -> protocol.Frame | None:
    return protocol.Channel(io.BytesIO(raw), io.BytesIO()).receive()


class Frames(unittest.TestCase):
    def test_what_is_sent_is_received(self) -> None:
        sink = io.BytesIO()
        frame = {"type": "compiled", "id": "run/0/1/2", "message": "Umlaute: äöü", "numbers": [1, 2.5, None, True]}
        protocol.Channel(io.BytesIO(), sink).send(frame)
        self.assertEqual(struct.unpack("<I", sink.getvalue()[:4])[0], len(sink.getvalue()) - 4)
        self.assertEqual(received(sink.getvalue()), frame)

    def test_a_clean_end_is_none(self) -> None:
        self.assertIsNone(received(b""))

    def test_what_is_no_frame_is_refused(self) -> None:
        body = json.dumps([1]).encode()
        torn = [b"\x01", struct.pack("<I", 10) + b"{}", struct.pack("<I", 1 << 31), struct.pack("<I", 2) + b"]["]
        for raw in [*torn, struct.pack("<I", len(body)) + body]:
            with self.subTest(raw=raw[:12]), self.assertRaises(protocol.ProtocolError):
                received(raw)

    def test_numbers_that_json_lacks_are_not_sent(self) -> None:
        with self.assertRaises(ValueError):
            protocol.Channel(io.BytesIO(), io.BytesIO()).send({"type": "measured", "time_ms": float("nan")})

    def test_a_missing_field_is_named(self) -> None:
        with self.assertRaisesRegex(ValueError, "measure: input_seed is None"):
            protocol.required({"type": "measure", "id": "1"}, id=str, input_seed=int)


class Statistics(unittest.TestCase):
    def test_the_interval_holds_the_ratio(self) -> None:
        baseline = [2.0 + 0.01 * (at % 5) for at in range(24)]
        candidate = [1.0 + 0.01 * (at % 3) for at in range(24)]
        ratio, low, high = ratio_interval(baseline, candidate)
        self.assertTrue(low <= ratio <= high)
        self.assertAlmostEqual(ratio, 2.0, delta=0.05)
        self.assertEqual(ratio, statistics.median(baseline) / statistics.median(candidate))
        self.assertEqual(ratio_interval([3.0], [2.0]), (1.5, 1.5, 1.5))
        self.assertEqual(ratio_interval([1.0, 5.0, 3.0], [1.0, 1.0, 1.0])[0], 3.0)

    def test_windows_at_another_clock_are_dropped(self) -> None:
        self.assertEqual(steady([1980, 1980, 1500, 1975]), [True, True, False, True])
        self.assertEqual(steady([0, 0]), [True, True])

    def test_half_of_the_windows_at_another_clock_leaves_the_other_half(self) -> None:
        self.assertEqual(steady([1755, 1980, 1755, 1980]), [False, True, False, True])
        self.assertEqual(steady([1500, 1700, 0, 1900, 1980]), [False, False, True, True, False])


class Shapes(unittest.TestCase):
    def test_both_kinds_of_process_launch_the_same_shapes(self) -> None:
        trusted = ModuleType("reference")
        trusted.hidden_shapes = lambda shape, seed: [{**shape, "length": shape["length"] - 1 - seed}]
        launched = hidden.launched_shapes(trusted, [{"length": 512}, {"length": 512}], 4_000_000_007)
        wanted = [{"length": 512}, *hidden.hidden_shapes(trusted, {"length": 512}, 4_000_000_007)]
        self.assertEqual(launched, wanted)


if __name__ == "__main__":
    unittest.main()

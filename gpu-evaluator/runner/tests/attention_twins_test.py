"""Parameters that the attention kernel declares inactive do not change what is compiled and launched."""

from __future__ import annotations

import json
import random
import sys
import unittest
from pathlib import Path

KERNEL = Path(__file__).resolve().parents[2] / "kernels" / "attention-forward"
sys.path.insert(0, str(KERNEL))

from launching import plan  # noqa: E402

DEFINITION = json.loads((KERNEL / "kernel.json").read_text())
CONDITIONS = {one["name"]: one["activeWhen"] for one in DEFINITION["parameters"] if "activeWhen" in one}
TARGET = {"arch": 90, "multiprocessors": 132}
SHAPES = [workload["shape"] for workload in DEFINITION["workloads"]]
Config = dict[str, object]


def values_of(parameter: dict[str, object]) -> list[object]:
    if parameter["type"] == "boolean":
        return [False, True]
    return [value for value in parameter["values"] if value != "auto"]  # type: ignore[attr-defined]


VALUES = {str(one["name"]): values_of(one) for one in DEFINITION["parameters"]}


def is_active(name: str, config: Config) -> bool:
    return name not in CONDITIONS or bool(eval(CONDITIONS[name], {}, dict(config)))


class Twins(unittest.TestCase):
    def test_what_is_inactive_is_not_read(self) -> None:
        draw = random.Random(17)
        twins = 0
        for _ in range(3_000):
            config = {name: draw.choice(values) for name, values in VALUES.items()}
            shape = draw.choice(SHAPES)
            usual = {name: config[name] if is_active(name, config) else DEFINITION["default"][name] for name in config}
            twins += usual != config
            self.assertEqual(plan(config, shape, TARGET), plan(usual, shape, TARGET))
        self.assertGreater(twins, 1_000)

    def test_what_is_active_is_read(self) -> None:
        draw = random.Random(18)
        for name, values in VALUES.items():
            if len(values) < 2:
                continue
            read = False
            for _ in range(400):
                config = {other: draw.choice(options) for other, options in VALUES.items()}
                if not is_active(name, config):
                    continue
                shape = draw.choice(SHAPES)
                plans = [plan({**config, name: value}, shape, TARGET) for value in values]
                read = read or any(one != plans[0] for one in plans)
            self.assertTrue(read, name)


if __name__ == "__main__":
    unittest.main()

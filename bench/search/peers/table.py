"""Files of curves as a table for the docs: a line for each space and peer, best at 100 evaluations first.

python3 bench/search/peers/table.py CURVES.json…
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

BUDGETS = ("50", "100", "200", "400")


def cells(curve: dict[str, Any], field: str) -> str:
    values = curve.get(field, {})
    return " / ".join(f"{values[budget]:.3f}" if budget in values else "-" for budget in BUDGETS)


def main() -> None:
    print("| space | search | mean | median | seeds | within 5 % | median to 5 % |\n|---|---|---|---|---|---|---|")
    for path in sys.argv[1:]:
        for space, curves in json.loads(Path(path).read_text()).items():
            for name, curve in sorted(curves.items(), key=lambda each: -each[1]["fraction_of_optimum"].get("100", 0)):
                row = [space, name, cells(curve, "fraction_of_optimum"), cells(curve, "median_fraction")]
                row += [curve["seeds"], curve["within_5_percent"], curve["median_evaluations_to_5_percent"] or "-"]
                print("|", " | ".join(map(str, row)), "|")


main()

"""Lints the chart and renders it for each file of values, with Helm's own library. Writes one line of JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    tools, chart_folder, *cases = sys.argv[1:]
    sys.path.insert(0, tools)
    import helm_python as helm

    lint = helm.lint(chart_folder, strict=True, kube_version="v1.37.0")
    rendered: dict[str, object] = {}
    with helm.Chart.load(chart_folder) as chart:
        for case in cases:
            values = json.loads(Path(case).read_text())
            try:
                chart.validate_schema(values)
                rendered[case] = {"files": chart.render(values, name="kevo", namespace="search")}
            except helm.HelmError as error:
                rendered[case] = {"error": str(error)}
    print(json.dumps({"lint": lint["messages"], "rendered": rendered}))


if __name__ == "__main__":
    main()

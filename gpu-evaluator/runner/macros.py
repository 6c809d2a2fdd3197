"""What the coordinator asks of the CUDA compile process, for drivers of the protocol without it (`sweep.py`)."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def flags_of(definition: Json, config: Json) -> list[str]:
    """Macros as `gpu-evaluator/backends/parameter-arguments.ts` makes them, of numbers, truth values and words."""
    flags = []
    for parameter in definition["parameters"]:
        name, value = parameter["name"], config[parameter["name"]]
        if parameter["type"] == "categorical":
            flags += [f"-D{name}_{word}={at + 1}" for at, word in enumerate(parameter["values"])]
            value = f"{name}_{value}"
        flags.append(f"-D{name}={int(value) if isinstance(value, bool) else value}")
    return flags


def cuda_request(definition: Json, config: Json) -> Json:
    """The fields of a compile request that only CUDA has."""
    return {
        "flags": flags_of(definition, config),
        "launches": definition["launches"],
        "scratch": definition.get("scratch", {}),
        "constants": definition.get("constants", []),
    }

"""From a `config_space` as Python has it to parameters as the cluster has them, and back."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from .errors import TunerError

Config = dict[str, Any]
"""A configuration: one value for each parameter."""

MAX_TRIED = 1_000_000
MAX_INTEGER = 2**53
"""The cluster's numbers are IEEE doubles."""


@dataclass(frozen=True)
class Integer:
    """The integers `low`, `low + step`, …, at most `high`."""

    low: int
    high: int
    step: int = 1


@dataclass(frozen=True)
class Float:
    """`steps` numbers from `low` to `high`, evenly spaced, or with `log=True` by a constant factor."""

    low: float
    high: float
    steps: int = 101
    log: bool = False


@dataclass(frozen=True)
class Ordinal:
    """Numbers or strings in the order given, such as tile sizes. Neighbours are believed to be alike."""

    values: Sequence[Any]


@dataclass(frozen=True)
class Categorical:
    """Values without an order, such as a layout. Any value with a `repr` of its own will do."""

    values: Sequence[Any]


@dataclass(frozen=True)
class Boolean:
    """`True` or `False`."""


@dataclass(frozen=True)
class Permutation:
    """Every order of two to eight numbers or strings; a configuration has a tuple."""

    items: Sequence[Any]


Parameter = Integer | Float | Ordinal | Categorical | Boolean | Permutation
ConfigSpace = Mapping[str, Any]
"""By name: one of the classes of this module, or a list of values: a `Boolean`, an `Ordinal` or a `Categorical`."""


class Space:
    """The parameters as JSON, and the way back from the cluster's values to the user's own."""

    def __init__(self, config_space: ConfigSpace, active: Mapping[str, str] | None = None) -> None:
        if not isinstance(config_space, Mapping) or not config_space:
            raise TunerError(f"config_space must be a dict of parameters with their values, not {short(config_space)}.")
        self.parameters: list[dict[str, Any]] = []
        self._values: dict[str, dict[str, Any]] = {}
        for name, given in config_space.items():
            if not isinstance(name, str) or not 0 < len(name) <= 100:
                raise TunerError(
                    f"config_space: a parameter's name is a string of 1 to 100 characters, not {short(name)}."
                )
            parameter, values = _encoded(name, given)
            self.parameters.append({"name": name, **parameter})
            self._values[name] = values
        for name, condition in (active or {}).items():
            if name not in self._values or not isinstance(condition, str):
                raise TunerError(
                    f"active: {short(name)} must be a parameter of config_space, an expression over the others for "
                    f"when it has a meaning, not {short(condition)}."
                )
            next(one for one in self.parameters if one["name"] == name)["activeWhen"] = condition

    def members(self, predicates: Sequence[Callable[[Config], object]]) -> list[list[int]]:
        """Every configuration for which all of these functions hold, as the cluster lists them: positions of values."""
        choices = [_choices(parameter) for parameter in self.parameters]
        size = math.prod(len(values) for values in choices)
        if size > MAX_TRIED:
            raise TunerError(
                f"constraints: a function is tried on each of the {size} configurations; at most {MAX_TRIED} are "
                'possible. Write it as an expression, such as "BM * BN <= 8192".'
            )
        names = list(self._values)
        own = [[self._decoded(name, value) for value in values] for name, values in zip(names, choices, strict=True)]
        found = []
        for row in itertools.product(*(range(len(values)) for values in own)):
            config = {name: values[at] for name, values, at in zip(names, own, row, strict=True)}
            try:
                holds = all(predicate(config) for predicate in predicates)
            except Exception as error:
                raise TunerError(f"A function of constraints raised {error!r} for {short(config)}.") from error
            if holds:
                found.append(list(row))
        if not found:
            raise TunerError("No configuration satisfies the functions of constraints.")
        return found

    def decode(self, config: Mapping[str, Any]) -> Config:
        """The configuration with the very values that the user gave."""
        return {name: self._decoded(name, config[name]) for name in self._values}

    def encode(self, config: Mapping[str, Any]) -> list[Any]:
        """The cluster's values, in the order of the parameters. Raises TunerError for what is not in the space."""
        if not isinstance(config, Mapping) or set(config) != set(self._values):
            raise TunerError(
                f"{short(config)} must name every parameter of config_space once: {', '.join(self._values)}."
            )
        return [self._encoded(parameter, config[parameter["name"]]) for parameter in self.parameters]

    def _encoded(self, parameter: Mapping[str, Any], value: Any) -> Any:  # noqa: ANN401
        name, kind = parameter["name"], parameter["type"]
        if kind == "integer":
            fits = isinstance(value, Integral) and not isinstance(value, bool)
            if fits and value in range(parameter["min"], parameter["max"] + 1, parameter["step"]):
                return int(value)
        else:
            wanted = tuple(value) if kind == "permutation" and isinstance(value, list) else value
            for choice in _choices(parameter):
                own = self._decoded(name, choice)
                if own == wanted and isinstance(own, bool) == isinstance(wanted, bool):
                    return choice
        raise TunerError(f"{name} cannot be {short(value)}, which is not one of its values.")

    def key(self, config: Mapping[str, Any]) -> str:
        """Equal for configurations with equal values, whatever the order of their names."""
        return json.dumps([_plain(config.get(name)) for name in self._values], default=repr)

    def _decoded(self, name: str, value: Any) -> Any:  # noqa: ANN401 - a value may be anything that JSON holds
        if isinstance(value, list):
            return tuple(self._values[name].get(json.dumps(_plain(item)), item) for item in value)
        return self._values[name].get(json.dumps(_plain(value)), value)


def short(value: object) -> str:
    """A value as a message shows it."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _plain(value: Any) -> Any:  # noqa: ANN401
    """2.0 and 2 are one number."""
    if isinstance(value, float) and value.is_integer() and abs(value) < MAX_INTEGER:
        return int(value)
    return list(value) if isinstance(value, tuple) else value


def _choices(parameter: Mapping[str, Any]) -> list[Any]:
    """A parameter's values in the cluster's order."""
    if parameter["type"] == "boolean":
        return [False, True]
    if parameter["type"] == "integer":
        return list(range(parameter["min"], parameter["max"] + 1, parameter["step"]))
    if parameter["type"] == "permutation":
        return [list(order) for order in itertools.permutations(parameter["items"])]
    return list(parameter["values"])


def _encoded(name: str, given: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    """The parameter's definition, and the user's values by how JSON writes the cluster's."""
    if isinstance(given, Integer):
        return _integer(name, given), {}
    if isinstance(given, Float):
        return _listed(name, "ordinal", _grid(name, given))
    if isinstance(given, Boolean):
        return {"type": "boolean"}, {}
    if isinstance(given, Ordinal):
        return _listed(name, "ordinal", list(given.values))
    if isinstance(given, Categorical):
        return _labelled(name, list(given.values))
    if isinstance(given, Permutation):
        return _permutation(name, list(given.items))
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise TunerError(
            f"config_space[{name!r}] is {short(given)}: give a list of values, or Integer, Float, Ordinal, "
            "Categorical, Boolean or Permutation of kernelevolve."
        )
    values = list(given)
    if len(values) == 2 and all(isinstance(value, bool) for value in values) and set(values) == {True, False}:
        return {"type": "boolean"}, {}
    if values and all(isinstance(value, Real) and not isinstance(value, bool) for value in values):
        return _listed(name, "ordinal", sorted(values))
    return _labelled(name, values)


def _integer(name: str, given: Integer) -> dict[str, Any]:
    for field in ("low", "high", "step"):
        value = getattr(given, field)
        if not isinstance(value, Integral) or isinstance(value, bool) or abs(value) > MAX_INTEGER:
            raise TunerError(
                f"config_space[{name!r}]: {field} must be an integer of at most 2**53 in size, not {short(value)}."
            )
    if given.step < 1:
        raise TunerError(f"config_space[{name!r}]: step must be 1 or more, not {given.step}.")
    if given.low > given.high:
        raise TunerError(f"config_space[{name!r}] has no value: its low, {given.low}, is above its high, {given.high}.")
    return {"type": "integer", "min": int(given.low), "max": int(given.high), "step": int(given.step)}


def _grid(name: str, given: Float) -> list[float]:
    low, high, steps = float(given.low), float(given.high), given.steps
    if not (math.isfinite(low) and math.isfinite(high) and low < high) or steps < 2:
        raise TunerError(f"config_space[{name!r}]: Float needs low < high and two steps or more, not {short(given)}.")
    if given.log and low <= 0:
        raise TunerError(f"config_space[{name!r}]: with log=True low must be above 0, not {given.low}.")
    if given.log:
        return [low, *(low * (high / low) ** (at / (steps - 1)) for at in range(1, steps - 1)), high]
    return [low, *(low + (high - low) * at / (steps - 1) for at in range(1, steps - 1)), high]


def _listed(name: str, kind: str, values: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    _some(name, values)
    plain = [_scalar(name, value) for value in values]
    return {"type": kind, "values": plain}, _by_json(name, plain, values)


def _labelled(name: str, values: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What JSON has no value for (None, a dtype, a tuple) travels as its `repr`."""
    _some(name, values)
    if all(isinstance(value, str | Real) and not isinstance(value, bool) for value in values):
        return _listed(name, "categorical", values)
    labels = [value if isinstance(value, str) else repr(value) for value in values]
    for value, label in zip(values, labels, strict=True):
        if " at 0x" in label and not isinstance(value, str):
            raise TunerError(
                f"config_space[{name!r}]: {short(value)} cannot be encoded, for its repr changes from process to "
                "process. Use a string, and look the object up in the objective."
            )
    return {"type": "categorical", "values": labels}, _by_json(name, labels, values)


def _permutation(name: str, items: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if not 2 <= len(items) <= 8:
        raise TunerError(f"config_space[{name!r}]: a Permutation has two to eight items, not {len(items)}.")
    plain = [_scalar(name, item) for item in items]
    return {"type": "permutation", "items": plain}, _by_json(name, plain, items)


def _some(name: str, values: list[Any]) -> None:
    if not values:
        raise TunerError(f"config_space[{name!r}] has no value. Give at least one.")


def _scalar(name: str, value: Any) -> str | int | float:  # noqa: ANN401
    if isinstance(value, str):
        return value
    if isinstance(value, Integral) and not isinstance(value, bool) and abs(int(value)) <= MAX_INTEGER:
        return int(value)
    if isinstance(value, Real) and not isinstance(value, Integral) and math.isfinite(float(value)):
        return float(value)
    raise TunerError(
        f"config_space[{name!r}]: {short(value)} cannot be encoded. A value is a string, or a finite number of at most "
        "2**53."
    )


def _by_json(name: str, plain: list[Any], values: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for encoded, value in zip(plain, values, strict=True):
        key = json.dumps(_plain(encoded))
        if key in found:
            raise TunerError(f"config_space[{name!r}] has the value {short(value)} twice.")
        found[key] = value
    return found

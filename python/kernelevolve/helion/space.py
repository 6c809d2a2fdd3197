"""Helion's fragments as parameters, its flat configurations as ours, and back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helion.autotuner.config_fragment import (
    BaseIntegerFragment,
    BooleanFragment,
    ConfigSpecFragment,
    EnumFragment,
    ListOf,
    PermutationFragment,
    PowerOfTwoFragment,
)

from ..errors import TunerError
from ..space import MAX_INTEGER, Boolean, Categorical, Config, Integer, Ordinal, Permutation, Space

Flat = list[Any]
"""A configuration as Helion's searches see it: one value for each fragment."""

MAX_CHOICES = 1_000
MAX_PARAMETERS = 256
MAX_ORDERED = 8
PERSISTENT = 'pid_type == "persistent_blocked" or pid_type == "persistent_interleaved"'
ACTIVE = {"num_sm_multiplier": PERSISTENT, "maxnreg": PERSISTENT}
"""Helion drops these where programs are not persistent."""


@dataclass(frozen=True)
class Slot:
    """Where a parameter's value belongs: a fragment, and a place in its list where it is one."""

    name: str
    fragment: int
    at: int | None
    parameter: Any


class FragmentSpace:
    """The parameters that a flat configuration has; what is no parameter keeps its default."""

    def __init__(
        self,
        layout: Mapping[str, Sequence[int]],
        fragments: Sequence[ConfigSpecFragment],
        frozen: frozenset[int],
        default: Flat,
    ) -> None:
        self._default = default
        self.unknown: list[str] = []
        """Fragments that stay at their default because nothing is known of their values."""
        self.slots: list[Slot] = []
        for key, places in layout.items():
            for number, place in enumerate(places):
                if place not in frozen:
                    name = key if len(places) == 1 else f"{key}_{number}"
                    self._add(name, place, fragments[place])
        for slot in self.slots[MAX_PARAMETERS:]:
            self.unknown.append(slot.name)
        del self.slots[MAX_PARAMETERS:]

    def _add(self, name: str, place: int, fragment: ConfigSpecFragment) -> None:
        many = isinstance(fragment, ListOf)
        inner = fragment.inner if isinstance(fragment, ListOf) else fragment
        for at in range(fragment.length) if isinstance(fragment, ListOf) else [None]:
            own = f"{name}_{at}" if many else name
            try:
                parameter = parameter_of(inner)
            except NotImplementedError:
                self.unknown.append(own)
                continue
            if parameter is not None:
                self.slots.append(Slot(own, place, at, parameter))

    @property
    def config_space(self) -> dict[str, Any]:
        """For `Tuner`."""
        return {slot.name: slot.parameter for slot in self.slots}

    @property
    def active(self) -> dict[str, str]:
        """For `Tuner`: what Helion reads only beside other values."""
        names = {slot.name for slot in self.slots}
        return {name: when for name, when in ACTIVE.items() if name in names and "pid_type" in names}

    def flat(self, config: Config) -> Flat:
        """What Helion measures."""
        found = copy.deepcopy(self._default)
        for slot in self.slots:
            value = config[slot.name]
            value = list(value) if isinstance(slot.parameter, Permutation) else value
            if slot.at is None:
                found[slot.fragment] = value
            else:
                found[slot.fragment][slot.at] = value
        return found

    def config(self, flat: Flat) -> Config | None:
        """The other way. None where the flat configuration is not in the space."""
        found: Config = {}
        for slot in self.slots:
            value = flat[slot.fragment]
            if slot.at is not None:
                value = value[slot.at]
            found[slot.name] = tuple(value) if isinstance(slot.parameter, Permutation) else value
        try:
            Space(self.config_space).encode(found)
        except TunerError:
            return None
        return found


def parameter_of(fragment: ConfigSpecFragment) -> Any | None:  # noqa: ANN401 - any of the parameter classes
    """None where there is nothing to choose. Raises NotImplementedError for a fragment whose values are not known."""
    for kinds, make in KINDS:
        if isinstance(fragment, kinds):
            return make(fragment)
    values = fragment.search_values(MAX_CHOICES)
    if values is None:
        raise NotImplementedError
    return _several(Categorical, values)


def _several(kind: type[Categorical | Ordinal], values: Sequence[Any]) -> Categorical | Ordinal | None:
    return kind(list(values)) if len(values) > 1 else None


def _powers(fragment: Any) -> Any:  # noqa: ANN401
    low, high = fragment.low.bit_length() - 1, fragment.high.bit_length() - 1
    return _several(Ordinal, [1 << exponent for exponent in range(low, high + 1)])


def _integers(fragment: Any) -> Any:  # noqa: ANN401
    if max(abs(fragment.low), abs(fragment.high)) > MAX_INTEGER:
        raise NotImplementedError
    return Integer(fragment.low, fragment.high) if fragment.low < fragment.high else None


def _choices(fragment: Any) -> Any:  # noqa: ANN401
    # The default leads: it is what a parameter has where it is not active.
    searched = list(fragment.choices if fragment.search_choices is None else fragment.search_choices)
    default = fragment.default()
    return _several(Categorical, sorted(searched, key=lambda value: value != default))


def _orders(fragment: Any) -> Any:  # noqa: ANN401
    if fragment.length > MAX_ORDERED:
        raise NotImplementedError
    return Permutation(list(range(fragment.length))) if fragment.length > 1 else None


KINDS: list[tuple[type[ConfigSpecFragment], Callable[[Any], Any]]] = [
    (PowerOfTwoFragment, _powers),
    (BaseIntegerFragment, _integers),
    (EnumFragment, _choices),
    (BooleanFragment, lambda _: Boolean()),
    (PermutationFragment, _orders),
]
"""Special ones first."""

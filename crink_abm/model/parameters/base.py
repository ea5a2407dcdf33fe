"""What a parameter is, and how a set of values is checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from ...util.errors import InputError, nearest, told
from ...util.scalars import real


@dataclass(frozen=True)
class Parameter:
    """One coefficient of the model, declared once.

    ``low`` and ``high`` bound both what is accepted and what the prior draws
    from: uniformly, or log-uniformly where ``log`` is set (hazards and rates whose
    range spans a factor of five or more). ``switch`` names the levels of a
    structural factor, whose value is the level's number; the levels ``by_name`` are had by name only: no prior draws them.
    """

    name: str
    default: float
    low: float
    high: float
    unit: str
    source: str
    meaning: str
    log: bool = False
    switch: type[IntEnum] | None = None
    by_name: tuple[int, ...] = ()

    @property
    def levels(self) -> tuple[IntEnum, ...]:
        """The levels of a structural factor, by their numbers; empty for a coefficient."""
        return () if self.switch is None else tuple(self.switch)

    @property
    def drawn(self) -> tuple[IntEnum, ...]:
        """The levels of a structural factor that a prior draws from."""
        return tuple(level for level in self.levels if level not in self.by_name)

    def quantile(self, u: Any) -> Any:
        """The prior's value at cumulative probability ``u`` (a number or an array in [0, 1])."""
        if self.log:
            return self.low * (self.high / self.low) ** u
        return self.low + (self.high - self.low) * u


#: Units of hazards and speeds, which the prior draws log-uniformly if their range is wide.
_RATES = ("per month", "per month of war")


def parameters(*rows: tuple[Any, ...]) -> tuple[Parameter, ...]:
    """Rows ``(name, default, low, high, unit, source, meaning)`` as parameters."""
    made = []
    for row in rows:
        name, default, low, high, unit, source, meaning = row
        log = unit in _RATES and low > 0 and high >= 5 * low
        made.append(Parameter(name, default, low, high, unit, source, meaning, log))
    return tuple(made)


def check(catalogue: Mapping[str, Parameter], values: Mapping[str, Any]) -> dict[str, float]:
    """Values for every parameter, defaults where none is given.

    Raises
    ------
    InputError
        If they are no mapping, or on an unknown name or a value outside its range.
    """
    if not isinstance(values, Mapping):
        raise InputError(
            f"parameters are given as a mapping, for example {{'crisis_duration': 8}}; {told(values)} was given"
        )
    full = {p.name: float(p.default) for p in catalogue.values()}
    for name, given in values.items():
        if not isinstance(name, str) or name not in catalogue:
            raise InputError(
                f"no parameter is named {told(name)}{nearest(name, catalogue)}; `crink-abm info` lists them"
            )
        full[name] = _value(catalogue[name], given)
    return full


def _value(parameter: Parameter, given: Any) -> float:
    """The value of one parameter, from a number, or of a switch from the name of a level."""
    name = parameter.name
    if parameter.levels and isinstance(given, str):
        levels = {level.name.lower(): float(level) for level in parameter.levels}
        if given.lower() not in levels:
            raise InputError(f"{name} is one of {', '.join(levels)}; {told(given)} was given")
        return levels[given.lower()]
    value = real(given)
    if value is None:
        raise InputError(f"parameter {name} takes a number; {told(given)} was given")
    if not parameter.low <= value <= parameter.high:
        raise InputError(
            f"parameter {name} lies in [{parameter.low:g}, {parameter.high:g}] ({parameter.unit}); {told(given)} was given"
        )
    if parameter.levels and value not in {float(level) for level in parameter.levels}:
        raise InputError(f"{name} takes {[int(level) for level in parameter.levels]}; {told(given)} was given")
    return value

"""What a parameter is, and how a set of values is checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from ..errors import InputError, nearest


@dataclass(frozen=True)
class Parameter:
    """One coefficient of the model, declared once.

    ``low`` and ``high`` bound both what is accepted and what the prior draws
    from: uniformly, or log-uniformly where ``log`` is set (hazards and rates whose
    range spans a factor of five or more). ``switch`` names the levels of a
    structural factor, whose value is the level's number.
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

    def quantile(self, u):
        """The prior's value at cumulative probability ``u`` (a number or an array in [0, 1])."""
        if self.log:
            return self.low * (self.high / self.low) ** u
        return self.low + (self.high - self.low) * u


#: Units of hazards and speeds, which the prior draws log-uniformly if their range is wide.
_RATES = ("per month", "per month of war")


def parameters(*rows) -> tuple[Parameter, ...]:
    """Rows ``(name, default, low, high, unit, source, meaning)`` as parameters."""
    made = []
    for row in rows:
        _, _, low, high, unit, *_ = row
        made.append(Parameter(*row, log=unit in _RATES and low > 0 and high >= 5 * low))
    return tuple(made)


def check(catalogue: Mapping[str, Parameter], values: Mapping[str, float]) -> dict[str, float]:
    """Values for every parameter, defaults where none is given.

    Raises
    ------
    InputError
        On an unknown name or a value outside its range.
    """
    full = {p.name: float(p.default) for p in catalogue.values()}
    for name, given in values.items():
        if name not in catalogue:
            raise InputError(f"no parameter is named {name!r}{nearest(name, catalogue)}; `crink-abm info` lists them")
        parameter = catalogue[name]
        if parameter.switch is not None and isinstance(given, str):
            levels = {level.name.lower(): float(level) for level in parameter.switch}
            if given.lower() not in levels:
                raise InputError(f"{name} is one of {', '.join(levels)}; {given!r} was given")
            given = levels[given.lower()]
        try:
            value = float(given)
        except (TypeError, ValueError):
            raise InputError(f"parameter {name} takes a number; {given!r} was given") from None
        if not parameter.low <= value <= parameter.high:
            raise InputError(
                f"parameter {name} lies in [{parameter.low:g}, {parameter.high:g}] ({parameter.unit}); {value:g} was given"
            )
        if parameter.switch is not None and value not in {float(level) for level in parameter.switch}:
            raise InputError(f"{name} takes {[int(level) for level in parameter.switch]}; {value:g} was given")
        full[name] = value
    return full

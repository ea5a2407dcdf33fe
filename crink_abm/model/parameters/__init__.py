"""Every coefficient of the model, declared once: default, range, unit, source, meaning.

Parameters are rows of a table, ``crink_abm/model/parameters.csv``; structural switches, whose levels are named, are in
:mod:`.switches`. Validation, the prior, ``crink-abm info`` and the table in the model description derive from here.
"""

from collections.abc import Mapping

from .base import Parameter, check
from .switches import SWITCHES
from .table import rows_as_parameters

#: Heading -> the parameters under it.
GROUPS: dict[str, tuple[Parameter, ...]] = {
    "Structural switches": SWITCHES,
    **rows_as_parameters(taken=[p.name for p in SWITCHES]),
}

#: name -> Parameter, in declared order; the row order of every parameter array.
CATALOGUE: dict[str, Parameter] = {p.name: p for group in GROUPS.values() for p in group}


def checked(values: Mapping[str, float | str] | None = None) -> dict[str, float]:
    """Defaults updated by ``values``, each within its range (see :func:`base.check`)."""
    return check(CATALOGUE, {} if values is None else values)


__all__ = ["CATALOGUE", "GROUPS", "SWITCHES", "Parameter", "checked"]

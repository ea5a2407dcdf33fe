"""Every coefficient of the model, declared once: default, range, unit, source, meaning.

Validation, the prior, ``crink-abm info`` and the table in the model description
derive from here.
"""

from collections.abc import Mapping

from .base import Parameter, check
from .china import CHINA
from .leaders import LEADERS, SWITCHES
from .north_korea import NORTH_KOREA
from .others import ALLIES, IRAN, MONITORS, RUSSIA, UNITED_STATES, WARS

#: Heading -> the parameters under it.
GROUPS: dict[str, tuple[Parameter, ...]] = {
    "Structural switches": SWITCHES,
    "Leaders": LEADERS,
    "China": CHINA,
    "North Korea": NORTH_KOREA,
    "Russia": RUSSIA,
    "Iran": IRAN,
    "United States": UNITED_STATES,
    "South Korea, Japan, Taiwan": ALLIES,
    "Sanctions monitors": MONITORS,
    "Wars and joins": WARS,
}

#: name -> Parameter, in declared order; the row order of every parameter array.
CATALOGUE: dict[str, Parameter] = {p.name: p for group in GROUPS.values() for p in group}


def checked(values: Mapping[str, float | str] | None = None) -> dict[str, float]:
    """Defaults updated by ``values``, each within its range (see :func:`base.check`)."""
    return check(CATALOGUE, {} if values is None else values)


__all__ = ["CATALOGUE", "GROUPS", "SWITCHES", "Parameter", "checked"]

"""Why a quantity is what it is: the rules that wrote it in a month, with all that they read."""

from typing import TYPE_CHECKING

import pandas as pd

from ..model import arguments
from ..model.enums import Actor
from ..model.fields import BY_NAME
from ..model.levers import month_label, month_number
from ..util.errors import InputError, nearest, told

if TYPE_CHECKING:
    from .model import DeterrenceModel


def explain(model: "DeterrenceModel", actor: str | Actor, month: int | str) -> pd.DataFrame:
    """Every rule of one actor in one month: what it gave, from which inputs.

    Parameters
    ----------
    actor : name of an actor (``"china"``, ``"xi"``, ``"kim"``, ...)
    month : number from 0, or ``"YYYY-MM"``

    Returns
    -------
    DataFrame indexed by quantity: value, unit, meaning, rule, inputs.

    Raises
    ------
    InputError
        If there is no such actor, the month has not been run, or the model keeps no trace.
    """
    names = {"xi": "CHINA", "kim": "NORTH_KOREA", "putin": "RUSSIA"}
    said = actor.name if isinstance(actor, Actor) else actor if isinstance(actor, str) else ""
    key = names.get(said.lower(), said.upper())
    if key not in Actor.__members__:
        allowed = [*(a.name.lower() for a in Actor), *names]
        raise InputError(
            f"no actor is named {told(actor)}{nearest(said.lower(), allowed)}; they are {', '.join(allowed)}"
        )
    if model.trace is None:
        raise InputError("this model keeps no trace; make it with trace=True")
    if not model.trace:
        raise InputError("no month has been run yet; call run() or step() first")
    last = len(model.trace) - 1
    dated = isinstance(month, str)
    number = month_number(arguments.month("month", month), model.start) if dated else arguments.whole("month", month)
    if not 0 <= number <= last:
        raise InputError(
            f"months 0 to {last} have been run, {model.start} to {month_label(last, model.start)}; {told(month)} was asked for"
        )
    rows = []
    for step, reads, inputs, outputs in model.trace[number]:
        if step.actor.name != key:
            continue
        because = ", ".join(f"{name} = {value:.4g}" for name, value in zip(reads, inputs, strict=True))
        for name, value in zip(step.writes, outputs, strict=True):
            rows.append((name, value, BY_NAME[name].unit, BY_NAME[name].meaning, step.name, because))
    return pd.DataFrame(rows, columns=["quantity", "value", "unit", "meaning", "rule", "inputs"]).set_index("quantity")

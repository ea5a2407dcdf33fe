"""What a month of one run asks of the arithmetic, counted by running the rules on numbers that count."""

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from ...agents.model import DeterrenceModel
from ...model import numerics
from ...model.spec import MODEL
from ..codegen import groups, monthly_draws
from ..memory import LaneLoop, Layout

_WHOLE = {numerics.exp.__code__: "exp", numerics.log.__code__: "log"}
_KINDS = {
    "additions and multiplications": ("add", "radd", "sub", "rsub", "mul", "rmul"),
    "divisions": ("truediv", "rtruediv"),
    "comparisons": ("lt", "le", "gt", "ge", "eq", "ne"),
}


class Counted(float):
    """A number that counts what is done with it, and so do its results."""

    tally: ClassVar[Counter[str]] = Counter()
    inside = 0
    __hash__ = float.__hash__


def _counting(kind: str, name: str) -> Callable[[Any, Any], Any]:
    plain = getattr(float, f"__{name}__")

    def method(self: Any, other: Any) -> Any:
        if not Counted.inside:
            Counted.tally[kind] += 1
        result = plain(self, other)
        return Counted(result) if type(result) is float else result

    return method


for _kind, _names in _KINDS.items():
    for _name in _names:
        setattr(Counted, f"__{_name}__", _counting(_kind, _name))


@contextmanager
def watching() -> Iterator[None]:
    """Exponentials and logarithms count as themselves, not as the arithmetic that they are made of."""

    def watch(frame: Any, event: str, argument: Any) -> None:
        if event == "c_call" and argument is math.sqrt:
            Counted.tally["sqrt"] += 1
        if frame.f_code in _WHOLE and event in ("call", "return"):
            if event == "call" and not Counted.inside:
                Counted.tally[_WHOLE[frame.f_code]] += 1
            Counted.inside += 1 if event == "call" else -1

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)


def operations(runs: int = 12, **settings: Any) -> dict[str, dict[str, float]]:
    """Operations by condition: of a month (``"every month"``), and of each month in which a condition holds.

    The means over ``runs`` runs of 120 months; only branches that are taken count.

    Returns
    -------
    dict
        ``{condition: {kind of operation: number}}``; kinds are those of :data:`roofline.UNITS`.
    """
    tallies: dict[str, Counter[str]] = {}
    months: Counter[str] = Counter()
    for run in range(runs):
        for told in DeterrenceModel(run=run, **settings).run().trace or ():
            months.update({step.when or "every month" for step, *_ in told})
            for step, _, inputs, _ in told:
                Counted.tally = tallies.setdefault(step.when or "every month", Counter())
                counted = [Counted(x) for x in inputs]
                with watching():
                    step.rule(*counted)
    found = {when: {kind: n / months[when] for kind, n in tally.items()} for when, tally in tallies.items()}
    for when, counts in _moved().items():
        found.setdefault(when, {}).update(counts)
    return found


def _moved() -> dict[str, dict[str, int]]:
    """What is loaded from the block, stored in it, and drawn, by condition, read off the engine's own loops."""
    draws = monthly_draws(MODEL.reads, MODEL)
    layout = Layout(MODEL, MODEL.parameters, draws, 1)
    blocks = len({MODEL.draws[name] // 4 for name in draws})
    moved = {"every month": Counter({"blocks of draws": blocks, "stores": len(draws)})}
    for when, group in ((when, group) for phase in MODEL.schedule for when, group in groups(phase)):
        loop = LaneLoop(layout, layout.place)
        for step in group:
            loop.call(step, MODEL.reads[step.name])
        kept = [name for name in (*loop.terms, *loop.states) if when is None or name not in MODEL.terms]
        drawn = sum("_block(" in line for line in loop.lines())
        moved.setdefault(when or "every month", Counter()).update(
            {"loads": len(loop.loaded), "stores": len(kept), "blocks of draws": drawn}
        )
    return {when: dict(counts) for when, counts in moved.items()}

"""Kernel text of the steps that happen only where a condition holds.

Lanes in which it holds are listed once a month, copied next to one another, eight at a time, worked out as one
vector, and copied back. So neither are the costly steps run for lanes that have nothing to decide, nor is the vector
unit left idle by taking lanes singly.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ..model.schedule import Step
from ..model.spec import ModelSpec
from .memory import TOGETHER, LaneLoop, Layout

#: What each step reads, by its name; and steps that stand together.
Reads: TypeAlias = Mapping[str, Sequence[str]]
Group: TypeAlias = Sequence[Step]

#: Fewer lanes than this are taken singly throughout: there is nothing to gather.
LEAST = TOGETHER


def list_lines(when: str, layout: Layout) -> Iterator[str]:
    """Lists the lanes in which ``when`` holds, those of a level taken apart from the far end."""
    yield f"n_{when} = 0"
    yield f"a_{when} = {layout.lanes}"
    yield f"for i in range({layout.lanes}):"
    yield f"    if {layout.lane(when)} > 0.0:"
    if when in layout.model.apart and layout.lanes >= LEAST:
        switch, level = layout.model.apart[when]
        yield f"        if {layout.lane(switch)} == {level}:"
        yield f"            a_{when} -= 1"
        yield f"            l_{when}[a_{when}] = i"
        yield "            continue"
    yield f"        l_{when}[n_{when}] = i"
    yield f"        n_{when} += 1"


def group_lines(when: str, group: Group, reads: Reads, layout: Layout, seen: Iterable[str]) -> Iterator[str]:
    """One group of conditional steps. ``seen`` names the terms that something outside the condition reads."""
    if layout.lanes < LEAST:
        yield from _singly(when, group, reads, layout, seen)
        return
    if when not in layout.model.apart:
        yield from _together(f"0, n_{when}", when, group, reads, layout, seen)
        return
    switch, level = layout.model.apart[
        when
    ]  # what each list says of the switch is told to the compiler: other branches fall away
    yield from _together(
        f"0, n_{when}",
        when,
        group,
        reads,
        layout,
        seen,
        {switch: lambda place: _other(place, layout.model, switch, level)},
    )
    yield from _together(
        f"a_{when}, {layout.lanes}", when, group, reads, layout, seen, {switch: lambda place: repr(level)}
    )


def _loop(group: Group, reads: Reads, loop: LaneLoop, seen: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The steps in a loop's body, and what it has to store: (always, only for the record), by name."""
    for step in group:
        loop.call(step, reads[step.name])
    always = {**loop.states, **loop.watch(), **{name: local for name, local in loop.terms.items() if name in seen}}
    return always, {name: local for name, local in loop.terms.items() if name not in seen}


def _lane_lines(when: str, position: str) -> Iterator[str]:
    """Lane ``i`` of a list, and its world ``k``."""
    yield f"i = l_{when}[{position}]"
    yield "k = world[i]"


def _singly(when: str, group: Group, reads: Reads, layout: Layout, seen: Iterable[str]) -> Iterator[str]:
    """The steps for one listed lane at a time."""
    loop = LaneLoop(layout, layout.place)
    always, recorded = _loop(group, reads, loop, seen)
    yield f"for position in range(n_{when}):"
    yield from ("    " + line for line in _lane_lines(when, "position"))
    yield from ("    " + line for line in loop.lines())
    yield "    " + loop.store({local: layout.row(name) for name, local in always.items()})
    if recorded:
        yield "    if record:"
        yield "        " + loop.store({local: layout.row(name) for name, local in recorded.items()})


def _together(
    span: str, when: str, group: Group, reads: Reads, layout: Layout, seen: Iterable[str],
    told: Mapping[str, Callable[[int | str], str]] | None = None,
) -> Iterator[str]:  # fmt: skip
    """The steps for a span of the list, eight lanes at a time. Places past the last lane hold what was there before.

    ``told`` gives, by name, what the compiler is to know of a value: kernel text from the text of its place.
    """
    parameters: dict[str, int] = {}
    values = {"run": 0}  # the run's number too, so that the vector loop touches one array only

    def place(name: str) -> int | str:
        rows, start = (values, 0) if layout.has(name) else (parameters, layout.scratch_parameters)
        row = rows.setdefault(name, start + len(rows))
        return told[name](layout.scratch(row)) if told and name in told else layout.scratch_row(row)

    loop = LaneLoop(layout, place, layout.scratch(0), "p")
    always, recorded = _loop(group, reads, loop, seen)
    kept = {**always, **recorded}
    results = {name: layout.scratch_results + k for k, name in enumerate(kept)}
    yield f"for first in range({span}, {TOGETHER}):"
    yield f"    count = min({TOGETHER}, {span.split(', ')[1]} - first)"
    yield "    for p in range(count):"
    yield from ("        " + line for line in _lane_lines(when, "first + p"))
    yield f"        {layout.scratch(0)} = float(place[i])"
    yield f"        bring(w, {_rows(layout, list(values)[1:])}, i, w, {layout.scratch_row(1)} + p)"
    if parameters:
        yield f"        bring(worlds[k], {_rows(layout, parameters)}, 0, w, {layout.scratch_row(layout.scratch_parameters)} + p)"
    yield f"    for p in range({TOGETHER}):"
    yield from ("        " + line for line in loop.lines())
    yield "        " + loop.store({local: layout.scratch_row(results[name]) for name, local in kept.items()})
    yield "    for p in range(count):"
    yield f"        i = l_{when}[first + p]"
    yield f"        bring_back(w, {_rows(layout, always)}, i, {layout.scratch_row(layout.scratch_results)} + p)"
    if recorded:
        start = layout.scratch_row(layout.scratch_results + len(always))
        yield "        if record:"
        yield f"            bring_back(w, {_rows(layout, recorded)}, i, {start} + p)"


def _rows(layout: Layout, names: Iterable[str]) -> str:
    """A constant array of where names lie: for the first lane, or in their world."""
    return layout.table(layout.row(name) for name in names)


def _other(place: int | str, model: ModelSpec, switch: str, level: float) -> str:
    """A switch's value, telling the compiler that ``level`` does not occur."""
    levels = model.parameters[switch].switch or ()
    others = [float(other) for other in levels if other != level]
    return "".join(f"{other!r} if {place} == {other!r} else " for other in others[:-1]) + repr(others[-1])


def scratch_rows(conditional: Iterable[tuple[Group, Reads]], layout: Layout) -> tuple[int, int, int]:
    """Rows that the largest of some groups of conditional steps needs: (values of the block, parameters, results).

    ``conditional`` holds of each group its steps and what each reads. A group reads, besides its names, the number of
    the lane's run and the row of failed runs.
    """
    values, parameters, results = 0, 0, 0
    for steps, reads in conditional:
        asked = {name for step in steps for name in reads[step.name]}
        values = max(values, 2 + sum(layout.has(name) for name in asked))
        parameters = max(parameters, sum(name in layout.model.parameters and not layout.has(name) for name in asked))
        results = max(results, 1 + len({name for step in steps for name in step.writes}))
    return values, parameters, results


def conditional_terms(model: ModelSpec) -> list[str]:
    """Terms that are worked out only where a condition holds; 0 elsewhere."""
    return [name for step in model.steps if step.when for name in step.writes if name in model.terms]

"""Kernel text of the steps that happen only where a condition holds.

Lanes in which it holds are listed once a month, copied next to one another, eight at a time, worked out as one
vector, and copied back. So neither are the costly steps run for lanes that have nothing to decide, nor is the vector
unit left idle by taking lanes singly.
"""

from collections.abc import Iterable, Iterator

from ..model.parameters import CATALOGUE
from .memory import BENCH, BENCH_PARAMETERS, BENCH_RESULTS, BENCH_VALUES, TOGETHER, Block, Loop

#: Where the branches of the steps differ so much in cost that working out all of them for every lane does not pay:
#: the switch, and the level of it whose lanes are listed apart (prospect theory: some forty powers a decision).
APART = {"xi_decides": ("xi_theory", 1.0), "kim_decides": ("kim_theory", 1.0)}

#: Fewer lanes than this are taken singly throughout: there is nothing to gather.
LEAST = TOGETHER


def list_lines(when: str, block: Block) -> Iterator[str]:
    """Lists the lanes in which ``when`` holds, those of a level taken apart from the far end."""
    yield f"n_{when} = 0"
    yield f"a_{when} = {block.lanes}"
    yield f"for i in range({block.lanes}):"
    yield f"    if {block.lane(when)} > 0.0:"
    if when in APART and block.lanes >= LEAST:
        switch, level = APART[when]
        yield f"        if {block.lane(switch)} == {level}:"
        yield f"            a_{when} -= 1"
        yield f"            l_{when}[a_{when}] = i"
        yield "            continue"
    yield f"        l_{when}[n_{when}] = i"
    yield f"        n_{when} += 1"


def group_lines(when: str, group, reads, block: Block, seen: Iterable[str]) -> Iterator[str]:
    """One group of conditional steps. ``seen`` names the terms that something outside the condition reads."""
    if block.lanes < LEAST:
        yield from _singly(when, group, reads, block, seen)
        return
    if when not in APART:
        yield from _together(f"0, n_{when}", when, group, reads, block, seen)
        return
    switch, level = APART[when]  # what each list says of the switch is told to the compiler: other branches fall away
    yield from _together(
        f"0, n_{when}", when, group, reads, block, seen, {switch: lambda place: _other(place, switch, level)}
    )
    yield from _together(
        f"a_{when}, {block.lanes}", when, group, reads, block, seen, {switch: lambda place: repr(level)}
    )


def _loop(group, reads, loop, seen):
    """The steps in a loop's body, and what it has to store: (always, only for the record), by name."""
    for step in group:
        loop.call(step, reads[step.name])
    always = {**loop.states, **loop.watch(), **{name: local for name, local in loop.terms.items() if name in seen}}
    return always, {name: local for name, local in loop.terms.items() if name not in seen}


def _lane_lines(when, position):
    """Lane ``i`` of a list, and its world ``k``."""
    yield f"i = l_{when}[{position}]"
    yield "k = world[i]"


def _singly(when, group, reads, block, seen):
    """The steps for one listed lane at a time."""
    loop = Loop(block, block.place)
    always, recorded = _loop(group, reads, loop, seen)
    yield f"for position in range(n_{when}):"
    yield from ("    " + line for line in _lane_lines(when, "position"))
    yield from ("    " + line for line in loop.lines())
    yield "    " + loop.store({local: block.row(name) for name, local in always.items()})
    if recorded:
        yield "    if record:"
        yield "        " + loop.store({local: block.row(name) for name, local in recorded.items()})


def _together(span, when, group, reads, block, seen, told=None):
    """The steps for a span of the list, eight lanes at a time. Places past the last lane hold what was there before.

    ``told`` gives, by name, what the compiler is to know of a value: kernel text from the text of its place.
    """
    values, parameters = (
        {"run": BENCH_VALUES},
        {},
    )  # the run's number too, so that the vector loop touches one array only

    def place(name):
        rows, start = (values, BENCH_VALUES) if block.has(name) else (parameters, BENCH_PARAMETERS)
        row = rows.setdefault(name, start + len(rows))
        return told[name](block.bench(row)) if told and name in told else block.bench_row(row)

    loop = Loop(block, place, block.bench(BENCH_VALUES), "p")
    always, recorded = _loop(group, reads, loop, seen)
    kept = {**always, **recorded}
    results = {name: BENCH_RESULTS + k for k, name in enumerate(kept)}
    ends = (len(values), BENCH_PARAMETERS + len(parameters), BENCH_RESULTS + len(results))
    if any(end > start for end, start in zip(ends, (BENCH_PARAMETERS, BENCH_RESULTS, BENCH), strict=True)):
        raise AssertionError(f"the steps where {when} read and write more names than the bench has rows: {ends}")
    yield f"for first in range({span}, {TOGETHER}):"
    yield f"    count = min({TOGETHER}, {span.split(', ')[1]} - first)"
    yield "    for p in range(count):"
    yield from ("        " + line for line in _lane_lines(when, "first + p"))
    yield f"        {block.bench(BENCH_VALUES)} = float(place[i])"
    yield f"        bring(w, {_rows(block, list(values)[1:])}, i, w, {block.bench_row(BENCH_VALUES + 1)} + p)"
    if parameters:
        yield f"        bring(worlds[k], {_rows(block, parameters)}, 0, w, {block.bench_row(BENCH_PARAMETERS)} + p)"
    yield f"    for p in range({TOGETHER}):"
    yield from ("        " + line for line in loop.lines())
    yield "        " + loop.store({local: block.bench_row(results[name]) for name, local in kept.items()})
    yield "    for p in range(count):"
    yield f"        i = l_{when}[first + p]"
    yield f"        bring_back(w, {_rows(block, always)}, i, {block.bench_row(BENCH_RESULTS)} + p)"
    if recorded:
        start = block.bench_row(BENCH_RESULTS + len(always))
        yield "        if record:"
        yield f"            bring_back(w, {_rows(block, recorded)}, i, {start} + p)"


def _rows(block, names):
    """A constant array of where names lie: for the first lane, or in their world."""
    return block.table(block.row(name) for name in names)


def _other(place, switch, level):
    """A switch's value, telling the compiler that ``level`` does not occur."""
    others = [float(other) for other in CATALOGUE[switch].switch if other != level]
    return "".join(f"{other!r} if {place} == {other!r} else " for other in others[:-1]) + repr(others[-1])


def conditional_terms(machine) -> list[str]:
    """Terms that are worked out only where a condition holds; 0 elsewhere."""
    states = {f.name for f in machine.fields if f.is_state}
    return [name for step in machine.steps() if step.when for name in step.writes if name not in states]

"""Kernel text of the steps that happen only where a condition holds.

Lanes in which it holds are listed once a month, copied next to one another, eight at a time, worked out as one
vector, and copied back. So neither are the costly steps run for lanes that have nothing to decide, nor is the vector
unit left idle by taking lanes singly.
"""

from collections.abc import Iterable, Iterator

from .block import BENCH, TERMS, TOGETHER, Block, Loop
from .parameters import CATALOGUE

#: Where a step's branches differ so much in cost that working out all of them for every lane does not pay: the switch,
#: and the level of it whose lanes are taken singly (prospect theory: some forty powers a decision).
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
        yield f"for position in range(n_{when}):"
        yield f"    i = l_{when}[position]"
        yield "    k = world[i]"
        yield from ("    " + line for line in _single(group, reads, block, seen))
        return
    yield from _together(when, group, reads, block, seen)
    if when in APART:
        yield f"for position in range(a_{when}, {block.lanes}):"
        yield f"    i = l_{when}[position]"
        yield "    k = world[i]"
        switch, level = APART[when]
        told = f"x_{switch} = {level}"  # what the list says already, so that the other branches fall away
        single = _single(group, reads, block, seen)
        yield from ("    " + (told if line.startswith(f"x_{switch} = ") else line) for line in single)


def _kept(loop, seen):
    """What a loop has to store: (always, only for the record)."""
    always = {**loop.states, **{name: local for name, local in loop.terms.items() if name in seen}}
    return always, {name: local for name, local in loop.terms.items() if name not in seen}


def _single(group, reads, block, seen):
    """The steps for lane ``i``, one lane at a time."""
    loop = Loop(block.draws, block.lane)
    for step in group:
        loop.call(step, reads[step.name])
    always, recorded = _kept(loop, seen)
    yield from loop.lines
    yield from (f"{block.lane(name)} = {local}" for name, local in always.items())
    if recorded:
        yield "if record:"
        yield from (f"    {block.lane(name)} = {local}" for name, local in recorded.items())


def _together(when, group, reads, block, seen):
    """The steps for the listed lanes, eight at a time. Places past the last lane hold what was there before."""
    rows = {}

    def place(name):
        return block.bench(rows.setdefault(name, len(rows)))

    loop = Loop(block.draws, place, place("lane"))
    for step in group:
        loop.call(step, reads[step.name])
    always, recorded = _kept(loop, seen)
    lines = [_narrowed(line, when) for line in loop.lines]
    results = {name: block.bench(len(rows) + k) for k, name in enumerate((*always, *recorded))}
    if len(rows) + len(results) > BENCH:
        raise AssertionError(f"the steps where {when} read and write more than {BENCH} names")
    yield f"for first in range(0, n_{when}, {TOGETHER}):"
    yield f"    count = min({TOGETHER}, n_{when} - first)"
    yield "    for p in range(count):"
    yield f"        i = l_{when}[first + p]"
    yield "        k = world[i]"
    yield f"        {place('lane')} = float(i)"  # among the others, so that the loop below reads and writes one array only
    yield from (f"        {place(name)} = {block.lane(name)}" for name in loop.loaded)
    yield f"    for p in range({TOGETHER}):"
    yield from ("        " + line for line in lines)
    yield from (f"        {results[name]} = {local}" for name, local in {**always, **recorded}.items())
    yield "    for p in range(count):"
    yield f"        i = l_{when}[first + p]"
    yield from (f"        {block.lane(name)} = {results[name]}" for name in always)
    if recorded:
        yield "    if record:"
        yield "        for p in range(count):"
        yield f"            i = l_{when}[first + p]"
        yield from (f"            {block.lane(name)} = {results[name]}" for name in recorded)


def _narrowed(line, when):
    """A load of the switch, telling the compiler that the level taken apart does not occur."""
    if when not in APART:
        return line
    switch, level = APART[when]
    if not line.startswith(f"x_{switch} = "):
        return line
    others = [float(other) for other in CATALOGUE[switch].switch if other != level]
    value = line.split(" = ", 1)[1]
    chosen = "".join(f"{other!r} if {value} == {other!r} else " for other in others[:-1])
    return f"x_{switch} = {chosen}{others[-1]!r}"


def conditional_terms(month) -> list[str]:
    """Terms that are worked out only where a condition holds; 0 elsewhere."""
    return [name for phase in month for step in phase.steps if step.when for name in step.writes if name in TERMS]

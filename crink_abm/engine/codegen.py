"""Writes the compiled engine's source from the table of the month.

The text is plain Python for numba: state, parameters and terms of ``LANES``
runs lie side by side in one block ``w`` (field, lane), so that the innermost
loops run over lanes and become vector instructions. Steps with a ``when`` run
only for lanes that need them (``gather``). No science is added here: every
right-hand side is a call of a rule.
"""

from collections.abc import Mapping

from ..model.draws import Draw
from ..model.parameters import CATALOGUE
from ..model.spec import MODEL, Machine
from .gather import APART, conditional_terms, group_lines, list_lines
from .memory import LANES, WATCH, Block, Loop, draw_block


def groups(phase):
    """The steps of a phase cut where ``when`` changes: [(when, [step, …]), …]."""
    cut = []
    for step in phase.steps:
        if not cut or cut[-1][0] != step.when:
            cut.append((step.when, []))
        cut[-1][1].append(step)
    return cut


def monthly_draws(reads, machine: Machine = MODEL) -> list[Draw]:
    """Draws that rules without a condition ask for: made for all lanes at the start of a month."""
    asked = {name for step in machine.steps() if step.when is None for name in reads[step.name]}
    return [draw for draw in Draw if draw.name in asked]


def _draw_lines(draws, block):
    """One vector loop that makes the draws of the month."""
    yield "# the draws of every month"
    yield f"for i in range({block.lanes}):"
    for number in sorted({draw.block for draw in draws}):
        yield "    " + draw_block(number, "place[i]")
        yield from (f"    {block.lane(d.name)} = d{number}_{d.word}" for d in draws if d.block == number)


def _check(phase, cut, reads, terms):
    """A phase decides from one snapshot: nothing is written twice, or written in one group and read in a later one."""
    written = [name for step in phase.steps for name in step.writes if name not in terms]
    if len(written) != len(set(written)):
        raise AssertionError(f"phase {phase.title!r} writes a state twice")
    for k, (_, group) in enumerate(cut):
        later = {name for _, rest in cut[k + 1 :] for step in rest for name in reads[step.name]}
        early = {name for step in group for name in step.writes if name in later and name not in terms}
        if early:
            raise AssertionError(f"phase {phase.title!r}: {sorted(early)} are read in a later group; split the phase")


def _phase_lines(phase, reads, block, listed, seen):
    """One phase: a vector loop for its unconditional groups, gathered lanes for the others."""
    cut = groups(phase)
    _check(phase, cut, reads, block.terms)
    for when, group in cut:
        yield f"# {phase.title}" + (f": where {when}" if when else "")
        if when is not None:
            if when not in listed:
                listed.add(when)
                yield from list_lines(when, block)
            yield from group_lines(when, group, reads, block, seen)
            continue
        loop = Loop(block, block.place)
        for step in group:
            loop.call(step, reads[step.name])
        given = {**loop.terms, **loop.states, **loop.watch()}
        yield f"for i in range({block.lanes}):"
        yield from ("    " + line for line in loop.lines())
        yield "    " + loop.store({local: block.row(name) for name, local in given.items()})


def escaping_terms(reads, machine: Machine = MODEL) -> list[str]:
    """Terms of conditional steps that a group of other steps reads: kept, and zeroed every month."""
    terms = {f.name for f in machine.fields if not f.is_state}
    cut = [(when, group) for phase in machine.month for when, group in groups(phase)]
    home = {name: k for k, (_, group) in enumerate(cut) for step in group for name in step.writes}
    read = {
        name
        for k, (_, group) in enumerate(cut)
        for step in group
        for name in reads[step.name]
        if name in terms and cut[home[name]][0] is not None and home[name] != k
    }
    return sorted(read)


def _start_lines(block, of):
    """A block begins: each lane's run, its world, its parameters, and every field at its initial value.

    A row is filled at a time, over the lanes: those that begin at a number, and those at a parameter's value.
    """
    column = {name: k for k, name in enumerate(CATALOGUE)}
    begins = {field.name: field.initial or 0.0 for field in of} | {WATCH: 0.0}
    begins |= {name: name for name in block.parameters}
    numbers = {name: float(value) for name, value in begins.items() if not isinstance(value, str)}
    named = {name: column[value] for name, value in begins.items() if isinstance(value, str)}
    rows, values = block.table(block.row(name) for name in numbers), block.table(numbers.values())
    named_rows, columns = block.table(block.row(name) for name in named), block.table(named.values())
    yield f"for i in range({block.lanes}):"
    yield "    place[i] = order[block + i] if block + i < n_runs else order[block]"
    yield "    world[i] = world_of[place[i]]"
    yield f"for j in range({len(numbers)}):"
    yield f"    for i in range({block.lanes}):"
    yield f"        w[{rows}[j] + i] = {values}[j]"
    yield f"for j in range({len(named)}):"
    yield f"    for i in range({block.lanes}):"
    yield f"        w[{named_rows}[j] + i] = worlds[world[i], {columns}[j]]"


def _zero_lines(names, block):
    table = block.table(block.row(name) for name in names)
    yield f"for r in range({len(names)}):"
    yield f"    for i in range({block.lanes}):"
    yield f"        w[{table}[r] + i] = 0.0"


def _month_lines(reads, block, machine):
    """All that happens in a month."""
    seen, listed = escaping_terms(reads, machine), set()
    yield "month = float(t)"
    yield from (f"c_{name} = calendar[t, {k}]" for k, name in enumerate(machine.columns))
    yield from _zero_lines(seen, block)
    yield "if record:"
    hidden = [name for name in conditional_terms(machine) if name not in seen]
    yield from ("    " + line for line in _zero_lines(hidden, block))
    yield from _draw_lines(monthly_draws(reads, machine), block)
    for phase in machine.month:
        yield from _phase_lines(phase, reads, block, listed, seen)
    yield "if record:"
    yield f"    for i in range(min({block.lanes}, n_runs - block)):"
    yield f"        for j in range({len(machine.fields)}):"
    yield f"            trajectory[place[i], t, j] = w[j * {block.row_length} + i]"


def _block(reads, lanes, machine):
    """The block of an engine whose rules ask for ``reads``."""
    always = {name for step in machine.steps() if step.when is None for name in reads[step.name]}
    always |= {switch for switch, _ in APART.values()}
    draws = [draw.name for draw in monthly_draws(reads, machine)]
    return Block(always & CATALOGUE.keys(), draws, lanes, machine.fields, machine.columns)


def block_size(lanes: int = LANES) -> int:
    """Doubles of the block of the model's own rules."""
    return _block({step.name: step.reads for step in MODEL.steps()}, lanes, MODEL).size


def source(replaced: Mapping[str, tuple[str, ...]] | None = None, lanes: int = LANES, machine: Machine = MODEL) -> str:
    """The text of the function ``run_blocks``, to be compiled by numba.

    ``replaced`` gives what rules put in place of the model's ask for: ``{rule name: names}``; ``lanes`` is the
    number of runs abreast (1 to measure what abreast is worth); ``machine`` what it is written from.
    """
    reads = {step.name: step.reads for step in machine.steps()} | dict(replaced or {})
    conditions = dict.fromkeys(step.when for step in machine.steps() if step.when)
    block = _block(reads, lanes, machine)
    out = [
        "",
        "",
        "def run_blocks(calendar, worlds, world_of, order, seed, first_run, results, trajectory):",
        "    n_runs = results.shape[0]",
        "    n_months = calendar.shape[0]",
        "    record = trajectory.shape[0] > 0",
        f"    room = zeros({block.size + 8})",
        "    w = room[(-(room.ctypes.data // 8)) % 8 :]  # on a cache line, so that no vector straddles two",
        *(f"    l_{when} = zeros({lanes}, int64)" for when in conditions),
        f"    place = zeros({lanes}, int64)",
        f"    world = zeros({lanes}, int64)",
        f"    for block in range(0, n_runs, {lanes}):",
    ]
    out += [" " * 8 + line for line in _start_lines(block, machine.fields)]
    out += ["        for t in range(n_months):"]
    out += [" " * 12 + line for line in _month_lines(reads, block, machine)]
    out += [f"        for i in range(min({lanes}, n_runs - block)):"]
    out += [f"            failed = {block.lane(WATCH)} != 0.0  # not a number"]
    out += [
        f"            results[place[i], {k}] = nan if failed else {block.lane(name)}"
        for k, name in enumerate(machine.results)
    ]
    head = ["from numpy import array, int64, nan, zeros", "from numpy import uint64 as u64", ""]
    head += [f"table{k} = array({numbers})" for k, numbers in enumerate(block.tables, 1)]
    head += [f"rows{k} = {numbers}" for k, numbers in enumerate(block.offsets, 1)]
    return "\n".join(head + out) + "\n"

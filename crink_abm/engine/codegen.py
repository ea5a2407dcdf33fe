"""Writes the compiled engine's source from the table of the month.

The text is plain Python for numba: state, parameters and terms of ``LANES``
runs lie side by side in one block ``w`` (field, lane), so that the innermost
loops run over lanes and become vector instructions. Steps with a ``when`` run
only for lanes that need them (``gather``). No science is added here: every
right-hand side is a call of a rule.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ..model.schedule import Phase, Step
from ..model.spec import ModelSpec
from .gather import Reads, conditional_terms, group_lines, list_lines, scratch_rows
from .memory import LANES, WATCH, LaneLoop, Layout, draw_block


def groups(phase: Phase) -> list[tuple[str | None, list[Step]]]:
    """The steps of a phase cut where ``when`` changes: [(when, [step, …]), …]."""
    cut: list[tuple[str | None, list[Step]]] = []
    for step in phase.steps:
        if not cut or cut[-1][0] != step.when:
            cut.append((step.when, []))
        cut[-1][1].append(step)
    return cut


def monthly_draws(reads: Reads, model: ModelSpec) -> list[str]:
    """Draws that rules without a condition ask for: made for all lanes at the start of a month."""
    asked = {name for step in model.steps if step.when is None for name in reads[step.name]}
    return [name for name in model.draws if name in asked]


def _draw_lines(names: Sequence[str], layout: Layout) -> Iterator[str]:
    """One vector loop that makes the draws of the month."""
    if not names:
        return
    places = {name: divmod(layout.model.draws[name], 4) for name in names}
    yield "# the draws of every month"
    yield f"for i in range({layout.lanes}):"
    for number in sorted({block for block, _ in places.values()}):
        yield "    " + draw_block(number, "place[i]")
        yield from (
            f"    {layout.lane(name)} = d{number}_{word}" for name, (at, word) in places.items() if at == number
        )


def _check(phase: Phase, cut: Sequence[tuple[str | None, list[Step]]], reads: Reads, terms: Collection[str]) -> None:
    """A phase decides from one snapshot: nothing is written twice, or written in one group and read in a later one."""
    written = [name for step in phase.steps for name in step.writes if name not in terms]
    if len(written) != len(set(written)):
        raise ValueError(f"phase {phase.title!r} writes a state twice")
    for k, (_, group) in enumerate(cut):
        later = {name for _, rest in cut[k + 1 :] for step in rest for name in reads[step.name]}
        early = {name for step in group for name in step.writes if name in later and name not in terms}
        if early:
            raise ValueError(f"phase {phase.title!r}: {sorted(early)} are read in a later group; split the phase")


def _phase_lines(phase: Phase, reads: Reads, layout: Layout, listed: set[str], seen: Iterable[str]) -> Iterator[str]:
    """One phase: a vector loop for its unconditional groups, gathered lanes for the others."""
    cut = groups(phase)
    _check(phase, cut, reads, layout.model.terms)
    for when, group in cut:
        yield f"# {phase.title}" + (f": where {when}" if when else "")
        if when is not None:
            if when not in listed:
                listed.add(when)
                yield from list_lines(when, layout)
            yield from group_lines(when, group, reads, layout, seen)
            continue
        loop = LaneLoop(layout, layout.place)
        for step in group:
            loop.call(step, reads[step.name])
        given = {**loop.terms, **loop.states, **loop.watch()}
        yield f"for i in range({layout.lanes}):"
        yield from ("    " + line for line in loop.lines())
        yield "    " + loop.store({local: layout.row(name) for name, local in given.items()})


def escaping_terms(reads: Reads, model: ModelSpec) -> list[str]:
    """Terms of conditional steps that a group of other steps reads: kept, and zeroed every month."""
    terms = model.terms
    cut = [(when, group) for phase in model.schedule for when, group in groups(phase)]
    home = {name: k for k, (_, group) in enumerate(cut) for step in group for name in step.writes}
    read = {
        name
        for k, (_, group) in enumerate(cut)
        for step in group
        for name in reads[step.name]
        if name in terms and cut[home[name]][0] is not None and home[name] != k
    }
    return sorted(read)


def _start_lines(layout: Layout) -> Iterator[str]:
    """A block begins: each lane's run, its world, its parameters, and every field at its initial value.

    A row is filled at a time, over the lanes: those that begin at a number, and those at a parameter's value.
    """
    column = {name: k for k, name in enumerate(layout.model.parameters)}
    begins = {field.name: field.initial or 0.0 for field in layout.model.fields} | {WATCH: 0.0}
    begins |= {name: name for name in layout.parameters}
    numbers = {name: float(value) for name, value in begins.items() if not isinstance(value, str)}
    named = {name: column[value] for name, value in begins.items() if isinstance(value, str)}
    rows, values = layout.table(layout.row(name) for name in numbers), layout.table(numbers.values())
    named_rows, columns = layout.table(layout.row(name) for name in named), layout.table(named.values())
    yield f"for i in range({layout.lanes}):"
    yield "    place[i] = order[block + i] if block + i < n_runs else order[block]"
    yield "    world[i] = world_of[place[i]]"
    yield f"for j in range({len(numbers)}):"
    yield f"    for i in range({layout.lanes}):"
    yield f"        w[{rows}[j] + i] = {values}[j]"
    if named:
        yield f"for j in range({len(named)}):"
        yield f"    for i in range({layout.lanes}):"
        yield f"        w[{named_rows}[j] + i] = worlds[world[i], {columns}[j]]"


def _zero_lines(names: Sequence[str], layout: Layout) -> Iterator[str]:
    if not names:
        return
    table = layout.table(layout.row(name) for name in names)
    yield f"for r in range({len(names)}):"
    yield f"    for i in range({layout.lanes}):"
    yield f"        w[{table}[r] + i] = 0.0"


def _month_lines(reads: Reads, layout: Layout) -> Iterator[str]:
    """All that happens in a month."""
    model = layout.model
    seen = escaping_terms(reads, model)
    listed: set[str] = set()
    yield "month = float(t)"
    yield from (f"c_{name} = calendar[t, {k}]" for k, name in enumerate(model.columns))
    yield from _zero_lines(seen, layout)
    hidden = [name for name in conditional_terms(model) if name not in seen]
    if hidden:
        yield "if record:"
        yield from ("    " + line for line in _zero_lines(hidden, layout))
    yield from _draw_lines(monthly_draws(reads, model), layout)
    for phase in model.schedule:
        yield from _phase_lines(phase, reads, layout, listed, seen)
    yield "if record:"
    yield f"    for i in range(min({layout.lanes}, n_runs - block)):"
    yield f"        for j in range({len(model.fields)}):"
    yield f"            trajectory[place[i], t, j] = w[j * {layout.row_length} + i]"


def lay_out(reads: Reads, lanes: int, model: ModelSpec) -> Layout:
    """The layout of an engine whose rules ask for ``reads``."""
    always = {name for step in model.steps if step.when is None for name in reads[step.name]}
    always |= {switch for switch, _ in model.apart.values()}
    conditional = [(group, reads) for phase in model.schedule for when, group in groups(phase) if when is not None]
    how = (model, always & model.parameters.keys(), monthly_draws(reads, model), lanes)
    return Layout(*how, scratch_rows(conditional, Layout(*how)))


def source(model: ModelSpec, replaced: Mapping[str, tuple[str, ...]] | None = None, lanes: int = LANES) -> str:
    """The text of the function ``run_blocks`` of a model, to be compiled by numba.

    ``replaced`` gives what rules put in place of the model's get: ``{rule name: names}``; ``lanes`` is the number of
    runs abreast (1 to measure what abreast is worth).

    Raises
    ------
    ValueError
        If a phase writes a state twice, or reads in one group of steps what an earlier one writes.
    """
    reads = model.reads | dict(replaced or {})
    conditions = dict.fromkeys(step.when for step in model.steps if step.when)
    layout = lay_out(reads, lanes, model)
    out = [
        "",
        "",
        "def run_blocks(calendar, worlds, world_of, order, seed, first_run, results, trajectory):",
        "    n_runs = results.shape[0]",
        "    n_months = calendar.shape[0]",
        "    record = trajectory.shape[0] > 0",
        f"    room = zeros({layout.size + 8})",
        "    w = room[(-(room.ctypes.data // 8)) % 8 :]  # on a cache line, so that no vector straddles two",
        *(f"    l_{when} = zeros({lanes}, int64)" for when in conditions),
        f"    place = zeros({lanes}, int64)",
        f"    world = zeros({lanes}, int64)",
        f"    for block in range(0, n_runs, {lanes}):",
    ]
    out += [" " * 8 + line for line in _start_lines(layout)]
    out += ["        for t in range(n_months):"]
    out += [" " * 12 + line for line in _month_lines(reads, layout)]
    out += [f"        for i in range(min({lanes}, n_runs - block)):"]
    out += [f"            failed = {layout.lane(WATCH)} != 0.0  # not a number"]
    out += [
        f"            results[place[i], {k}] = nan if failed else {layout.lane(name)}"
        for k, name in enumerate(model.results)
    ]
    head = ["from numpy import array, int64, nan, zeros", "from numpy import uint64 as u64", ""]
    head += [f"table{k} = array({numbers})" for k, numbers in enumerate(layout.tables, 1)]
    head += [f"rows{k} = {numbers}" for k, numbers in enumerate(layout.offsets, 1)]
    return "\n".join(head + out) + "\n"

"""Writes the compiled engine's source from the table of the month.

The text is plain Python for numba: state, parameters and terms of ``LANES``
runs lie side by side in one block ``w`` (field, lane), so that the innermost
loops run over lanes and become vector instructions. Steps with a ``when`` run
lane by lane, only for lanes that need them. No science is added here: every
right-hand side is a call of a rule.
"""

from collections.abc import Mapping

from .codes import Draw
from .levers import COLUMNS
from .parameters import CATALOGUE
from .state import FIELDS
from .transition import MONTH, steps

#: Runs abreast. A block of (fields + parameters + draws) x LANES doubles stays near the first-level cache.
LANES = 16

#: What the engine returns of each run: the values of these fields after the last month.
RESULTS: tuple[str, ...] = (
    "first_blockade", "first_invasion", "first_korea_attack", "first_korea_war", "first_two_front",
    "first_russian_join", "first_nuclear", "korea_after_taiwan", "taiwan_after_korea", "n_provocations",
    "n_launch_days", "highest_rung", "help_expected", "help_realised", "taiwan_resolved",
)  # fmt: skip

#: Rows of the block of lanes: fields, parameters, and the draws of this month.
_ROW = {name: k for k, name in enumerate([f.name for f in FIELDS] + list(CATALOGUE) + list(Draw.__members__))}
_TERMS = {f.name for f in FIELDS if not f.is_state}


def row_length(lanes: int) -> int:
    """Doubles from one row of the block to the next: an odd number of cache lines, so that rows do not fall on the
    same few sets of the cache; a single lane is packed.
    """
    lines = -(-lanes // 8)
    return lanes if lanes < 8 else 8 * (lines + 1 - lines % 2)


def _lane(name: str, lanes: int) -> str:
    return f"w[{_ROW[name] * row_length(lanes)} + i]"


def groups(phase):
    """The steps of a phase cut where ``when`` changes: [(when, [step, …]), …]."""
    cut = []
    for step in phase.steps:
        if not cut or cut[-1][0] != step.when:
            cut.append((step.when, []))
        cut[-1][1].append(step)
    return cut


def rule_alias(step) -> str:
    """The rule's name inside the kernel."""
    return "rule_" + step.name.replace(".", "_")


def _draw_block(number: int) -> str:
    """The call that makes the four words of a block."""
    return f"d{number}_0, d{number}_1, d{number}_2, d{number}_3 = uniform_block(seed, run0 + u64(i), u64(t), u64({number}))"


def monthly_draws(reads) -> list[Draw]:
    """Draws that rules without a condition ask for: made for all lanes at the start of a month."""
    asked = {name for phase in MONTH for step in phase.steps if step.when is None for name in reads[step.name]}
    return [draw for draw in Draw if draw.name in asked]


class _Loop:
    """The body of one loop over lanes: loads each name once, calls the rules, stores at the end.

    ``made`` names the draws that lie in the block already; others are made here.
    """

    def __init__(self, snapshot, lanes, made):
        self.lines, self.local, self.blocks, self.lanes, self.made = [], {}, set(), lanes, made
        self.snapshot = snapshot  # state fields committed after the loop: name -> local

    def value(self, name: str) -> str:
        """A local that holds ``name``, loading or drawing it on first use."""
        if name in COLUMNS:
            return f"c_{name}"
        if name == "month":
            return "month"
        if name in Draw.__members__ and name not in self.made:
            draw = Draw[name]
            if draw.block not in self.blocks:
                self.blocks.add(draw.block)
                self.lines.append(_draw_block(draw.block))
            return f"d{draw.block}_{draw.word}"
        if name not in self.local:
            self.local[name] = f"x_{name}"
            self.lines.append(f"x_{name} = {_lane(name, self.lanes)}")
        return self.local[name]

    def call(self, step, reads) -> None:
        arguments = ", ".join(self.value(name) for name in reads)
        targets = []
        for name in step.writes:
            targets.append(f"x_{name}" if name in _TERMS else f"n_{name}")
            if name in _TERMS:
                self.local[name] = f"x_{name}"
            else:
                self.snapshot[name] = f"n_{name}"
        self.lines.append(f"{', '.join(targets)} = {rule_alias(step)}({arguments})")
        self.lines.extend(f"{_lane(name, self.lanes)} = x_{name}" for name in step.writes if name in _TERMS)


def _draw_lines(draws, lanes):
    """One vector loop that makes the draws of the month."""
    yield "# the draws of every month"
    yield f"for i in range({lanes}):"
    for number in sorted({draw.block for draw in draws}):
        yield "    " + _draw_block(number)
        yield from (f"    {_lane(d.name, lanes)} = d{number}_{d.word}" for d in draws if d.block == number)


def _phase_lines(phase, reads, lanes, made):
    """One phase: a vector loop for its unconditional groups, a scalar one for the others."""
    cut = groups(phase)
    written = [name for step in phase.steps for name in step.writes if name not in _TERMS]
    if len(written) != len(set(written)):
        raise AssertionError(f"phase {phase.title!r} writes a state twice")
    # A state written in one group and read in a later one must be seen as it stood: stage it.
    staged = {}
    for k, (_, group) in enumerate(cut):
        later = {name for _, rest in cut[k + 1 :] for step in rest for name in reads[step.name]}
        staged.update({name: None for step in group for name in step.writes if name in later and name not in _TERMS})
    if staged:
        raise AssertionError(f"phase {phase.title!r}: {sorted(staged)} are read in a later group; split the phase")
    for when, group in cut:
        loop = _Loop({}, lanes, made)
        for step in group:
            loop.call(step, reads[step.name])
        body = loop.lines + [f"{_lane(name, lanes)} = {local}" for name, local in loop.snapshot.items()]
        yield f"# {phase.title}" + (f": where {when}" if when else "")
        if when is None:
            yield f"for i in range({lanes}):"
            yield from ("    " + line for line in body)
        else:
            # Listed first, so that the costly body is neither run nor masked for the other lanes.
            yield "n_active = 0"
            yield f"for i in range({lanes}):"
            yield f"    if {_lane(when, lanes)} > 0.0:"
            yield "        active[n_active] = i"
            yield "        n_active += 1"
            yield "for position in range(n_active):"
            yield "    i = active[position]"
            yield from ("    " + line for line in body)


def escaping_terms(reads) -> list[str]:
    """Terms of conditional steps that something outside their condition reads: zeroed every month."""
    home = {name: step.when for phase in MONTH for step in phase.steps for name in step.writes}
    read = {
        name
        for phase in MONTH
        for step in phase.steps
        for name in reads[step.name]
        if name in _TERMS and home[name] is not None and home[name] != step.when
    }
    return sorted(read)


def conditional_terms() -> list[str]:
    """Terms that are worked out only where a condition holds; 0 elsewhere."""
    return [n for phase in MONTH for s in phase.steps if s.when for n in s.writes if n in _TERMS]


def source(replaced: Mapping[str, tuple[str, ...]] | None = None, lanes: int = LANES) -> str:
    """The text of the function ``run_blocks``, to be compiled by numba.

    ``replaced`` gives what rules put in place of the model's ask for: ``{rule name: names}``; ``lanes`` is the
    number of runs abreast (1 to measure what abreast is worth).
    """
    reads = {step.name: step.reads for step in steps()} | dict(replaced or {})
    escaping = escaping_terms(reads)
    out = [
        "def run_blocks(calendar, worlds, world_of, seed, first_run, results, trajectory):",
        "    n_runs = results.shape[0]",
        "    n_months = calendar.shape[0]",
        "    record = trajectory.shape[0] > 0",
        f"    room = zeros({len(_ROW) * row_length(lanes) + 8})",
        "    w = room[(-(room.ctypes.data // 8)) % 8 :]  # on a cache line, so that no vector straddles two",
        f"    active = zeros({lanes}, int64)",
        f"    for block in range(0, n_runs, {lanes}):",
        "        run0 = first_run + u64(block)",
        f"        for i in range({lanes}):",
        "            k = world_of[block + i] if block + i < n_runs else world_of[block]",
        f"            for j in range({len(CATALOGUE)}):",
        f"                w[({len(FIELDS)} + j) * {row_length(lanes)} + i] = worlds[k, j]",
        f"            for j in range({len(FIELDS)}):",
        f"                w[j * {row_length(lanes)} + i] = 0.0",
    ]
    pad = " " * 12
    for field in FIELDS:
        if field.is_state:
            initial = _lane(field.initial, lanes) if isinstance(field.initial, str) else repr(float(field.initial))
            out.append(f"{pad}{_lane(field.name, lanes)} = {initial}")
    out += ["        for t in range(n_months):", "            month = float(t)"]
    out += [f"{pad}c_{name} = calendar[t, {k}]" for k, name in enumerate(COLUMNS)]
    out += [f"{pad}for i in range({lanes}):"]
    out += [f"{pad}    {_lane(name, lanes)} = 0.0" for name in escaping]
    hidden = [name for name in conditional_terms() if name not in escaping]
    out += [f"{pad}if record:", f"{pad}    for i in range({lanes}):"]
    out += [f"{pad}        {_lane(name, lanes)} = 0.0" for name in hidden]
    draws = monthly_draws(reads)
    made = {draw.name for draw in draws}
    out += [pad + line for line in _draw_lines(draws, lanes)]
    for phase in MONTH:
        out += [pad + line for line in _phase_lines(phase, reads, lanes, made)]
    out += [
        f"{pad}if record:",
        f"{pad}    for i in range(min({lanes}, n_runs - block)):",
        f"{pad}        for j in range({len(FIELDS)}):",
        f"{pad}            trajectory[block + i, t, j] = w[j * {row_length(lanes)} + i]",
        f"        for i in range(min({lanes}, n_runs - block)):",
    ]
    out += [f"            results[block + i, {k}] = {_lane(name, lanes)}" for k, name in enumerate(RESULTS)]
    return "\n".join(out) + "\n"

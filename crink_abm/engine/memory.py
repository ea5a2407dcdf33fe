"""How the runs abreast lie in memory: one block of doubles, a row a name, a column a lane."""

from collections.abc import Iterable, Mapping
from itertools import count

from ..model.draws import Draw
from ..model.fields import FIELDS
from ..model.levers import COLUMNS
from ..model.parameters import CATALOGUE

#: Runs abreast.
LANES = 128
#: Lanes that a conditional step takes at a time: eight doubles fill the widest vector register, and a cache line.
TOGETHER = 8
#: Rows of the bench (the number of the lane's run and values of the block; parameters from the table; results), and all of them.
BENCH_VALUES, BENCH_PARAMETERS, BENCH_RESULTS, BENCH = 0, 112, 208, 288

#: The row that tells failed runs: 0 while every number that a rule gave was finite, nan from then on.
WATCH = "not_finite"

TERMS = frozenset(f.name for f in FIELDS if not f.is_state)


_COLUMN = {name: k for k, name in enumerate(CATALOGUE)}


def row_length(lanes: int) -> int:
    """Doubles from one row of the block to the next.

    An odd number of cache lines, so that the rows do not all fall on the same few sets of the cache; few lanes are
    packed.
    """
    lines = -(-lanes // 8)
    return lanes if lanes < 8 else 8 * (lines + 1 - lines % 2)


class Block:
    """Where each name lies.

    Rows of the block are the fields, the parameters that unconditional steps read, and the draws of every month.
    Other parameters stay in their world's row of the table of worlds: what few lanes read, they read there, from a
    few cache lines that lie together.

    Parameters
    ----------
    parameters, draws : the names that have rows, besides the fields
    lanes : the number of runs abreast
    fields, columns : those of the machine
    """

    def __init__(
        self,
        parameters: Iterable[str],
        draws: Iterable[str],
        lanes: int,
        fields=FIELDS,
        columns: Iterable[str] = COLUMNS,
    ):
        self.columns, self.terms = frozenset(columns), frozenset(f.name for f in fields if not f.is_state)
        self.lanes, self.draws = lanes, frozenset(draws)
        self.next_loop = count(1).__next__
        self.tables, self.offsets = [], []
        self.parameters = tuple(name for name in CATALOGUE if name in set(parameters))
        self._rows = {name: k for k, name in enumerate([*(f.name for f in fields), WATCH, *self.parameters, *draws])}
        self.row_length = row_length(lanes)

    def has(self, name: str) -> bool:
        """Whether ``name`` has a row."""
        return name in self._rows

    def row(self, name: str) -> int:
        """Where the row of ``name`` begins, or the column of a parameter that has none."""
        return self._rows[name] * self.row_length if name in self._rows else _COLUMN[name]

    def table(self, numbers: Iterable[float]) -> str:
        """The name of a constant array of the kernel: what a loop runs over, instead of a line of text for each."""
        self.tables.append(list(numbers))
        return f"table{len(self.tables)}"

    def together(self, offsets: Iterable[int]) -> str:
        """The name of a constant tuple of the kernel: the places that are loaded or stored by one line."""
        self.offsets.append(tuple(offsets))
        return f"rows{len(self.offsets)}"

    def place(self, name: str) -> int | str:
        """Where ``name`` is for lane ``i``: the place of lane 0 in the block, or if it has no row kernel text."""
        return self.row(name) if self.has(name) else self.lane(name)

    def lane(self, name: str) -> str:
        """The place of ``name`` in lane ``i``, whose world is ``k``, as kernel text."""
        return f"w[{self.row(name)} + i]" if self.has(name) else f"worlds[k, {self.row(name)}]"

    def bench_row(self, k: int) -> int:
        """Where row ``k`` of the bench begins: short rows behind the block, where lanes are gathered."""
        return self.bench_start + k * TOGETHER

    def bench(self, k: int) -> str:
        """Place ``p`` of row ``k`` of the bench, as kernel text."""
        return f"w[{self.bench_row(k)} + p]"

    @property
    def bench_start(self) -> int:
        """Where the bench begins."""
        return len(self._rows) * self.row_length

    @property
    def size(self) -> int:
        """Doubles of the block and the bench behind it."""
        return self.bench_start + BENCH * TOGETHER


def draw_block(number: int, index: str, tag: str = "") -> str:
    """The call that makes the four words of a block of draws of the run ``first_run + index``, as ``d<tag><number>_<word>``."""
    words = ", ".join(f"d{tag}{number}_{k}" for k in range(4))
    return f"{words} = uniform_block(seed, first_run + u64({index}), u64(t), u64({number}))"


def rule_alias(step) -> str:
    """The rule's name inside the kernel."""
    return "rule_" + step.name.replace(".", "_")


class Loop:
    """The body of one loop over lanes: loads each name once, calls the rules, keeps what they give.

    Loads are one line, and stores are another, whatever their number: much less for the compiler to sort out.

    Parameters
    ----------
    block : where things lie; draws that have no row there are made here
    place : where a name lies for the first lane, or kernel text if it is not simply loaded
    index : the number of that lane's run, from the first, as kernel text
    at : the lane, or the place of the bench, that is added to where a name lies

    Attributes
    ----------
    loaded : the names loaded so far, in order
    terms, states : ``{name: local}`` of what the rules have given
    """

    def __init__(self, block, place, index="place[i]", at="i"):
        self.loaded, self.terms, self.states, self._given = [], {}, {}, []
        self._block, self._place, self._index, self._at, self._drawn = block, place, index, at, set()
        self._calls, self._texts, self._places = [], [], {}
        self._tag = f"{block.next_loop()}_"  # locals of its own for each loop: much less for the compiler to sort out

    def value(self, name: str) -> str:
        """A local that holds ``name``, loading or drawing it on first use."""
        if name in self._block.columns:
            return f"c_{name}"
        if name == "month":
            return "month"
        if name in Draw.__members__ and name not in self._block.draws:
            draw = Draw[name]
            if draw.block not in self._drawn:
                self._drawn.add(draw.block)
                self._texts.append(draw_block(draw.block, self._index, self._tag))
            return f"d{self._tag}{draw.block}_{draw.word}"
        local = f"x{self._tag}{name}"
        if name not in self.loaded and name not in self.terms:
            self.loaded.append(name)
            place = self._place(name)
            if isinstance(place, int):
                self._places[local] = place
            else:
                self._texts.append(f"{local} = {place}")
        return local

    def call(self, step, reads) -> None:
        """Append one rule: a term is seen by later rules at once, a state keeps its old value until the end."""
        arguments = ", ".join(self.value(name) for name in reads)
        given = {name: f"{'x' if name in self._block.terms else 'n'}{self._tag}{name}" for name in step.writes}
        self._calls.append(f"{', '.join(given.values())} = {rule_alias(step)}({arguments})")
        for name, local in given.items():
            (self.terms if name in self._block.terms else self.states)[name] = local
            self._given.append(local)

    def watch(self) -> dict[str, str]:
        """Append what becomes of the row ``WATCH``, 0 x every number given added to it; returns ``{WATCH: local}``."""
        seen = f"n{self._tag}{WATCH}"
        self._calls.append(f"{seen} = watched({self.value(WATCH)}, ({', '.join(self._given)},))")
        return {WATCH: seen}

    def lines(self) -> list[str]:
        """The loads, the draws, and the calls of the rules."""
        rows = self._block.together(self._places.values())
        return [f"{', '.join(self._places)}, = take(w, {self._at}, {rows})", *self._texts, *self._calls]

    def store(self, places: Mapping[str, int]) -> str:
        """The line that keeps locals: ``places`` says where each lies for the first lane."""
        return f"put(w, {self._at}, {self._block.together(places.values())}, ({', '.join(places)},))"

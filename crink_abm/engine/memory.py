"""How the runs abreast lie in memory: one block of doubles, a row a name, a column a lane."""

from collections.abc import Callable, Iterable, Mapping
from itertools import count

from ..model.draws import STRATIFIED
from ..model.schedule import Step
from ..model.spec import ModelSpec

#: Runs abreast.
LANES = 128
#: Lanes that a conditional step takes at a time: eight doubles fill the widest vector register, and a cache line.
TOGETHER = 8

#: The row that tells failed runs: 0 while every number that a rule gave was finite, nan from then on.
WATCH = "not_finite"


def row_length(lanes: int) -> int:
    """Doubles from one row of the block to the next.

    An odd number of cache lines, so that the rows do not all fall on the same few sets of the cache; few lanes are
    packed.
    """
    lines = -(-lanes // 8)
    return lanes if lanes < 8 else 8 * (lines + 1 - lines % 2)


class Layout:
    """Where each name lies.

    Rows of the block are the fields, the parameters that unconditional steps read, and the draws of every month.
    Other parameters stay in their world's row of the table of worlds: what few lanes read, they read there, from a
    few cache lines that lie together.

    Parameters
    ----------
    model : what is simulated
    parameters, draws : the names that have rows, besides the fields
    lanes : the number of runs abreast
    scratch : rows of the scratch behind the block: for values of the block, for parameters, for results
    """

    def __init__(
        self,
        model: ModelSpec,
        parameters: Iterable[str],
        draws: Iterable[str],
        lanes: int,
        scratch: tuple[int, int, int] = (0, 0, 0),
    ):
        self.model, self.lanes, self.draws = model, lanes, frozenset(draws)
        self.next_loop = count(1).__next__
        self.tables: list[list[float]] = []
        self.offsets: list[tuple[int, ...]] = []
        self.parameters = tuple(name for name in model.parameters if name in set(parameters))
        names = [*(f.name for f in model.fields), WATCH, *self.parameters, *draws]
        self._rows = {name: k for k, name in enumerate(names)}
        self._column = {name: k for k, name in enumerate(model.parameters)}
        self.scratch_parameters, self.scratch_results = scratch[0], scratch[0] + scratch[1]
        self.scratch_rows = sum(scratch)
        self.row_length = row_length(lanes)

    def has(self, name: str) -> bool:
        """Whether ``name`` has a row."""
        return name in self._rows

    def row(self, name: str) -> int:
        """Where the row of ``name`` begins, or the column of a parameter that has none."""
        return self._rows[name] * self.row_length if name in self._rows else self._column[name]

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

    def scratch_row(self, k: int) -> int:
        """Where row ``k`` of the scratch begins: short rows behind the block, where lanes are gathered."""
        return len(self._rows) * self.row_length + k * TOGETHER

    def scratch(self, k: int) -> str:
        """Place ``p`` of row ``k`` of the scratch, as kernel text."""
        return f"w[{self.scratch_row(k)} + p]"

    @property
    def size(self) -> int:
        """Doubles of the block and the scratch behind it."""
        return self.scratch_row(self.scratch_rows)


def draw_block(number: int, index: str, tag: str = "") -> str:
    """The call that makes the four words of a block of draws of the run ``first_run + index``, as ``d<tag><number>_<word>``."""
    words = ", ".join(f"d{tag}{number}_{k}" for k in range(4))
    made = "stratified_block" if number in STRATIFIED else "uniform_block"
    return f"{words} = {made}(seed, first_run + u64({index}), u64(t), u64({number}))"


def rule_alias(step: Step) -> str:
    """The rule's name inside the kernel."""
    return "rule_" + step.name.replace(".", "_")


class LaneLoop:
    """The body of one loop over lanes: loads each name once, calls the rules, keeps what they give.

    Loads are one line, and stores are another, whatever their number: much less for the compiler to sort out.

    Parameters
    ----------
    layout : where things lie; draws that have no row there are made here
    place : where a name lies for the first lane, or kernel text if it is not simply loaded
    index : the number of that lane's run, from the first, as kernel text
    at : the lane, or the place of the scratch, that is added to where a name lies

    Attributes
    ----------
    loaded : the names loaded so far, in order
    terms, states : ``{name: local}`` of what the rules have given
    """

    def __init__(self, layout: Layout, place: Callable[[str], int | str], index: str = "place[i]", at: str = "i"):
        self.loaded: list[str] = []
        self.terms: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self._given: list[str] = []
        self._drawn: set[int] = set()
        self._layout, self._place, self._index, self._at = layout, place, index, at
        self._calls: list[str] = []
        self._texts: list[str] = []
        self._places: dict[str, int] = {}
        self._tag = f"{layout.next_loop()}_"  # locals of its own for each loop: much less for the compiler to sort out

    def value(self, name: str) -> str:
        """A local that holds ``name``, loading or drawing it on first use."""
        model = self._layout.model
        if name in model.columns:
            return f"c_{name}"
        if name == "month":
            return "month"
        if name in model.draws and name not in self._layout.draws:
            block, word = divmod(model.draws[name], 4)
            if block not in self._drawn:
                self._drawn.add(block)
                self._texts.append(draw_block(block, self._index, self._tag))
            return f"d{self._tag}{block}_{word}"
        local = f"x{self._tag}{name}"
        if name not in self.loaded and name not in self.terms:
            self.loaded.append(name)
            place = self._place(name)
            if isinstance(place, int):
                self._places[local] = place
            else:
                self._texts.append(f"{local} = {place}")
        return local

    def call(self, step: Step, reads: Iterable[str]) -> None:
        """Append one rule: a term is seen by later rules at once, a state keeps its old value until the end."""
        arguments = ", ".join(self.value(name) for name in reads)
        terms = self._layout.model.terms
        given = {name: f"{'x' if name in terms else 'n'}{self._tag}{name}" for name in step.writes}
        self._calls.append(f"{', '.join(given.values())} = {rule_alias(step)}({arguments})")
        for name, local in given.items():
            (self.terms if name in terms else self.states)[name] = local
            self._given.append(local)

    def watch(self) -> dict[str, str]:
        """Append what becomes of the row ``WATCH``, 0 x every number given added to it; returns ``{WATCH: local}``."""
        seen = f"n{self._tag}{WATCH}"
        self._calls.append(f"{seen} = watched({self.value(WATCH)}, ({', '.join(self._given)},))")
        return {WATCH: seen}

    def lines(self) -> list[str]:
        """The loads, the draws, and the calls of the rules."""
        rows = self._layout.together(self._places.values())
        return [f"{', '.join(self._places)}, = take(w, {self._at}, {rows})", *self._texts, *self._calls]

    def store(self, places: Mapping[str, int]) -> str:
        """The line that keeps locals: ``places`` says where each lies for the first lane."""
        return f"put(w, {self._at}, {self._layout.together(places.values())}, ({', '.join(places)},))"

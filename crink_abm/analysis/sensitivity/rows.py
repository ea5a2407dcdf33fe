"""The rows of a design, run: each row a world and a level of levers, each under the baseline and every package.

A design falls into blocks: the trajectory of a screening, or the rows that belong to one base point of a Saltelli design. All
rows of a block, and all policies, face the same runs (common random numbers); blocks face other runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...engine import compiled
from ...engine.threads import run_slices
from ...estimation.measures import Measure, Runs
from ...model import draws, levers, outcomes
from ...model.parameters import CATALOGUE, checked
from ...typing import BoolArray, FloatArray
from ...util.errors import InputError
from ..kept import Kept, key_of
from ..responses import Arm, Setting

#: Runs of a row come in multiples of this: leaders' types are stratified over 64 runs in a row, so halves that are independent
#: are of whole such groups.
STEP = 2 * draws.STRATA
#: Share of blocks that may fail before an analysis refuses.
MOST_FAILED = 0.05


@dataclass(frozen=True)
class Factor:
    """What is varied: a parameter, a structural switch, or a lever.

    Attributes
    ----------
    name : as in the catalogue, or of a lever
    kind : ``parameter``, ``switch`` or ``lever``
    standing : ``sourced``, ``elicited`` or ``assumed``; ``policy`` for a lever
    source, meaning : as in the catalogue
    """

    name: str
    kind: str
    standing: str
    source: str
    meaning: str

    def at(self, u: FloatArray) -> FloatArray:
        """Values at the prior's cumulative probabilities ``u``: the quantile; a switch's level; the lever from 0 to 1."""
        if self.kind == "lever":
            return u
        p = CATALOGUE[self.name]
        if self.kind == "switch":
            levels = np.array([int(level) for level in p.drawn], float)
            chosen: FloatArray = levels[np.minimum((u * len(levels)).astype(int), len(levels) - 1)]
            return chosen
        value: FloatArray = np.asarray(p.quantile(u), float)
        return value


def standing(source: str) -> str:
    """Where a number stands, of its source: ``assumed`` (our judgement), ``elicited`` (experts'), or ``sourced``."""
    words = source.lower()
    if "elicit" in words:
        return "elicited"
    return "assumed" if words.strip() in ("", "assumed") or words.startswith("assumed") else "sourced"


def factors_of(chosen_levers: Sequence[str]) -> list[Factor]:
    """All parameters and switches of the catalogue, and some levers."""
    found = [
        Factor(p.name, "switch" if p.switch else "parameter", standing(p.source), p.source, p.meaning)
        for p in CATALOGUE.values()
    ]
    found += [
        Factor(name, "lever", "policy", "policy", f"from {levers.LEVERS[name].low} to {levers.LEVERS[name].high}")
        for name in chosen_levers
    ]
    return found


@dataclass(frozen=True, eq=False)
class Design:
    """Rows in blocks.

    Attributes
    ----------
    unit : array (n_blocks, n_rows, n_factors): cumulative probabilities
    factors : what the columns are
    """

    unit: FloatArray
    factors: tuple[Factor, ...]


@dataclass(frozen=True, eq=False)
class Responded:
    """What rows came to.

    Attributes
    ----------
    means : array (n_arms, n_measures, n_blocks, n_rows, 2), by half; nan in a block that failed
    failed : array (n_blocks,)
    first_failure : words on the first run that failed, if any
    n_runs : in all
    """

    means: FloatArray
    failed: BoolArray
    first_failure: str | None
    n_runs: int


def run_rows(
    design: Design, setting: Setting, arms: Sequence[Arm], measures: Sequence[Measure], *, runs: int, first_block: int = 0,
    fixed: Mapping[str, float] | None = None, kept: Kept | None = None, progress: Callable[[int, int], object] | None = None,
) -> Responded:  # fmt: skip
    """Run every row of a design under every arm.

    Parameters
    ----------
    design : the rows
    setting : months, start, seed, baseline and drivers; its worlds are not used
    arms : policies; their levers stand over those of the row
    measures : means of runs, of results alone (no field, nothing given)
    runs : of each row and arm; a multiple of :data:`STEP`, since they fall into two independent halves
    first_block : number of the first block: what numbers its runs begin at
    fixed : parameters that stand at a value in all rows
    kept : where blocks are kept
    progress : called with blocks done, and all

    Raises
    ------
    InputError
        If ``runs`` are no such multiple, or more than one block in twenty has a run that failed.
    """
    if runs < STEP or runs % STEP:
        raise InputError(
            f"the runs of a row are a multiple of {STEP}, two groups of stratified draws; {runs} was given"
        )
    names = [one.name for one in measures]
    n_blocks, n_rows, _ = design.unit.shape
    columns = {name: k for k, name in enumerate(CATALOGUE)}
    middle = np.array(list(checked(fixed).values()))
    plans = [(setting.calendar(arm), [k for k, f in enumerate(design.factors) if f.kind == "lever" and f.name not in arm.levers])
             for arm in arms]  # fmt: skip
    means = np.full((n_blocks, n_rows, len(arms), len(measures), 2), np.nan)
    failed = np.zeros(n_blocks, bool)
    said: dict[str, str] = {}
    own = [(k, columns[f.name]) for k, f in enumerate(design.factors) if f.kind != "lever"]
    for block in range(n_blocks):
        unit = design.unit[block]
        values = np.tile(middle, (n_rows, 1))
        for k, column in own:
            values[:, column] = design.factors[k].at(unit[:, k])
        first_run = (first_block + block) * runs
        key = key_of(unit, values, *[calendar for calendar, _ in plans], [setting.seed, runs, first_run, names])
        made = kept.read(key) if kept else None
        if made is None:
            flat = _results(design, unit, values, plans, setting.seed, first_run, runs)
            seen = Runs(flat, setting.months, {}, {})
            number = np.stack([one.of(seen) for one in measures], axis=-1)
            number[outcomes.failed(flat)] = np.nan
            made = number.reshape(n_rows, len(arms), 2, runs // 2, len(measures)).mean(3).swapaxes(2, 3)
            if kept:
                kept.write(key, made)
        bad = np.argwhere(np.isnan(made))
        if len(bad):
            failed[block] = True
            said.setdefault("first", f"block {first_block + block}, row {bad[0][0]}, policy {arms[bad[0][1]].name!r}")
        else:
            means[block] = made
        if progress:
            progress(block + 1, n_blocks)
    if failed.mean() > MOST_FAILED:
        raise InputError(
            f"{int(failed.sum()):,} of {n_blocks:,} blocks of the design have a run that failed (the first: {said['first']}); a "
            "rule raised, or gave a number that is not finite, or odds that are none. More than one block in twenty is too many "
            "to leave out; leave out what makes them fail"
        )
    return Responded(means.transpose(2, 3, 0, 1, 4), failed, said.get("first"), n_blocks * n_rows * len(arms) * runs)


def _results(
    design: Design, unit: FloatArray, values: FloatArray, plans: Sequence[tuple[np.ndarray, list[int]]], seed: int,
    first_run: int, runs: int,
) -> FloatArray:  # fmt: skip
    """The runs of one block: array (n_rows x n_arms x runs, n_results)."""
    lever_at = {name: column for column, name in enumerate(levers.LEVERS)}
    kernel = compiled.compiled()
    results = np.empty((len(unit), len(plans), runs, len(outcomes.RESULTS)))
    own = np.zeros(runs, np.int64)

    def work(row: int) -> None:
        for number, (calendar, moved) in enumerate(plans):
            there = calendar.copy() if moved else calendar
            for k in moved:
                there[:, lever_at[design.factors[k].name]] = unit[row, k]
            kernel.fill(there, values[row : row + 1], own, seed, first_run, results[row, number])

    run_slices(work, range(len(unit)))
    return results.reshape(-1, results.shape[-1])


def plain_measures(measures: Sequence[Measure]) -> None:
    """Refuse measures that a row's few runs cannot give.

    Raises
    ------
    InputError
    """
    for one in measures:
        if one.among is not None or one.fields:
            raise InputError(
                f"[ask] outcomes: {one.name!r} is a conditional, or a field's mean; an index here is of a row's mean: "
                "give outcomes or counts"
            )

"""What arms of an experiment come to in each world: the one table from which every answer is worked out.

An arm is a policy in a state of belief: levers, drivers, parameters changed or imposed, rules replaced. All arms of a setting
face the same runs in the same worlds (common random numbers), so any two are compared run by run. Each run is one that
``DeterrenceModel`` makes: its number, its arm and its world reopen it.

Runs fall into two halves, whole rounds through the worlds by turns. What is fitted or found in one half is judged in the other,
and their difference tells noise from what the worlds differ in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..engine import compiled
from ..ensemble.worlds import Worlds
from ..estimation.control_variates import Moments
from ..estimation.measures import Measure, Runs, measures, numbers
from ..model import levers, outcomes
from ..model.overrides import changes_odds
from ..model.overrides import checked as checked_rules
from ..model.parameters import CATALOGUE
from ..typing import FloatArray, IntArray
from ..util.content import digest
from ..util.errors import InputError, nearest
from ..util.size import check_memory
from .kept import Kept, key_of

#: Runs that are counted at a time.
_PIECE = 65_536
_NAMES = tuple(CATALOGUE)
_COLUMN = {name: k for k, name in enumerate(_NAMES)}


@dataclass(frozen=True)
class Arm:
    """A policy, and what is changed in the worlds in which it is tried.

    Attributes
    ----------
    name : as in tables
    levers : levers that differ from the setting's baseline
    drivers : what history supplies or an intervention imposes, besides the setting's
    parameters : parameter -> a number for all worlds, or an array (n_worlds,); also beyond the declared ranges
    rules : functions in place of rules
    """

    name: str
    levers: Mapping[str, Any] = field(default_factory=dict)
    drivers: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Callable[..., Any]] | None = None


@dataclass(frozen=True, eq=False)
class Setting:
    """Where arms are tried: worlds, horizon, random numbers, and the policy and drivers that all arms share.

    Attributes
    ----------
    worlds : the ensemble; equally weighted
    months, start : the run
    seed : which random numbers
    baseline, drivers : of all arms, where an arm does not say otherwise
    """

    worlds: Worlds
    months: int = levers.MONTHS
    start: str = levers.START
    seed: int = 0
    baseline: Mapping[str, Any] = field(default_factory=dict)
    drivers: Mapping[str, Any] = field(default_factory=dict)

    def calendar(self, arm: Arm) -> np.ndarray:
        """The levers and drivers of an arm, month by month."""
        policy = levers.checked({**self.baseline, **arm.levers})
        return levers.calendar(policy, self.months, self.start, {**self.drivers, **arm.drivers} or None)

    def values(self, arm: Arm) -> FloatArray:
        """The worlds as an arm changes them: array (n_worlds, n_parameters).

        Raises
        ------
        InputError
            On an unknown parameter, or an array of another length.
        """
        return changed(self.worlds.values, arm.parameters)

    def first(self, n: int | None) -> "Setting":
        """The same with the first ``n`` worlds."""
        return replace(self, worlds=self.worlds.first(n))


def changed(values: FloatArray, parameters: Mapping[str, Any]) -> FloatArray:
    """A table of worlds with some columns replaced, by a number or by an array (n_worlds,); ranges are not asked.

    Raises
    ------
    InputError
        On an unknown parameter, an array of another length, or a number that is not finite.
    """
    if not parameters:
        return values
    table = values.copy()
    for name, value in parameters.items():
        if name not in _COLUMN:
            raise InputError(f"no parameter is named {name!r}{nearest(name, _COLUMN)}; `crink-abm info` lists them")
        column = np.asarray(value, float)
        if column.shape not in ((), (len(table),)) or not np.isfinite(column).all():
            raise InputError(
                f"{name} is changed to a finite number, or to an array of one for each of the {len(table):,} worlds; an array "
                f"of shape {column.shape} was given"
            )
        table[:, _COLUMN[name]] = column
    return table


@dataclass(frozen=True, eq=False)
class Responses:
    """Means of measures by arm, half and world.

    Attributes
    ----------
    arms, measures : their names
    total : array (n_arms, 2, n_worlds, n_measures), the mean over a half's runs of each measure's number, control variates used
        where that was possible
    among : array of the same shape, the share of runs that count; 1 but for measures that are given something
    noise : array (n_arms, n_measures), the standard error of the mean of ``total`` over all, the worlds given; nan where it is
        not known
    number : array (n_worlds,), which of the different worlds each is (a world may stand in an ensemble several times)
    rounds : runs of each arm in each world
    """

    arms: tuple[str, ...]
    measures: tuple[str, ...]
    total: FloatArray
    among: FloatArray
    noise: FloatArray
    number: IntArray
    rounds: int

    def arm(self, name: str) -> int:
        """The place of an arm."""
        return self.arms.index(name)

    def measure(self, name: str) -> int:
        """The place of a measure."""
        return self.measures.index(name)

    def level(self, arm: int | str, measure: int | str) -> FloatArray:
        """A measure in each half and world: array (2, n_worlds); nan in a world where no run counts."""
        k, j = self._places(arm, measure)
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.total[k, :, :, j] / self.among[k, :, :, j]

    def change(self, arm: int | str, base: int | str, measure: int | str) -> FloatArray:
        """The paired change of a measure from one arm to another in each half and world: array (2, n_worlds).

        A measure that is given something is linearised about its mean over all worlds, so that means over worlds are changes of
        the ratio of means.
        """
        return self.influence(arm, measure) - self.influence(base, measure)

    def influence(self, arm: int | str, measure: int | str) -> FloatArray:
        """A measure in each half and world, such that its mean over worlds is the measure's: array (2, n_worlds)."""
        k, j = self._places(arm, measure)
        total, among = self.total[k, :, :, j], self.among[k, :, :, j]
        share = among.mean()
        if not share:
            return np.full(total.shape, np.nan)
        ratio = total.mean() / share
        return ratio + (total - ratio * among) / share

    def _places(self, arm: int | str, measure: int | str) -> tuple[int, int]:
        k = self.arm(arm) if isinstance(arm, str) else arm
        return k, self.measure(measure) if isinstance(measure, str) else measure


def respond(
    setting: Setting,
    arms: Sequence[Arm],
    asked: Sequence[str | Measure],
    *,
    rounds: int,
    first_round: int = 0,
    kept: Kept | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Responses:
    """Run arms in every world, the same runs for each.

    Parameters
    ----------
    setting : worlds, months, seed
    arms : what is compared
    asked : measures, by name (:func:`crink_abm.estimation.measures.measure`) or as they are
    rounds : runs of each arm in each world; even
    first_round : rounds that are left out before: fresh random numbers begin where others ended; even
    kept : where finished arms are kept, if anywhere; one that is there is not run again
    progress : called with the arms done and those in all

    Raises
    ------
    InputError
        On an arm or a measure that cannot be taken, rounds that are odd, or a run that fails.

    Examples
    --------
    >>> from crink_abm.ensemble import worlds
    >>> setting = Setting(worlds.defaults(), months=24, seed=1)
    >>> found = respond(setting, [Arm("now"), Arm("more", {"usfk_posture": 0.9})], ["taiwan_failure"], rounds=200)
    >>> found.change("more", "now", "taiwan_failure").shape
    (2, 1)
    """
    if rounds < 2 or rounds % 2 or first_round % 2:
        raise InputError(
            f"rounds fall into two halves: give an even number of at least 2, not {rounds} after {first_round}"
        )
    chosen = measures(asked)
    names = [arm.name for arm in arms]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"two arms are named {twice[0]!r}; give each a name of its own")
    n_worlds, fields = len(setting.worlds), sorted({name for one in chosen for name in one.fields})
    check_memory(5 * 8 * len(arms) * n_worlds * len(chosen), f"{len(arms):,} arms in {n_worlds:,} worlds")
    found = []
    for done, arm in enumerate(arms):
        calendar, values, rules = setting.calendar(arm), setting.values(arm), checked_rules(arm.rules)
        key = key_of(
            calendar, values, setting.worlds.order, [setting.seed, rounds, first_round, [one.name for one in chosen]],
            {name: digest(rule).hex() for name, rule in (rules or {}).items()},
        )  # fmt: skip
        made = kept.read(key) if kept else None
        if made is None:
            made = _run(setting, calendar, values, rules, chosen, fields, rounds, first_round, arm.name)
            if kept:
                kept.write(key, made)
        found.append(made)
        if progress:
            progress(done + 1, len(arms))
    every = np.stack(found)  # (arms, 5, worlds, measures): totals and shares of both halves, noise in the last
    total, among, noise = every[:, 0:2], every[:, 2:4], every[:, 4, 0]
    words = tuple(one.name for one in chosen)
    return Responses(tuple(names), words, total, among, noise, setting.worlds.number, rounds)


def _run(
    setting: Setting, calendar: np.ndarray, values: FloatArray, rules: Any, chosen: Sequence[Measure], fields: list[str],
    rounds: int, first_round: int, name: str,
) -> FloatArray:  # fmt: skip
    """One arm: array (5, n_worlds, n_measures)."""
    n_worlds, n_measures = len(values), len(chosen)
    given = [k for k, one in enumerate(chosen) if one.among is not None]
    moments = Moments(1, n_worlds, n_measures + len(given), len(outcomes.RESIDUALS))
    per = max(2, _PIECE // n_worlds // 2 * 2)
    for at in range(first_round, first_round + rounds, per):
        n = n_worlds * min(per, first_round + rounds - at)
        first = at * n_worlds
        world_of = setting.worlds.of_runs(first, n)
        how: dict[str, Any] = {"seed": setting.seed, "first_run": first, "world_of": world_of, "rules": rules}
        means = last = np.zeros((n, 0))
        if fields:
            results, means, last = compiled.state_summaries(calendar, values, n, fields, **how)
        else:
            results = compiled.run_many(calendar, values, n, **how)
        bad = np.flatnonzero(outcomes.failed(results))
        if len(bad):
            raise InputError(
                f"run {first + int(bad[0])} of arm {name!r} failed (a rule raised, or gave a number that is not finite, or odds "
                f"that are none), and {len(bad) - 1:,} more of its {n:,}; leave out what makes it fail"
            )
        runs = Runs(
            results, setting.months, dict(zip(fields, means.T, strict=True)), dict(zip(fields, last.T, strict=True))
        )
        number, among = np.stack([numbers(one, runs) for one in chosen], axis=-1)
        number *= among
        masks = among[:, given]
        half = (first + np.arange(n)) // n_worlds % 2
        here = np.concatenate([number, masks], axis=1)[None], outcomes.residuals(results)[None]
        nothing = np.zeros_like(here[0][0]), np.zeros_like(here[1][0])
        moments.add(here, nothing, world_of, half)
    take_out = not changes_odds(rules)
    totals = moments.by_half(take_out)[0]
    made = np.ones((5, n_worlds, n_measures))
    made[0:2] = totals[..., :n_measures]
    made[2:4][..., given] = totals[..., n_measures:]
    made[4] = moments.adjusted(take_out)[0].error[0, :n_measures]
    return made

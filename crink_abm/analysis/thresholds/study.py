"""The study of thresholds: screening, belief by belief, two together, and the way to reversal, question by question."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...ensemble import worlds as ensembles
from ...estimation import clusters
from ...model.parameters import CATALOGUE
from ...typing import FloatArray, PathLike
from ..kept import Kept, keeping
from ..questions import BASELINE, arms_of, read, setting_of
from ..responses import Arm, Responses, Setting, respond
from . import beliefs, tables
from .crossing import Crossing, crossing
from .questions import Thresholds, ThresholdsFile, asked
from .reversal import Direction, directions
from .screening import SWITCH_NAMES, Screen, distinct, screen

#: Beliefs of which each is a candidate where chance is this improbable, in each of the two ensembles.
CHANCE = 0.025
#: Beliefs of a question that stand in the table of screening, besides candidates.
LISTED = 10
#: Distances at which a direction is simulated, as shares of the largest.
STEPS = tuple(k / 6.0 for k in range(1, 7))
#: Added to the seed of the worlds for those of the bare prior.
_PRIOR_SEED = 7_001

Progress = Callable[[int, int, str], object]
Belief = tuple[str, float]


class _Arms:
    """Arms that are asked for, each once: a package, or the baseline, where some beliefs are imposed or moved."""

    def __init__(self, packages: Mapping[str, Mapping[str, Any]]) -> None:
        self.levers = {BASELINE: {}, **packages}
        self.arms: dict[str, Arm] = {}

    def ask(self, package: str, words: str, changed: Mapping[str, Any]) -> tuple[str, str]:
        """The names of a package's arm and of the baseline's, in the same state of belief."""
        names = []
        for one in (package, BASELINE):
            name = f"{one} | {words}"
            self.arms.setdefault(name, Arm(name, self.levers[one], parameters=changed))
            names.append(name)
        return names[0], names[1]

    def imposed(self, package: str, *of: Belief) -> tuple[str, str]:
        """The two arms where beliefs are imposed on every world."""
        return self.ask(package, ", ".join(f"{name} = {level!r}" for name, level in of), dict(of))


@dataclass(frozen=True)
class _Question:
    """A question on its way."""

    package: str
    outcome: str
    effect: float
    screens: dict[str, Screen]
    candidates: list[str]
    pair: tuple[str, str, str] | None


def thresholds(
    experiment: PathLike | Mapping[str, Any] | ThresholdsFile,
    *,
    out: PathLike | None = None,
    progress: Progress | None = None,
) -> Thresholds:
    """Find the beliefs that decide the sign of policies' effects, and the levels at which it turns.

    Parameters
    ----------
    experiment : a file with ``[packages]``, ``[ask]`` and ``[thresholds]``, a dict of the same shape, or one that was read
    out : folder for tables; a study that was killed is taken up there
    progress : called with arms done, arms in all, and the stage

    Returns
    -------
    Thresholds, with a table for each step; changes are shares of 1, levels in the unit of their parameter

    Raises
    ------
    InputError
        On a file that cannot be taken, before any run; or on a run that fails.

    Notes
    -----
    1. Screening: the effect in every world of the ensemble and of the bare prior, and which beliefs carry what worlds differ in
       (:mod:`crink_abm.analysis.thresholds.screening`). 2. Each candidate is imposed at levels in every world, with common random
       numbers; the level at which the mean effect is zero has a confidence set by inversion of a test (Fieller 1954;
       :mod:`.crossing`). 3. The pair that decides most, on a grid. 4. How far the ensemble is from reversal (:mod:`.reversal`).
    Imposing a belief is an intervention: the other beliefs of each world stay as they are, so a world may then fit the record
    less.

    Examples
    --------
    >>> import crink_abm
    >>> found = crink_abm.thresholds({
    ...     "experiment": {"name": "small", "seed": 1, "runs": 100, "months": 24},
    ...     "packages": {"sanctions": {"sanctions_intensity": 0.8}},
    ...     "ask": {"outcomes": ["taiwan_failure"], "runs_per_world": 4},
    ...     "thresholds": {"named": {"sanctions": ["sanctions_cost"]}, "levels": 3, "grid": 0, "runs_per_level": 2,
    ...                    "prior_worlds": 20, "prior_runs": 2},
    ...     "worlds": {"ensemble": "defaults"},
    ... })
    >>> found.curves["level"].round(2).tolist()
    [0.0, 0.4, 0.6]
    """
    file = read(experiment, ThresholdsFile)
    questions = asked(file)
    setting = setting_of(file)
    with keeping(out, "thresholds") as kept:
        found = _Study(file, setting, kept, progress).run(questions)
        if kept:
            kept.finish(**found.tables)
    return found


class _Study:
    """The steps of a study, each from what those before it found."""

    def __init__(
        self, experiment: ThresholdsFile, setting: Setting, kept: Kept | None, progress: Progress | None
    ) -> None:
        self.file, self.plan, self.setting, self.kept = experiment, experiment.thresholds, setting, kept
        self.progress = progress or (lambda *_: None)
        self.packages = {arm.name: arm.levers for arm in arms_of(experiment)[1:]}
        self.number = setting.worlds.number
        self.effort: dict[str, Any] = {"runs": 0, "arms": 0}

    def _respond(
        self, setting: Setting, arms: Iterable[Arm], outcomes: list[str], rounds: int, words: str, first: int = 0
    ) -> Responses:
        arms = list(arms)
        self.effort["runs"] += len(arms) * len(setting.worlds) * rounds
        self.effort["arms"] += len(arms)
        return respond(
            setting, arms, outcomes, rounds=rounds, first_round=first, kept=self.kept,
            progress=lambda done, total: self.progress(done, total, words),
        )  # fmt: skip

    def run(self, asked_for: list[tuple[str, str]]) -> Thresholds:
        """All steps, and their tables."""
        table, plan = self.file.worlds, self.plan
        used = [arm for arm in arms_of(self.file) if arm.name == BASELINE or arm.name in {p for p, _ in asked_for}]
        outcomes = list(dict.fromkeys(outcome for _, outcome in asked_for))
        bare = replace(
            self.setting,
            worlds=ensembles.prior(
                plan.prior_worlds, seed=table.seed + _PRIOR_SEED, which=table.structures, fixed=self.file.parameters
            ),
        )
        rounds = self.file.ask.runs_per_world
        now = self._respond(self.setting, used, outcomes, rounds, "screening, the ensemble")
        wide = self._respond(bare, used, outcomes, plan.prior_runs, "screening, the bare prior")
        questions = [self._screened(now, wide, bare, *one) for one in asked_for]

        arms = _Arms(self.packages)
        cells: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
        for one in questions:
            for belief in one.candidates:
                for level in self._levels(belief):
                    arms.imposed(one.package, (belief, level))
            if one.pair:
                cells[one.package, one.outcome] = self._cells(*one.pair[:2])
                for a, b in itertools.product(*cells[one.package, one.outcome]):
                    arms.imposed(one.package, (one.pair[0], a), (one.pair[1], b))
            arms.ask(one.package, "as it is", {})
        at = self._respond(self.setting, arms.arms.values(), outcomes, plan.runs_per_level, "beliefs imposed")
        curves = {
            (one.package, one.outcome, belief): self._curve(at, arms, one, belief)
            for one in questions
            for belief in one.candidates
        }
        lines, moved, checked = self._reversals(questions, curves, arms, at, outcomes)
        self.effort |= {
            "worlds": len(self.setting.worlds),
            "different_worlds": int(self.number.max()) + 1,
            "prior_worlds": plan.prior_worlds,
            "prior_runs": plan.prior_runs,
            "runs_per_world": rounds,
            "runs_per_level": plan.runs_per_level,
            "directions": len(lines),
        }
        worlds = self.setting.worlds
        levels = {
            "n_worlds": len(worlds),
            "n_different": int(self.number.max()) + 1,
            "runs_per_world": plan.runs_per_level,
        }
        boundary, joint = [], []
        for one in questions:
            if one.pair:
                rows, edges = self._joint(at, arms, one, *cells[one.package, one.outcome])
                joint += rows
                boundary += edges
        return Thresholds(
            tables.questions([(one.package, one.outcome, now, wide, one.screens) for one in questions], self.file.ask.margin),
            tables.screening([(one.package, one.outcome, one.screens, one.candidates) for one in questions], plan.named, LISTED),
            tables.pairs([(one.package, one.outcome, one.screens) for one in questions]),
            tables.curves(curves, levels),
            tables.thresholds(curves, worlds, levels, {(one.package, one.outcome): one.screens for one in questions}),
            pd.DataFrame(joint, columns=tables.JOINT),
            pd.DataFrame(boundary, columns=tables.BOUNDARY),
            tables.reversal(lines, moved, checked, worlds, plan.within, levels),
            tables.spread([belief for one in questions for belief in one.candidates], worlds),
            self.file.ask.margin,
            self.effort,
        )  # fmt: skip

    def _screened(self, now: Responses, wide: Responses, bare: Setting, package: str, outcome: str) -> _Question:
        screens = {}
        for where, seen, worlds in (("ensemble", now, self.setting.worlds), ("prior", wide, bare.worlds)):
            effects, first = distinct(seen.change(package, BASELINE, outcome), worlds.number)
            screens[where] = screen(worlds.values[first], effects, seed=self.setting.seed % 2**32)
        mean = float(now.change(package, BASELINE, outcome).mean())
        found = candidates(screens, self.plan.candidates, self.plan.named.get(package, []))
        return _Question(package, outcome, mean, screens, found, pair_of(screens, found) if self.plan.grid else None)

    def _levels(self, belief: str) -> list[float]:
        return [float(x) for x in beliefs.levels(CATALOGUE[belief], self.plan.levels, self.plan.beyond)]

    def _cells(self, first: str, second: str) -> tuple[list[float], list[float]]:
        """The levels of two beliefs together."""
        one, two = (beliefs.levels(CATALOGUE[name], self.plan.grid).tolist() for name in (first, second))
        return one, two

    def _effects(
        self, found: Responses, arms: _Arms, package: str, outcome: str, cells: list[tuple[Belief, ...]]
    ) -> Any:
        """Effects in each half and world, cell by cell: array (2, n_worlds, n_cells)."""
        return np.stack([found.change(*arms.imposed(package, *cell), outcome) for cell in cells], -1)

    def _curve(self, found: Responses, arms: _Arms, one: _Question, belief: str) -> Crossing:
        at = self._levels(belief)
        halves = self._effects(found, arms, one.package, one.outcome, [((belief, level),) for level in at])
        return crossing(np.array(at), halves, self.number)

    def _joint(
        self, found: Responses, arms: _Arms, one: _Question, first: list[float], second: list[float]
    ) -> tuple[list[Any], list[Any]]:
        assert one.pair is not None
        a, b, why = one.pair
        cells: list[tuple[Belief, ...]] = [((a, x), (b, y)) for x, y in itertools.product(first, second)]
        halves = self._effects(found, arms, one.package, one.outcome, cells)
        halves = halves.reshape(*halves.shape[:2], len(first), len(second))
        rows, edges = [], []
        for i, x in enumerate(first):
            line = crossing(np.array(second), halves[:, :, i], self.number)
            for j, y in enumerate(second):
                rows.append(
                    (one.package, one.outcome, a, x, b, y, why, line.mean[j], line.low[j], line.high[j], len(self.number),
                     self.plan.runs_per_level)
                )  # fmt: skip
            if CATALOGUE[b].switch is None:
                edges.append(
                    (one.package, one.outcome, a, x, b, line.root, *line.span, line.kind, line.below, line.above)
                )
        return rows, edges

    def _reversals(
        self, questions: list[_Question], curves: Mapping[tuple[str, str, str], Crossing], arms: _Arms, at: Responses,
        outcomes: list[str],
    ) -> tuple[list[tuple[_Question, Direction]], list[Crossing], list[tuple[float, float, float, float]]]:  # fmt: skip
        """Directions to reversal, the effect along each, and on fresh runs where it turns: (distance, mean, low, high)."""
        lines = [(one, line) for one in questions for line in self._directions(one, curves)]
        steps = [self.plan.within * share for share in STEPS]
        way = _Arms(self.packages)
        for one, line in lines:
            for t in steps:
                self._moved(way, one.package, line, t)
        moved = []
        if lines:
            far = self._respond(self.setting, way.arms.values(), outcomes, self.plan.runs_per_level, "beliefs moved")
            for one, line in lines:
                here = at.change(*arms.ask(one.package, "as it is", {}), one.outcome)
                there = [far.change(*self._moved(way, one.package, line, t), one.outcome) for t in steps]
                moved.append(crossing(np.array([0.0, *steps]), np.stack([here, *there], -1), self.number))
        fresh, turns = _Arms(self.packages), []
        for (one, line), path in zip(lines, moved, strict=True):
            turns.append(path.roots[0] if path.roots else self.plan.within)
            self._moved(fresh, one.package, line, turns[-1])
        checked = []
        if lines:
            first = max(self.plan.runs_per_level, self.file.ask.runs_per_world)
            again = self._respond(
                self.setting, fresh.arms.values(), outcomes, self.plan.runs_per_level, "reversals checked", first
            )
            for (one, line), t in zip(lines, turns, strict=True):
                effect = again.change(*self._moved(fresh, one.package, line, t), one.outcome).mean(0)
                checked.append((t, *clusters.mean_interval(effect, self.number)))
        return lines, moved, checked

    def _directions(self, one: _Question, curves: Mapping[tuple[str, str, str], Crossing]) -> list[Direction]:
        names = [name for name in one.candidates if CATALOGUE[name].switch is None]
        if not names or not np.isfinite(one.effect) or one.effect == 0.0:
            return []
        z = np.stack([beliefs.scores(CATALOGUE[name], self.setting.worlds.column(name)) for name in names], 1)
        slopes = np.array(
            [self._slope(name, z[:, k], curves[one.package, one.outcome, name]) for k, name in enumerate(names)]
        )
        if len(z) < 2:
            return []
        return directions(one.effect, names, slopes, np.atleast_2d(np.cov(z.T)), self.plan.few)

    def _slope(self, name: str, z: FloatArray, curve: Crossing) -> float:
        """The change of the mean effect per normal score, half a score either way, from the curve of the imposed belief."""
        up, down = (
            np.interp(beliefs.values(CATALOGUE[name], z + by), curve.levels, curve.mean).mean() for by in (0.5, -0.5)
        )
        return float(up - down)

    def _moved(self, arms: _Arms, package: str, line: Direction, t: float) -> tuple[str, str]:
        """The two arms where beliefs are moved along a direction by a distance."""
        changed = {}
        for name, step in zip(line.beliefs, line.step, strict=True):
            p = CATALOGUE[name]
            z = beliefs.scores(p, self.setting.worlds.column(name))
            changed[name] = beliefs.values(p, z + t * step)
        words = ", ".join(f"{name} {t * step!r}" for name, step in zip(line.beliefs, line.step.tolist(), strict=True))
        return arms.ask(package, f"moved by {words}", changed)


def candidates(screens: Mapping[str, Screen], most: int, named: list[str]) -> list[str]:
    """Beliefs that carry an effect more than chance would in either ensemble, the strongest first; then those named."""
    strength: dict[str, float] = {}
    for found in screens.values():
        for row in found.table[found.table["p"] <= CHANCE].itertuples():
            strength[row.belief] = max(strength.get(row.belief, 0.0), row.share)
    chosen = sorted(strength, key=lambda name: -strength[name])[:most]
    return list(dict.fromkeys([*chosen, *named]))


def pair_of(screens: Mapping[str, Screen], found: list[str]) -> tuple[str, str, str] | None:
    """The pair that decides most, a coefficient last, and why: an interaction more than chance, or the two strongest."""
    rows = [
        (abs(row.correlation), row.first, row.second)
        for one in screens.values()
        for row in one.pairs[one.pairs["p"] <= CHANCE].itertuples()
    ]
    if rows:
        _, a, b = max(rows)
        why = "interaction"
    elif len(found) > 1:
        a, b, why = found[0], found[1], "the two strongest"
    else:
        return None
    return (b, a, why) if b in SWITCH_NAMES else (a, b, why)


__all__ = ["Thresholds", "candidates", "pair_of", "thresholds"]

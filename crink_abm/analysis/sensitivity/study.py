"""The sensitivity study of an experiment file: what the levels of outcomes, and the effects of policies, hang on.

All parameters and switches, and the levers that no package moves, are screened; the ones that matter go through Saltelli
designs, with all others drawn along as one group; the base sample doubles until the ranks of the important ones are settled.
The Sobol part is over the prior, where beliefs are independent; the Shapley effects are over the file's ensemble.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from ...estimation.measures import measures
from ...model import levers
from ...model.parameters import checked
from ...typing import FloatArray, PathLike
from ...util.errors import InputError, nearest
from ...util.schema import Strict, Whole
from ..kept import Kept, keeping
from ..questions import AnswerFile, arms_of, judge, read, setting_of
from ..responses import Arm, Setting, respond
from . import indices, rows, screening
from .shapley import MOST, shapley

#: The group of all factors that were screened out.
REST = "all others"
#: Numbers of blocks (and so of runs) of the Saltelli design begin here, behind those of the screening.
_SOBOL_BLOCKS = 1_000_000


class SensitivityTable(Strict):
    """``[sensitivity]``: which levers are varied, and the sizes of the screening, the designs and the Shapley effects.

    Attributes
    ----------
    levers : varied besides all parameters and switches: ``others`` (those that no package moves), ``none``, or a list
    trajectories : of the Morris screening
    screened : factors that go on to the Saltelli design
    base, most_base : base points of the design, at first and at most; powers of two
    runs : of each row and policy; a multiple of 128
    least : total index from which on a factor is important
    tie : difference of total indices within which two factors are equal
    shapley : beliefs among which the ensemble's variance is divided
    """

    levers: Literal["others", "none"] | Annotated[list[str], Field(min_length=1)] = "others"
    trajectories: Annotated[Whole, Field(ge=2, le=10_000)] = 8
    screened: Annotated[Whole, Field(ge=1, le=50)] = 10
    base: Annotated[Whole, Field(ge=16, le=65_536)] = 64
    most_base: Annotated[Whole, Field(ge=16, le=65_536)] = 128
    runs: Annotated[Whole, Field(ge=128, le=1_000_000)] = 128
    least: Annotated[float, Field(gt=0, lt=1)] = 0.05
    tie: Annotated[float, Field(gt=0, lt=1)] = 0.05
    shapley: Annotated[Whole, Field(ge=1, le=MOST)] = 6


class SensitivityFile(AnswerFile):
    """An experiment file with a ``[sensitivity]`` table."""

    sensitivity: SensitivityTable = SensitivityTable()

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
        (
            "sensitivity",
        ): "is a table with levers, trajectories, screened, base, most_base, runs, least, tie and shapley",
        ("sensitivity", "levers"): "is 'others', 'none', or a list of levers",
        ("sensitivity", "levers", "#"): "is the name of a lever",
        ("sensitivity", "trajectories"): "is a whole number from 2 to 10,000",
        ("sensitivity", "screened"): "is a whole number from 1 to 50",
        ("sensitivity", "base"): "is a power of two from 16 to 65,536",
        ("sensitivity", "most_base"): "is a power of two from 16 to 65,536",
        ("sensitivity", "runs"): "is a multiple of 128, at most 1,000,000",
        ("sensitivity", "least"): "is a number between 0 and 1",
        ("sensitivity", "tie"): "is a number between 0 and 1",
        ("sensitivity", "shapley"): "is a whole number from 1 to 10",
    }


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What was found. ``policy`` is the baseline for a level, or the package whose effect is meant.

    Attributes
    ----------
    screening : a row a policy, outcome and factor: mean, square, square_error, rms, mu_star (of Morris effects), goes_on
    indices : a row a policy, outcome and retained factor: first and total with simultaneous 95 % intervals; plain_first and
        plain_total (SALib's estimator on the same rows, noise and all); settled (its rank among the important ones); standing
    pairs : a row a policy, outcome and pair: second order index with its interval
    shapley : a row a policy, outcome and belief
    questions : a row a policy and outcome: mean, sd (between worlds, noise taken out), noise_sd, n_blocks, n_failed, unsettled
    report : words and counts on the whole
    """

    screening: pd.DataFrame
    indices: pd.DataFrame
    pairs: pd.DataFrame
    shapley: pd.DataFrame
    questions: pd.DataFrame
    report: dict[str, Any]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        names = (
            "screening", "indices", "pairs", "shapley", "questions",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def top(self, effects: bool, n: int = 10) -> pd.DataFrame:
        """The factors that matter most for levels or for effects: by the mean over questions of the total index."""
        part = self.indices[
            (self.indices["kind"] == ("effect" if effects else "level")) & (self.indices["factor"] != REST)
        ]
        part = part.dropna(subset=["total"])
        grouped = part.groupby("factor", sort=False)
        found = grouped.agg(
            total=("total", "mean"), largest=("total", "max"), standing=("standing", "first"), source=("source", "first"),
            meaning=("meaning", "first"), clear=("clear", "sum"), questions=("total", "size"),
        )  # fmt: skip
        return found.sort_values("total", ascending=False).head(n).reset_index()


def plan(experiment: SensitivityFile) -> list[rows.Factor]:
    """What is varied, judged before anything is run.

    Raises
    ------
    InputError
        If the file asks for what cannot be done.
    """
    judge(experiment)
    table = experiment.sensitivity
    for name in ("base", "most_base"):
        if (n := getattr(table, name)) & (n - 1):
            raise InputError(f"[sensitivity] {name} is a power of two, as Sobol sequences are; {n:,} was given")
    if table.most_base < table.base:
        raise InputError(f"[sensitivity] most_base is at least base, {table.base}; {table.most_base} was given")
    if table.runs % rows.STEP:
        raise InputError(f"[sensitivity] runs is a multiple of {rows.STEP}; {table.runs} was given")
    rows.plain_measures(measures(experiment.ask.outcomes))
    moved = {name for package in experiment.packages.values() for name in package}
    if table.levers == "none":
        return rows.factors_of([])
    if table.levers == "others":
        return rows.factors_of([name for name in levers.LEVERS if name not in moved])
    for name in table.levers:
        if name not in levers.LEVERS:
            raise InputError(f"[sensitivity] levers: no lever is named {name!r}{nearest(name, levers.LEVERS)}")
        if name in moved:
            raise InputError(
                f'[sensitivity] levers: {name} is moved by a package, whose effect it is; leave it out, or take levers = "others"'
            )
    return rows.factors_of(list(dict.fromkeys(table.levers)))


def sensitivity(
    experiment: PathLike | Mapping[str, Any] | SensitivityFile,
    *,
    out: PathLike | None = None,
    progress: Callable[..., object] | None = None,
) -> Sensitivity:
    """What outcomes, and the effects of policies on them, are sensitive to.

    Parameters
    ----------
    experiment : a file with ``[packages]``, ``[ask]`` and ``[sensitivity]``, or one that was read
    out : folder where finished pieces are kept, and tables written; a command that was killed takes up there
    progress : called with pieces done, all, and a stage's name

    Returns
    -------
    Sensitivity
        Indices are shares of the variance, between worlds, of what is expected in a world.

    Raises
    ------
    InputError
        If the file cannot be taken, or too many runs fail.

    References
    ----------
    Morris 1991; Saltelli et al. 2010; Owen 2014; Williamson and Feng 2020.

    Examples
    --------
    >>> from crink_abm.analysis.sensitivity.study import SensitivityFile
    >>> small = SensitivityFile.model_validate({
    ...     "experiment": {"name": "x", "seed": 1, "months": 12}, "packages": {"more": {"usfk_posture": 0.9}},
    ...     "worlds": {"ensemble": "defaults"}, "ask": {"outcomes": ["korea_attack"], "runs_per_world": 2},
    ...     "sensitivity": {"levers": "none", "trajectories": 2, "screened": 1, "base": 16, "most_base": 16, "shapley": 1}})
    >>> sorted(sensitivity(small).indices["policy"].unique())
    ['baseline', 'more']
    """
    file = read(experiment, SensitivityFile)
    plan(file)
    with keeping(out, "sensitivity") as kept:
        found = _study(file, kept, progress)
        if kept:
            kept.finish(**found.tables)
    return found


def _study(experiment: SensitivityFile, kept: Kept | None, progress: Callable[..., object] | None) -> Sensitivity:
    table, factors = experiment.sensitivity, plan(experiment)
    setting, arms, asked = setting_of(experiment), arms_of(experiment), measures(experiment.ask.outcomes)
    held = set(experiment.parameters)
    factors = [f for f in factors if f.name not in held]
    questions = [(arm.name, one.name) for arm in arms for one in asked]

    def told(stage: str) -> Callable[[int, int], object] | None:
        def tell(done: int, total: int) -> None:
            if progress and done == 1:
                progress(0, total, stage)  # a stage begins anew
            if progress:
                progress(done, total, stage)

        return tell if progress else None

    unit = screening.trajectories(len(factors), table.trajectories, setting.seed)
    fixed = {name: checked(experiment.parameters)[name] for name in held}
    design = rows.Design(unit, tuple(factors))
    made = rows.run_rows(
        design, setting, arms, asked, runs=table.runs, kept=kept, progress=told("screening"), fixed=fixed
    )
    names = [f.name for f in factors]
    whole = ~made.failed
    tables = [screening.screened(unit[whole], values[whole], names) for values in _values(made.means)]
    chosen = screening.chosen(tables, table.screened)
    screen = pd.concat(
        [one.assign(policy=policy, outcome=outcome, goes_on=one["factor"].isin(chosen))
         for one, (policy, outcome) in zip(tables, questions, strict=True)], ignore_index=True
    )  # fmt: skip
    groups = [*chosen, REST] if len(chosen) < len(names) else chosen
    n_runs, n_failed, base = made.n_runs, int(made.failed.sum()), table.base
    means, failed = np.empty((len(arms), len(asked), 0, 2 * len(groups) + 2, 2)), np.zeros(0, bool)
    while True:
        new = saltelli(names, chosen, base, setting.seed)[len(failed) :]
        made = rows.run_rows(
            rows.Design(new, tuple(factors)), setting, arms, asked, runs=table.runs, first_block=_SOBOL_BLOCKS + len(failed),
            kept=kept, progress=told(f"design of {base}"), fixed=fixed,
        )  # fmt: skip
        means, failed = np.concatenate([means, made.means], 2), np.concatenate([failed, made.failed])
        n_runs += made.n_runs
        found = [indices.sobol(values[~failed], groups, seed=setting.seed) for values in _values(means)]
        open_ = [
            indices.unsettled(one, [k for k in indices.important(one, table.least) if groups[k] != REST], table.tie)
            for one in found
        ]
        if not any(open_) or 2 * base > table.most_base:
            break
        base *= 2
    kinds = {f.name: f for f in factors}
    shares, ensemble_runs = _shapley(experiment, setting, arms, asked, tables, names, kinds, kept, told("ensemble"))
    indexed, pairs, said = [], [], []
    for (policy, outcome), one, pending, values in zip(questions, found, open_, _values(means), strict=True):
        plain = indices.plain(values[~failed], groups)
        doubtful = {groups[k] for pair in pending for k in pair}
        frame = one.table().assign(plain_first=plain[:, 0], plain_total=plain[:, 1])
        frame["settled"] = ~frame["factor"].isin(doubtful)
        frame["clear"] = frame["total_low"] > 0.0
        frame["n_blocks"] = one.n_blocks
        indexed.append(_of(frame, policy, outcome))
        left, right = np.triu_indices(len(groups), 1)
        both = pd.DataFrame(one.second[left, right], columns=["second", "low", "high"])
        both.insert(0, "other", [groups[k] for k in right])
        both.insert(0, "factor", [groups[k] for k in left])
        pairs.append(_of(both, policy, outcome))
        words = "; ".join(f"{groups[a]} or {groups[b]}" for a, b in pending)
        said.append({"policy": policy, "outcome": outcome, "mean": float(values[~failed].mean()),
                     "sd": float(np.sqrt(max(one.variance, 0.0))), "noise_sd": float(np.sqrt(one.noise)),
                     "n_blocks": one.n_blocks, "n_failed": int(failed.sum()), "unsettled": words,
                     "answered": one.answered})  # fmt: skip
    every = pd.concat(indexed, ignore_index=True)
    for column in ("standing", "source", "meaning"):
        every[column] = [getattr(kinds[name], column) if name in kinds else "" for name in every["factor"]]
    report = {
        "n_factors": len(factors), "retained": chosen, "base": base, "rows": 2 * len(groups) + 2, "runs_per_row": table.runs,
        "n_runs": n_runs + ensemble_runs, "trajectories": int(whole.sum()), "failed_trajectories": n_failed,
        "failed_blocks": int(failed.sum()), "first_failure": made.first_failure, "held": sorted(held),
        "ensemble": setting.worlds.origin, "seed": setting.seed,
        "standing": pd.Series([f.standing for f in factors]).value_counts().to_dict(),
    }  # fmt: skip
    return Sensitivity(_front(screen), every, pd.concat(pairs, ignore_index=True), shares, pd.DataFrame(said), report)


def _values(means: FloatArray) -> list[FloatArray]:
    """Of each question the means (n_blocks, n_rows, 2): levels of the first policy, changes from it of the others."""
    return [
        means[k, j] - (means[0, j] if k else 0.0) for k in range(means.shape[0]) for j in range(means.shape[1])
    ]  # fmt: skip


def _of(frame: pd.DataFrame, policy: str, outcome: str) -> pd.DataFrame:
    frame.insert(0, "kind", "level" if policy == "baseline" else "effect")
    frame.insert(0, "outcome", outcome)
    frame.insert(0, "policy", policy)
    return frame


def _front(frame: pd.DataFrame) -> pd.DataFrame:
    first = ["policy", "outcome", "factor"]
    return frame[first + [name for name in frame if name not in first]]


def saltelli(names: Sequence[str], chosen: Sequence[str], base: int, seed: int) -> FloatArray:
    """SALib's Saltelli design over the chosen factors and the group of all others: array (base, 2 n_groups + 2, n_factors).

    The first rows of a longer design are those of a shorter one with the same seed.
    """
    from SALib.sample import sobol as sample

    kept = set(chosen)
    labels = [name if name in kept else REST for name in names]
    problem = {
        "num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names),
        "groups": labels,
    }  # fmt: skip
    made = sample.sample(problem, base, calc_second_order=True, scramble=True, seed=seed)
    order = list(dict.fromkeys(labels))
    n = len(order)
    table = made.reshape(base, 2 * n + 2, len(names))
    wanted = [*chosen, *([REST] if len(kept) < len(names) else [])]
    places = [order.index(name) for name in wanted]
    columns = [0, *(1 + k for k in places), *(1 + n + k for k in places), 2 * n + 1]
    arranged: FloatArray = table[:, columns]
    return arranged


def _shapley(
    experiment: SensitivityFile, setting: Setting, arms: Sequence[Arm], asked: Sequence[Any], tables: Sequence[pd.DataFrame],
    names: Sequence[str], kinds: dict[str, rows.Factor], kept: Kept | None, progress: Callable[[int, int], object] | None,
) -> tuple[pd.DataFrame, int]:  # fmt: skip
    """Shapley effects of the beliefs that screening puts first, in the ensemble; and the runs they took."""
    n_runs = experiment.ask.runs_per_world
    made = respond(setting, arms, asked, rounds=n_runs, kept=kept, progress=progress)
    beliefs = {name for name in names if kinds[name].kind != "lever" and np.ptp(setting.worlds.column(name)) > 0}
    found = []
    if not beliefs:  # one world, or worlds that are all the same
        return pd.DataFrame(
            columns=[
                "policy",
                "outcome",
                "kind",
                "factor",
                "shapley",
                "low",
                "high",
                "explained",
                "n_different",
                "standing",
            ]
        ), n_runs * len(arms) * len(setting.worlds)
    places = [(arm, one) for arm in arms for one in asked]
    for table, (arm, one) in zip(tables, places, strict=True):
        ranked = table[table["factor"].isin(beliefs)].sort_values("square", ascending=False, kind="stable")
        chosen = ranked["factor"].head(experiment.sensitivity.shapley).tolist()
        halves = made.level(0, one.name) if arm is arms[0] else made.change(arm.name, arms[0].name, one.name)
        columns = np.column_stack([setting.worlds.column(name) for name in chosen])
        frame = shapley(
            halves,
            columns,
            chosen,
            [kinds[name].kind == "switch" for name in chosen],
            setting.worlds.number,
            seed=setting.seed,
        )
        frame["standing"] = [kinds[name].standing for name in chosen]
        found.append(_of(frame, arm.name, one.name))
    return pd.concat(found, ignore_index=True), n_runs * len(arms) * len(setting.worlds)


__all__ = ["REST", "Sensitivity", "SensitivityFile", "SensitivityTable", "plan", "saltelli", "sensitivity"]

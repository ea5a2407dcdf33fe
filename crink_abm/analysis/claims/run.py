"""Claims run: the estimand, the counter-claim's, the ablation, the deciding constant's scan, and what is made of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...ensemble.build import make_worlds
from ...ensemble.worlds import Worlds
from ...experiment.design import baseline
from ...model import arguments
from ...model.mechanisms import MECHANISMS
from ...model.parameters import CATALOGUE, SWITCHES
from ...typing import FloatArray, PathLike
from ...util.errors import InputError
from ..kept import Kept, keeping
from ..responses import Arm, Setting
from . import estimands, spec
from .evidence import crossing, interval, noise, opposed, seen
from .pool import Pool
from .spec import ClaimFile, Estimand
from .verdicts import Evidence, Interval, because, verdict

#: Where the claims of the article stand.
FOLDER = "experiments/claims"
#: Different worlds of a switch's level below which nothing is said of it.
LEAST_WORLDS = 8


@dataclass(frozen=True)
class Size:
    """Another size than the files': for a first look, and for tests; None leaves what the files say."""

    worlds: int | None = None
    runs_per_world: int | None = None
    months: int | None = None
    seed: int | None = None


def setting_of(file: ClaimFile, size: Size, made: dict[str, Worlds]) -> Setting:
    """The setting of a claim's file; worlds that are made once are shared."""
    head, table = file.experiment, file.worlds
    if size.worlds is not None:
        table = table.model_copy(update={"size": size.worlds})
    key = table.model_dump_json() + repr(sorted(file.parameters.items()))
    worlds = made.setdefault(key, make_worlds(table, file.parameters)) if key not in made else made[key]
    seed = head.seed if size.seed is None else size.seed
    return Setting(worlds, size.months or head.months, head.start, seed, baseline(file), file.drivers)


@dataclass(frozen=True, eq=False)
class _Part:
    """One way of running an estimand: the arms by name, and the keys of their runs."""

    estimand: Estimand
    arms: dict[str, Arm]
    keys: dict[str, str]
    months: int

    def estimate(self, pool: Pool) -> FloatArray:
        found = pool.found(self.keys, self.estimand.measures)
        return estimands.by_world(self.estimand, found, self.arms, self.months) - self.estimand.against

    def runs(self, pool: Pool) -> float:
        return seen(pool.found(self.keys, self.estimand.measures), self.keys, self.estimand.measure)


#: What changes every arm of a claim: parameters that are imposed, by name.
Changes = Mapping[str, Any]


def part(
    pool: Pool, file: ClaimFile, setting: Setting, estimand: Estimand, changes: Changes, rules: Any = None
) -> _Part:
    """Ask the pool for the arms of an estimand, with parameters imposed in all of them."""
    arms = {name: replace(file.arm(name, dict(changes)), rules=rules) for name in estimand.arms}
    keys = {name: pool.ask(setting, arm, estimand.measures) for name, arm in arms.items()}
    return _Part(estimand, arms, keys, setting.months)


@dataclass(frozen=True, eq=False)
class Claims:
    """What became of claims.

    Attributes
    ----------
    table : a row a claim: id, says, estimand, estimate, low, high, noise (the standard error from noise alone), structure_low and
        structure_high (the range of its means over structural switches), expected, margin, verdict, because, opposed,
        clear worlds; the counter-claim's estimate, low, high and verdict; ablated estimate, low, high; constant, its range,
        source and threshold; worlds, different worlds, runs per world, months, seed
    scan : a row a claim and value of its deciding constant: value, place (neutral, low, high), estimate, low, high, state
        (whether the claim holds or fails there, or is open)
    switches : a row a claim, switch and level: estimate, low, high, worlds
    files : the claims' files, by number
    n_arms : arms that were run in all
    """

    table: pd.DataFrame
    scan: pd.DataFrame
    switches: pd.DataFrame
    files: dict[str, ClaimFile]
    n_arms: int

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {"claims": self.table, "claims_scan": self.scan, "claims_switches": self.switches}


def claims(
    ids: Sequence[str] = (), *, folder: PathLike = FOLDER, size: Size | None = None, out: PathLike | None = None,
    thresholds: pd.DataFrame | None = None, progress: Callable[[int, int], object] | None = None,
) -> Claims:  # fmt: skip
    """Run claims against their counter-claims, without their mechanisms, and over their deciding constants.

    Parameters
    ----------
    ids : numbers of claims, such as ``["C01", "C19"]``; all if none
    folder : where their files stand
    size : another size than the files'
    out : folder for tables; a study that was killed is taken up there
    thresholds : the table of a study of thresholds (package, outcome, belief, threshold, low, high), if there is one
    progress : called with the arms done and those in all

    Returns
    -------
    Claims

    Raises
    ------
    InputError
        If there is no such claim, or its file cannot be taken.

    Examples
    --------
    >>> from pathlib import Path
    >>> import crink_abm
    >>> from crink_abm.analysis.claims.run import Size
    >>> folder = Path(crink_abm.__file__).parents[1] / "experiments" / "claims"
    >>> found = crink_abm.claims(["C10"], folder=folder, size=Size(worlds=10, runs_per_world=4, months=24))
    >>> found.table["claim"].tolist()
    ['C10']
    """
    arguments.environment()
    ids = arguments.several("claims", [ids] if isinstance(ids, str) else ids, 0)
    size = size or Size()
    files = {file.id: file for file in spec.read_all(folder, ids)}
    made: dict[str, Worlds] = {}
    pools: dict[int, Pool] = {}
    plans = {}
    for name, file in files.items():
        rounds = size.runs_per_world or file.ask.runs_per_world
        pool = pools.setdefault(rounds, Pool(rounds))
        setting = setting_of(file, size, made)
        plans[name] = (pool, setting, _plan(pool, file, setting))
    n_arms = sum(map(len, pools.values()))
    with keeping(out, "claims") as kept:
        _run(list(pools.values()), kept, n_arms, progress)
        found = _found(files, plans, thresholds, n_arms)
        if kept:
            kept.finish(**found.tables)
    return found


def _run(pools: list[Pool], kept: Kept | None, n_arms: int, progress: Callable[[int, int], object] | None) -> None:
    before = 0
    for pool in pools:

        def shown(done: int, _: int, before: int = before) -> None:
            if progress:
                progress(before + done, n_arms)

        pool.run(kept, shown)
        before += len(pool)


def _found(
    files: dict[str, ClaimFile], plans: Mapping[str, tuple[Pool, Setting, Any]], thresholds: pd.DataFrame | None, n_arms: int
) -> Claims:  # fmt: skip
    rows, scans, levels = [], [], []
    for name, (pool, setting, plan) in plans.items():
        row, scan, level = _judged(files[name], pool, setting, plan)
        rows.append(row)
        scans += scan
        levels += level
    switches = pd.DataFrame(levels, columns=["claim", "switch", "level", "estimate", "low", "high", "n_worlds"])
    scan = pd.DataFrame(scans, columns=["claim", "constant", "place", "value", "estimate", "low", "high", "state"])
    return Claims(with_thresholds(pd.DataFrame(rows), thresholds), scan, switches, files, n_arms)


def _plan(pool: Pool, file: ClaimFile, setting: Setting) -> dict[str, _Part]:
    """All ways in which a claim is run, by name; those that come to the same runs share them."""
    claim, constant = file.claim, CATALOGUE[file.claim.decides]
    ways: dict[str, Changes] = {
        "clean": {},
        "low": {constant.name: constant.low},
        "high": {constant.name: constant.high},
    }
    if neutral := file.neutral():
        ways["ablated"] = neutral
    off = neutral_value(constant.name)
    if off is not None:
        ways["neutral"] = {constant.name: off}
    plan = {way: part(pool, file, setting, claim.estimand, changes) for way, changes in ways.items()}
    plan["counter"] = part(pool, file, setting, claim.counter, {})
    return plan


def with_thresholds(table: pd.DataFrame, thresholds: pd.DataFrame | None) -> pd.DataFrame:
    """Claims with what a study of thresholds found for their constant and measure, the first policy of those that it studied.

    Columns that are added: studied (the policy; empty where there is none), studied_threshold, studied_low, studied_high.

    Raises
    ------
    InputError
        If the table of thresholds lacks a column.
    """
    wanted = ["package", "outcome", "belief", "threshold", "low", "high"]
    given = pd.DataFrame(columns=wanted) if thresholds is None else thresholds
    if lacking := [name for name in wanted if name not in given]:
        raise InputError(f"a table of thresholds has the columns {', '.join(wanted)}; {', '.join(lacking)} is missing")
    found = given.dropna(subset=["threshold"]).drop_duplicates(["outcome", "belief"]).set_index(["outcome", "belief"])
    rows: list[tuple[Any, ...]] = []
    for measure, constant in zip(table["measure"], table["constant"], strict=True):
        if (measure, constant) in found.index:
            one = found.loc[(measure, constant)]
            rows.append((one["package"], one["threshold"], one["low"], one["high"]))
        else:
            rows.append(("", np.nan, np.nan, np.nan))
    names = ["studied", "studied_threshold", "studied_low", "studied_high"]
    return table.join(pd.DataFrame(rows, columns=names, index=table.index))


def neutral_value(constant: str) -> float | None:
    """The value at which a constant does nothing; None if there is none."""
    for one in MECHANISMS.values():
        if constant in one.neutral:
            return float(one.neutral[constant])
    return None


def _judged(
    file: ClaimFile, pool: Pool, setting: Setting, plan: dict[str, _Part]
) -> tuple[dict[str, Any], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    claim, number, worlds = file.claim, setting.worlds.number, setting.worlds
    by_world = {way: one.estimate(pool) for way, one in plan.items()}
    runs = {way: one.runs(pool) for way, one in plan.items()}
    means = {way: interval(estimate, number, runs=runs[way]) for way, estimate in by_world.items()}
    against, n_clear = opposed(by_world["clean"], claim.estimand.expected)
    switches, levels = {}, []
    for switch in SWITCHES:
        column = worlds.column(switch.name)
        for level in switch.levels:
            among = column == float(level)
            if among.any() and len(np.unique(number[among])) >= LEAST_WORLDS:
                here = interval(by_world["clean"], number, among, runs=runs["clean"])
                switches[switch.name, level.name.lower()] = here
                levels.append(
                    (file.id, switch.name, level.name.lower(), *_shown(claim.estimand, here), int(among.sum()))
                )
    constant = CATALOGUE[claim.decides]
    at = {"low": constant.low, "high": constant.high, "neutral": neutral_value(constant.name)}
    evidence = Evidence(
        claim.estimand.expected, claim.estimand.margin, means["clean"], against, switches, means.get("ablated"),
        (means["low"], means["high"]), constant.source != "assumed",
    )  # fmt: skip
    scan = [
        (file.id, constant.name, way, float(at[way] or 0.0), *_shown(claim.estimand, means[way]), evidence.says(means[way]))
        for way in ("neutral", "low", "high") if way in means
    ]  # fmt: skip
    counter = Evidence(claim.counter.expected, claim.counter.margin, means["counter"])
    where = crossing([row[3] for row in scan], [row[4] - claim.estimand.against for row in scan])
    row = {
        "claim": file.id, "says": claim.says, "estimand": claim.estimand.words, "measure": claim.estimand.measure,
        "kind": claim.estimand.kind, "expected": claim.estimand.expected, "against": claim.estimand.against,
        "margin": claim.estimand.margin, **_named("", claim.estimand, means["clean"]),
        "noise": noise(by_world["clean"]), **_structural(claim.estimand, switches),
        "verdict": verdict(evidence), "because": because(evidence), "opposed": against, "n_clear": n_clear,
        "counter_says": claim.counter_says, "counter_estimand": claim.counter.words, "counter_expected": claim.counter.expected,
        "counter_against": claim.counter.against, "counter_margin": claim.counter.margin,
        **_named("counter_", claim.counter, means["counter"]), "counter_state": counter.says(means["counter"]),
        "mechanisms": ", ".join(claim.mechanisms), **_named("ablated_", claim.estimand, means.get("ablated")),
        "ablated_state": evidence.says(evidence.ablated) if evidence.ablated else "", "stays": evidence.stays,
        "constant": constant.name, "constant_low": constant.low, "constant_high": constant.high,
        "source": constant.source, "threshold": np.nan if where is None else where,
        "threshold_inside": where is not None and constant.low <= where <= constant.high,
        "n_worlds": len(worlds), "n_different": len(np.unique(number)), "runs_per_world": pool.rounds,
        "months": setting.months, "seed": setting.seed,
    }  # fmt: skip
    return row, scan, levels


def _structural(estimand: Estimand, switches: Mapping[tuple[str, str], Interval]) -> dict[str, float]:
    """The range of the means over structural switches."""
    means = [one.mean + estimand.against for one in switches.values()] or [np.nan]
    return {"structure_low": min(means), "structure_high": max(means)}


def _shown(estimand: Estimand, of: Interval) -> tuple[float, float, float]:
    """An interval as it is shown: of the estimate itself."""
    return of.mean + estimand.against, of.low + estimand.against, of.high + estimand.against


def _named(prefix: str, estimand: Estimand, of: Interval | None) -> dict[str, float]:
    shown = (np.nan,) * 3 if of is None else _shown(estimand, of)
    return dict(zip((f"{prefix}estimate", f"{prefix}low", f"{prefix}high"), shown, strict=True))

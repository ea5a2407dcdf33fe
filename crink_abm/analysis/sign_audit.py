"""The sign audit: in which share of worlds does raising one lever lower, or raise, each outcome's risk?

An article's claim is a sign. Each world (a draw of the parameters and the
structural switches) is run at the baseline and with one lever raised, run by
run under the same random numbers; a world is *clear* if an exact McNemar test on its own
pairs says so at the 1 % level, else *noise*. How many are clear depends on the
number of runs; the split of the clear ones into those that lower and those that
raise hardly does, so signs are judged among them.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from ..engine import compiled
from ..ensemble.build import make_worlds
from ..estimation import clusters, intervals, significance
from ..experiment.design import baseline
from ..experiment.schema import MOST_AUDITED, Experiment
from ..model import levers, outcomes
from ..model.parameters import CATALOGUE, SWITCHES
from ..util import schema
from ..util.errors import InputError
from ..util.schema import Whole
from ..util.size import check_memory

#: Level at which a world's own pairs make its sign clear: one in two hundred worlds without effect on each side.
CLEAR_LEVEL = 0.01
#: Clear worlds below which a split of signs says nothing.
LEAST_CLEAR = 20
#: Runs of one policy at most: an audit holds what became of them in memory, ten bytes a run, twice.
MOST_RUNS = 10**8


class AuditTable(schema.Strict):
    """``[audit]``: which levers, raised by how much (up to 1), with how many runs a world."""

    levers: Literal["all"] | Annotated[list[str], Field(min_length=1)] = "all"
    step: Annotated[float, Field(gt=0, le=1)] = 0.3
    runs_per_world: Annotated[Whole, Field(ge=50, le=MOST_AUDITED)] = 4000


class AuditFile(Experiment):
    """An experiment file with an ``[audit]`` table."""

    audit: AuditTable

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
        ("audit",): "is a table with levers, step and runs_per_world",
        ("audit", "levers"): "is 'all', or a list of levers",
        ("audit", "levers", "#"): "is the name of a lever",
        ("audit", "step"): "is a number above 0, at most 1",
        ("audit", "runs_per_world"): f"is a whole number from 50 to {MOST_AUDITED:,}",
    }


class Audit:
    """The audit's findings.

    Attributes
    ----------
    table : DataFrame, a row a lever and outcome: share_lowers, share_raises, share_noise of the worlds;
        lowers_of_clear, the share of the clear worlds in which it lowers, with its Jeffreys interval (worlds as the
        sample) and half_lowers_of_clear, the same from half the runs; the mean difference over worlds with its
        interval (worlds as the sample); n_worlds, n_different (a world that stands there more than once is one
        observation), n_clear, runs_per_world
    worlds : DataFrame, a row a world and lever: its switches, its differences by outcome, and their clear signs (0: noise)
    report : the screen's report
    """

    table: pd.DataFrame
    worlds: pd.DataFrame
    report: dict[str, Any] | None

    def __init__(self, table: pd.DataFrame, worlds: pd.DataFrame, report: dict[str, Any] | None) -> None:
        self.table, self.worlds, self.report = table, worlds, report

    def one_signed(self, outcome: str = "any_failure", share: float = 0.95) -> list[str]:
        """Levers whose effect on an outcome has one sign in more than ``share`` of the clear worlds.

        Of fewer than ``LEAST_CLEAR`` clear worlds nothing is said.
        """
        rows = self.table[(self.table["outcome"] == outcome) & (self.table["n_clear"] >= LEAST_CLEAR)]
        larger = np.maximum(rows["lowers_of_clear"], 1.0 - rows["lowers_of_clear"])
        return rows.loc[larger > share, "lever"].tolist()

    def by_switch(self, switch: str, outcome: str = "any_failure") -> pd.DataFrame:
        """Shares of worlds in which each lever lowers and raises an outcome, by the level of one structural switch."""
        rows = []
        levels = CATALOGUE[switch].switch
        assert levels is not None
        for (lever, level), group in self.worlds.groupby(["lever", switch], sort=False):
            sign = group[f"{outcome}_sign"]
            rows.append((lever, levels(level).name.lower(), (sign < 0).mean(), (sign > 0).mean(), len(group)))
        return pd.DataFrame(rows, columns=["lever", "level", "share_lowers", "share_raises", "n_worlds"])


def judge(experiment: AuditFile) -> list[str]:
    """The levers of an audit, in its order.

    Raises
    ------
    InputError
        If there is no such lever, one stands at 1 already, or the runs of a world are given where they mean nothing.
    """
    if experiment.worlds.runs_per_world is not None:
        raise InputError("[worlds] runs_per_world is for sweeps; an audit has its own, [audit] runs_per_world")
    said, base = experiment.audit.levers, baseline(experiment)
    chosen = list(levers.LEVERS) if said == "all" else list(dict.fromkeys(said))
    levers.checked(dict.fromkeys(chosen, 0.0))
    for name in chosen:
        if isinstance(base[name], dict) or base[name] >= 1.0:
            raise InputError(f"the audit raises {name} from its baseline; {base[name]!r} leaves no room")
    return chosen


def run(experiment: AuditFile, progress: Callable[..., object] | None = None) -> Audit:
    """Raise one lever at a time in every world.

    Raises
    ------
    InputError
        As of :func:`judge`.
    """
    plan, head = experiment.audit, experiment.experiment
    chosen = judge(experiment)
    ensemble = make_worlds(experiment.worlds, experiment.parameters)
    base_policy = baseline(experiment)
    n_worlds, per_world, same = len(ensemble), plan.runs_per_world, clusters.worlds_of(ensemble.values)
    need = 3 * per_world * n_worlds * len(outcomes.OUTCOMES)
    check_memory(need, f"[audit] runs_per_world = {per_world:,} in {n_worlds:,} worlds")

    def events(policy: Mapping[str, Any]) -> np.ndarray:
        total = np.zeros((per_world, n_worlds, len(outcomes.OUTCOMES)), bool)
        calendar = levers.calendar(policy, head.months, head.start, experiment.drivers)
        for _, first, results in compiled.run_worlds(
            [calendar], ensemble.values, ensemble.of_runs, per_world * n_worlds, seed=head.seed, rounds=n_worlds
        ):
            came = ensemble.by_row(outcomes.months(results) >= 0)
            total[first // n_worlds :][: len(came)] = came
        return total

    if n_worlds * per_world > MOST_RUNS:
        raise InputError(
            f"{n_worlds:,} worlds x {per_world:,} runs = {n_worlds * per_world:,} runs a lever, where {MOST_RUNS:,} are the "
            "most; give fewer [audit] runs_per_world, or [worlds] size"
        )
    base = events(base_policy)
    rows, per = [], []
    switches = {p.name: ensemble.column(p.name).astype(int) for p in SWITCHES}
    for done, name in enumerate(chosen):
        start = base_policy[name]
        raised = min(1.0, start + plan.step)
        there = events({**base_policy, name: raised})
        diff, sign = _signs(there, base)
        half = _signs(there[: per_world // 2], base[: per_world // 2])[1]
        for k, outcome in enumerate(outcomes.OUTCOMES):
            rows.append((name, start, raised, outcome, *_split(sign[:, k], same), _split(half[:, k], same)[4],
                         *clusters.mean_interval(diff[:, k], same), n_worlds, same.max() + 1, per_world))  # fmt: skip
        frame = pd.DataFrame({"world": np.arange(n_worlds), "lever": name, **switches})
        for k, outcome in enumerate(outcomes.OUTCOMES):
            frame[outcome] = diff[:, k]
            frame[f"{outcome}_sign"] = sign[:, k]
        per.append(frame)
        if progress:
            progress(done + 1, len(chosen))
    columns = ["lever", "from", "to", "outcome", "share_lowers", "share_raises", "share_noise", "n_clear",
               "lowers_of_clear", "lowers_low", "lowers_high", "half_lowers_of_clear", "mean_diff", "low", "high",
               "n_worlds", "n_different", "runs_per_world"]  # fmt: skip
    return Audit(pd.DataFrame(rows, columns=columns), pd.concat(per, ignore_index=True), ensemble.report)


def _signs(there: np.ndarray, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Paired differences and their clear signs (0: noise), from events (runs, worlds, outcomes)."""
    up, down = (there & ~base).sum(0), (base & ~there).sum(0)
    clear = significance.mcnemar(up, down) < CLEAR_LEVEL
    diff = (up - down) / len(there)
    return diff, np.where(clear, np.sign(diff), 0.0)


def _split(sign: np.ndarray, world: np.ndarray) -> tuple[Any, ...]:
    """Shares of worlds that lower, raise, are noise; how many are clear, and of them the share that lowers, low, high.

    The interval counts copies of a world as one: so many clear worlds as they are worth.
    """
    clear = sign != 0
    lowers, n_clear = int((sign < 0).sum()), int(clear.sum())
    share = lowers / n_clear if n_clear else np.nan
    worth = clusters.effective(world[clear]) if n_clear else 0.0
    low, high = intervals.jeffreys(share * worth if n_clear else 0.0, worth)
    return (sign < 0).mean(), (sign > 0).mean(), (sign == 0).mean(), n_clear, share, float(low), float(high)

"""The sign audit: in which share of worlds does raising one lever lower, or raise, each outcome's risk?

An article's claim is a sign. Each world (a draw of the parameters and the
structural switches) is run at the baseline and with one lever raised, run by
run under the same luck; a world counts as *lowers* or *raises* if an exact
McNemar test on its own pairs says so at the 5 % level, else as *noise*. About
2.5 % of worlds without any effect fall on each side.
"""

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.stats import binom

from . import batch, design, estimate, levers, outcomes
from .errors import InputError
from .parameters import SWITCHES
from .sweep import make_worlds


class AuditTable(design._Strict):
    """``[audit]``: which levers, raised by how much (up to 1), with how many runs a world."""

    levers: Literal["all"] | list[str] = "all"
    step: Annotated[float, Field(gt=0, le=1)] = 0.3
    runs_per_world: Annotated[int, Field(ge=50)] = 2000


class AuditFile(design.Experiment):
    """An experiment file with an ``[audit]`` table."""

    audit: AuditTable = AuditTable()


class Audit:
    """The audit's findings.

    Attributes
    ----------
    table : DataFrame, a row a lever and outcome: share_lowers, share_raises, share_noise of the worlds, the mean
        difference over worlds with its interval (worlds as the sample), n_worlds, runs_per_world
    worlds : DataFrame, a row a world and lever: its switches and its differences
    report : the screen's report
    """

    def __init__(self, table, worlds, report):
        self.table, self.worlds, self.report = table, worlds, report

    def one_signed(self, outcome: str = "any_failure", share: float = 0.95) -> list[str]:
        """Levers whose effect on an outcome has one sign in more than ``share`` of worlds."""
        rows = self.table[self.table["outcome"] == outcome]
        return rows.loc[rows[["share_lowers", "share_raises"]].max(axis=1) > share, "lever"].tolist()

    def markdown(self) -> str:
        """The table of shares, lever by outcome, as Markdown: lowers / raises in per cent."""
        head = ["lever", "from → to", *outcomes.OUTCOMES]
        lines = ["| " + " | ".join(head) + " |", "| " + " | ".join(["---"] * len(head)) + " |"]
        for lever, rows in self.table.groupby("lever", sort=False):
            cells = {r.outcome: f"{100 * r.share_lowers:.0f} / {100 * r.share_raises:.0f}" for r in rows.itertuples()}
            first = rows.iloc[0]
            lines.append(f"| `{lever}` | {first['from']:g} → {first['to']:g} | " + " | ".join(cells[o] for o in outcomes.OUTCOMES) + " |")
        return "\n".join(lines)


def run(experiment: AuditFile, progress: Callable | None = None) -> Audit:
    """Raise one lever at a time in every world.

    Raises
    ------
    InputError
        If a lever stands at 1 already.
    """
    plan, head = experiment.audit, experiment.experiment
    ensemble = make_worlds(experiment.worlds, experiment.parameters)
    base_policy = design.baseline(experiment)
    chosen = list(levers.LEVERS) if plan.levers == "all" else plan.levers
    levers.checked({name: 0.0 for name in chosen})
    n_worlds, per_world = len(ensemble), plan.runs_per_world

    def events(policy):
        total = np.zeros((per_world, n_worlds, len(outcomes.OUTCOMES)), bool)
        calendar = levers.calendar(policy, head.months, head.start, experiment.drivers)
        for first, count in batch.chunks(per_world, max(1, 500_000 // n_worlds)):
            world_of = ensemble.of_runs(0, count * n_worlds)
            results = batch.run_many(
                calendar, ensemble.values, count * n_worlds, seed=head.seed, first_run=first * n_worlds, world_of=world_of
            )
            total[first : first + count] = (outcomes.months(results) >= 0).reshape(count, n_worlds, -1)
        return total

    base = events(base_policy)
    rows, per = [], []
    switches = {p.name: ensemble.column(p.name).astype(int) for p in SWITCHES}
    for done, name in enumerate(chosen):
        start = base_policy[name]
        if isinstance(start, dict) or start >= 1.0:
            raise InputError(f"the audit raises {name} from its baseline; {start!r} leaves no room")
        raised = min(1.0, start + plan.step)
        there = events({**base_policy, name: raised})
        up, down = (there & ~base).sum(0), (base & ~there).sum(0)
        smaller, n = np.minimum(up, down), up + down
        clear = (n > 0) & (2.0 * binom.cdf(smaller, np.maximum(n, 1), 0.5) < 0.05)
        diff = (up - down) / per_world
        for k, outcome in enumerate(outcomes.OUTCOMES):
            mean, low, high = estimate.mean_interval(diff[:, k].sum(), (diff[:, k] ** 2).sum(), n_worlds)
            lowers, raises = clear[:, k] & (diff[:, k] < 0), clear[:, k] & (diff[:, k] > 0)
            rows.append((name, start, raised, outcome, lowers.mean(), raises.mean(), 1.0 - clear[:, k].mean(),
                         float(mean), float(low), float(high), n_worlds, per_world))  # fmt: skip
        frame = pd.DataFrame({"world": np.arange(n_worlds), "lever": name, **switches})
        for k, outcome in enumerate(outcomes.OUTCOMES):
            frame[outcome] = diff[:, k]
        per.append(frame)
        if progress:
            progress(done + 1, len(chosen))
    columns = ["lever", "from", "to", "outcome", "share_lowers", "share_raises", "share_noise", "mean_diff", "low", "high",
               "n_worlds", "runs_per_world"]  # fmt: skip
    return Audit(pd.DataFrame(rows, columns=columns), pd.concat(per, ignore_index=True), ensemble.report)

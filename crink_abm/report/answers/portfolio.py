"""A portfolio study as sentences and as a Markdown page."""

from typing import Any

import numpy as np
import pandas as pd

from ...analysis.portfolio.robust import CRITERIA
from ...analysis.portfolio.study import Portfolio
from ...model.levers import LEVERS
from ...model.outcomes import OUTCOMES
from ...util.markdown import markdown_table


def _of(value: float, low: float, high: float, signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{100 * value:{sign}.2f} [{100 * low:{sign}.2f}, {100 * high:{sign}.2f}]"


def _unit(name: str) -> str:
    return "percentage points" if name in OUTCOMES else "wars per 100 runs"


def verdict(low: float, high: float, margin: float, above: str, below: str, between: str) -> str:
    """What an interval says against a margin: above it, below it, within it, or not settled."""
    if low > margin:
        return above
    if high < -margin:
        return below
    if -margin < low and high < margin:
        return between
    if low > 0:
        return f"{above} (the size against the margin is open)"
    if high < 0:
        return f"{below} (the size against the margin is open)"
    return "not settled"


def exchange(row: Any) -> str:
    """A break-even price in a sentence."""
    what = f"`{row.lever}` against `{row.other}` on {row.measure}, {row.currency}"
    basis = f"{row.n_worlds:,} worlds, {row.runs_per_world} runs each"
    if row.other_low <= 0 <= row.other_high:
        return f"{what}: no price is found, since the effect of `{row.other}` is not told from 0 ({basis})."
    if row.other_high < 0:
        if row.lowers_high < 0:
            return f"{what}: neither lowers it, so no price makes either a buy ({basis})."
        return f"{what}: `{row.other}` raises it; a price in it means nothing ({basis})."
    if row.lowers_high < 0:
        return f"{what}: `{row.lever}` raises it, so no price makes it as good a buy ({basis})."
    if row.kind != "interval":
        return f"{what}: the price is open at the 95 % level ({basis})."
    if row.factor <= 0:
        return (
            f"{what}: by the means `{row.lever}` raises it and no price makes it as good a buy; at the 95 % level "
            f"it would have to "
            f"cost at most {max(row.factor_high, 0.0):.2f} times what is declared ({basis})."
        )
    said = f"{max(row.factor_low, 0.0):.2f} to {row.factor_high:.2f}"
    return (
        f"{what}: `{row.lever}` is as good a buy at {row.factor:.2f} times its declared cost [{said}]"
        f"{' (or at none: the interval reaches 0)' if row.factor_low <= 0 else ''} ({basis})."
    )


def prices(found: Portfolio) -> list[str]:
    """Break-even prices in sentences: one a pair and measure where no price is found in any currency, else one a currency."""
    said = []
    for _, rows in found.break_even.groupby(["lever", "other", "measure"], sort=False):
        each = [exchange(row) for row in rows.itertuples()]
        alike = {text.replace(f", {row.currency}:", ":") for text, row in zip(each, rows.itertuples(), strict=True)}
        said += list(alike) if len(alike) == 1 else each
    return said


def preference(row: Any) -> str:
    """An odds chart in a sentence."""
    basis = f"{row.n_good + row.n_bad:,} worlds, {row.runs_per_world} runs each"
    share = f"the calibrated worlds say {100 * row.share_bad:.0f} %"
    if not np.isfinite(row.p):
        better = row.A if row.prefer == "A" else row.B
        if row.settled:
            other = row.B if better == row.A else row.A
            return f"Prefer '{better}' to '{other}' on {row.measure} at any odds of {row.bad_case} ({basis})."
        return (
            f"'{better}' is the better of '{row.A}' and '{row.B}' on {row.measure} in both cases by the means, but "
            f"not in each at "
            f"the 95 % level ({basis})."
        )
    first, other = (row.A, row.B) if row.prefer == "A above p" else (row.B, row.A)
    return (
        f"Prefer '{first}' to '{other}' on {row.measure} if {row.bad_case} (rather than {row.good_case}) is likelier than "
        f"{100 * row.p:.0f} % [{100 * row.p_low:.0f}, {100 * row.p_high:.0f}]; {share} ({basis})."
        f"{'' if row.settled else ' Not both ends are told from 0, so the interval may be wide.'}"
    )


def sentences(found: Portfolio) -> list[str]:
    """What was found, a sentence each."""
    facts, table = found.facts, found.policies
    said = [
        f"{facts['policies']:,} policies, {facts['race_runs']:,} runs in {facts['looks']} looks (budget "
        f"{facts['budget']:,}; ended by "
        f"{facts['ended']}); {facts['left']:,} are left on a raced front, {facts['finalists']:,} were run in all "
        f"{facts['worlds']:,} worlds."
    ]
    if facts["left"] > int((table["left"] & table["finalist"]).sum()):
        rest = int((table["left"] & ~table["finalist"]).sum())
        said.append(
            f"Of {rest:,} policies nothing is said but that they are not shown to be dominated: they were no finalists. "
            "Probabilities of being on a front are among the finalists."
        )
    for front in facts["fronts"]:
        chance = table[f"chance_{front}"]
        said.append(
            f"Front of {front}: {int((chance >= 0.5).sum())} policies are on it with a probability of a half or more, "
            f"{int((chance >= 0.02).sum())} with 2 % or more."
        )
    for row in found.robust.itertuples():
        said.append(
            f"Budget {row.budget}, {CRITERIA[row.criterion]}: {row.policy} ({row.levers or 'today'}); {facts['judge']} "
            f"{_of(row.fresh, row.low, row.high)}, change from today {_of(row.change, row.change_low, row.change_high, True)} "
            f"{_unit(facts['judge'])} (fresh runs: {row.n_worlds:,} worlds, {row.runs_per_world} each)."
        )
    said += prices(found)
    said += [preference(row) for row in found.odds.itertuples()]
    return said


def _fronts(found: Portfolio) -> list[str]:
    facts, parts = found.facts, []
    table = found.policies
    for front in facts["fronts"]:
        if front not in table:
            continue
        part = table[table[f"chance_{front}"] >= 0.5].sort_values(front).head(12)
        parts += [
            f"### {front}",
            markdown_table(
                ("policy", "moves", "money", "political capital", f"{front}, per 100 [95 %]", "probability"),
                [
                    (r["name"], _moves(found, r), f"{r['money']:+.2f}", f"{r['politics']:.1f}",
                     _of(r[front], r[f"{front}_low"], r[f"{front}_high"]), f"{100 * r[f'chance_{front}']:.0f} %")
                    for _, r in part.iterrows()
                ],
            ),
        ]  # fmt: skip
    return parts


def _moves(found: Portfolio, row: pd.Series) -> str:
    moved = [f"{name} {row[name]:g}" for name, lever in LEVERS.items() if row[name] != lever.today]
    return ", ".join(moved) or "none"


def document(found: Portfolio, command: str, name: str) -> str:
    """The whole study as a Markdown page.

    Parameters
    ----------
    command : what makes it
    name : of the experiment, by which figures are called
    """
    facts, margin = found.facts, found.facts["margin"]
    robust, regret = found.robust, found.regret
    left = [f"left_{front}" for front in facts["raced"]]
    parts = [
        "# Portfolios: which policy is worth its cost, and which is robust",
        f"Made by `{command}`.",
        HOW,
        "## In short",
        "\n".join(f"* {one}" for one in sentences(found)),
        "## The race",
        f"{facts['drawn']:,} policies were drawn from a scrambled Sobol sequence to have {facts['policies']:,} "
        f"within the caps (those "
        f"with a name count too, whatever they cost). The race gave {facts['race_runs']:,} runs in {facts['looks']} "
        f"looks. A policy of "
        f"a front is wrongly dropped from it with a chance of at most {facts['alpha']:g} "
        f"({'each' if facts['promise'] == 'each' else 'any of all'}), however often one looks. Fronts raced: "
        f"{', '.join(facts['raced'])}; the others are worked out among the finalists, so a policy that all raced "
        f"fronts drop is on "
        "none of them.",
        markdown_table(
            ("runs of a policy", "policies in", "runs of all", *(f"left: {front}" for front in facts["raced"])),
            [
                tuple(f"{r[column]:,}" for column in ("runs_so_far", "policies_in", "runs_of_all", *left))
                for _, r in found.looks.iterrows()
            ],
        ),
        "## Fronts",
        f"![Fronts of cost and risk](figures/{name}_front.png)",
        "Policies with a probability of at least a half of being on the front, those with the least risk "
        "first (12 at most; "
        "all are in `policies.parquet`). Money is billions of US dollars a year beyond today.",
        *_fronts(found),
        "## Robust policies",
        "Chosen in the finals, reported from fresh runs. *Fresh less finals* is the change in fresh runs less "
        "that in the finals: by so much the choice flattered the policy. The fresh number is the one to quote.",
        markdown_table(
            ("budget", "criterion", "policy", "sets", f"{facts['judge']} in fresh runs", "change from today",
             "fresh less finals"),
            [
                (r.budget, CRITERIA[r.criterion], r.policy, r.levers or "today", _of(r.fresh, r.low, r.high),
                 _of(r.change, r.change_low, r.change_high, True), _of(r.less, r.less_low, r.less_high, True))
                for r in robust.itertuples()
            ],
        ),
        f"Unit: {_unit(facts['judge'])}.",
    ]  # fmt: skip
    if len(regret):
        parts += ["## Regret over structures", f"![Regret matrix](figures/{name}_regret.png)"]
        worst = regret.loc[regret.groupby("policy", sort=False)["regret"].idxmax()]
        parts += [
            markdown_table(
                ("policy", "greatest regret", "in the case", "best there"),
                [(r.policy, _of(r.regret, r.low, r.high), r.case, r.best) for r in worst.itertuples()],
            )
        ]
        if facts["few"]:
            parts.append(f"Too few worlds to be a case: {', '.join(facts['few'])}.")
    parts += [
        f"## Break-even prices: both levers raised by {facts['step']:g}",
        "At which multiple of its declared cost is the first lever as good a buy as the second, per unit of cost? "
        "Above 1, it may cost "
        "more than declared. Interval by Fieller over worlds.",
        "\n".join(f"* {one}" for one in prices(found)) or "None was asked for.",
    ]
    if len(found.shapley):
        parts += ["## Shares of the pillars", f"![Shares of the pillars](figures/{name}_shapley.png)"]
        rows = []
        for r in found.shapley.itertuples():
            words = {
                "share": ("lowers it", "raises it", "does not matter"), "alone": ("lowers it", "raises it", "does not matter"),
                "all": ("lower it", "raise it", "do not matter"), "pair": ("reinforce", "get in each other's way", "add up"),
                "excess": ("reinforce", "get in each other's way", "add up"),
            }[r.kind]  # fmt: skip
            rows.append(
                (
                    r.measure,
                    r.kind,
                    r.pillars,
                    _of(r.value, r.low, r.high, True),
                    verdict(r.low, r.high, margin, *words),
                )
            )
        parts.append(
            markdown_table(
                ("measure", "kind", "pillars", "lowers it by, per 100", f"against a margin of {100 * margin:g}"), rows
            )
        )
    if len(found.odds):
        parts += [
            "## Odds charts",
            f"![Odds charts](figures/{name}_odds.png)",
            "\n".join(f"* {preference(row)}" for row in found.odds.itertuples()),
        ]
    return "\n\n".join(parts) + "\n"


#: How to read the page.
HOW = """## How to read it

A policy is a setting of up to fourteen levers. What it costs is declared (`crink_abm.costs`), in money and in political capital;
what it does is simulated. A policy is *dominated* if another costs no more in either currency and has less risk. Those that are
not dominated are the *front*: the policies among which a government's own weights must choose.

With ten thousand policies most of the computing would go to hopeless ones, and the best of many noisy estimates is flattered by
its noise. So the study has three stages, with no run in common.

1. **The race.** All policies get the same few runs (common random numbers); those shown to be dominated are dropped, the rest
   get more. The bound that drops them is a *betting* bound (Ville 1939; Waudby-Smith and Ramdas 2024): it holds after any number
   of looks and assumes no distribution.
2. **The finals.** Policies left are run in every world. The *probability of being on the front* is the share of bootstrap draws
   of the worlds (noise included) in which a policy is not dominated.
3. **The report.** Whatever is chosen is run again on fresh random numbers, and only those are reported.

A policy is *robust* by the mean over worlds, by the 90th percentile over worlds (the loss that nine worlds in ten stay below;
noise is taken out), or by the greatest *regret* over structures (how much worse it is than the best policy of a structural case,
such as posture that provokes rather than deters).

**How far to trust it.** On planted problems (`tests/analysis/test_portfolio_race.py`) the whole front, and nothing else, is
found in at least 190 of 200 races; where all policies are equal none is dropped beyond the promised chance; a race that is
killed ends with the same bytes. Against NSGA-II (pymoo) with fixed replications, at the same error and with NSGA-II's own best
replications and generations, a race took 3 to 8 times fewer runs, the more so the nearer the front
(`tests/analysis/test_portfolio_nsga2.py`). A bound that promises this much takes many runs: policies that differ by two or
three percentage points are not told apart in a thousand runs. Policies that stay in the race without being finalists are *not
told*, which is not the same as good. Costs are
declared by us; see `crink_abm/model/costs.py` for ranges and sources."""

"""The study of thresholds as a Markdown page."""

from typing import Any

import numpy as np
import pandas as pd

from ...analysis.thresholds.questions import Thresholds
from ...model.outcomes import OUTCOMES
from ...model.parameters import CATALOGUE
from ...util.markdown import markdown_table

#: How to read the page, for one who reads no other.
HOW = (
    "## How to read it",
    "Whether a policy lowers a risk is seldom a fact of the world alone: it hangs on what one believes of leaders and of what "
    "force costs "
    "them. This page says which beliefs decide, at which value the answer flips, where the evidence puts that belief, and how "
    "much one "
    "would have to change one's mind.",
    "1. **Screening.** Each policy is tried in every world of the calibrated ensemble and in worlds drawn from the bare "
    "prior, which the "
    "record has not touched. A belief is a *candidate* if the policy's effect goes with it from world to world more than "
    "shuffled worlds "
    "allow (at most one study in forty finds any by chance, in each of the two ensembles).\n"
    "2. **Imposed.** The belief is then given to every world, level by level, also past its declared range where its unit "
    "allows, with "
    "the same random numbers, and all else as it was. Where the mean effect over worlds crosses zero is the *threshold*; its "
    "confidence "
    "set holds all levels at which a test does not tell the effect from zero (Fieller 1954). Such a set can be open, empty or "
    "all there "
    "is; then it is said so. A threshold is *found* only if the sign is clear, and opposite, on both sides.\n"
    "3. **Who stands where.** The share of the ensemble's worlds on each side, and of the bare prior. Where both agree, the "
    "record has not "
    "spoken on this belief: the share is the range that was written down. *Assumed* means that the range is our judgement.\n"
    "4. **Distance to reversal.** Beliefs are moved in all worlds together until the mean effect turns. The distance is in "
    "standard "
    "deviations of the ensemble, and as odds: how much less density the ensemble has there than at its centre. It is found "
    "only if the "
    "opposite sign is clear within the largest distance; the effect at the turning point is simulated again on fresh random "
    "numbers.",
    "A belief imposed on a calibrated world may take it away from the record it was fitted to: read thresholds as *if one "
    "believed "
    "this*, not as a forecast.",
)


def _points(x: float, low: float, high: float) -> str:
    return f"{100 * x:+.2f} [{100 * low:+.2f}, {100 * high:+.2f}]"


def _number(x: float) -> str:
    return "" if not np.isfinite(x) else f"{x:.3g}"


def _share(x: float) -> str:
    return "" if not np.isfinite(x) else f"{100 * x:.0f} %"


def summary(found: Thresholds) -> str:
    """What was found, in a few sentences: counts, and the sentences of the thresholds within declared ranges."""
    table = found.thresholds
    inside = table[
        (table["kind"] == "levels")
        | (
            (table["kind"] == "bounded")
            & (table["threshold"] >= table["declared_low"])
            & (table["threshold"] <= table["declared_high"])
        )
    ]
    turned = inside[["package", "outcome"]].drop_duplicates()
    assumed = int((inside["standing"] == "assumed").sum())
    ways = found.reversal[found.reversal["found"].astype(bool)]
    near = ways.groupby(["package", "outcome"])["distance"].min()
    clear = found.questions[found.questions["sign"] != "unclear"]
    said = (
        f"{len(clear)} of {len(found.questions)} policies have a mean effect of clear sign in the ensemble. In {len(turned)} of "
        f"{len(found.questions)} the sign turns on a single belief, at a level within its declared range: "
        f"{len(inside)} such beliefs, of which {assumed} have a range that is assumed. "
    )
    if len(near):
        said += (
            f"In {len(near)} of the {len(clear)} a small change of a few beliefs turns the mean effect: by {near.min():.1f} to "
            f"{near.max():.1f} standard deviations of the ensemble; in the others no reversal is found within "
            f"{found.reversal['within'].iloc[0]:g} along the directions tried."
        )
    return said


def markdown(found: Thresholds) -> str:
    """The beliefs that decide, one a row."""
    rows = []
    for row in found.thresholds.itertuples():
        where = (
            "" if not np.isfinite(row.low) else f"{_number(row.threshold)} [{_number(row.low)}, {_number(row.high)}]"
        )
        rows.append(
            (
                f"{row.package}", f"`{row.outcome}`", f"`{row.belief}`", row.kind, where,
                f"{_share(row.lowers)} [{_share(row.lowers_low)}, {_share(row.lowers_high)}]", _share(row.lowers_of_prior),
                _share(row.share_of_variance), f"{row.standing} ({row.source})" if row.standing != "assumed" else "assumed",
            )
        )  # fmt: skip
    head = ("policy", "outcome", "belief", "kind", "threshold [95 % set]", "ensemble on the lowering side", "bare prior there",
            "share of variance", "source")  # fmt: skip
    return markdown_table(head, rows)


def document(found: Thresholds, command: str, prefix: str = "thresholds") -> str:
    """The whole finding as a Markdown page.

    Parameters
    ----------
    command : that makes it
    prefix : of the charts, which stand in ``figures`` beside the page
    """
    e = found.effort
    parts = [
        "# What one has to believe",
        f"Made by `{command}`.",
        f"{e['worlds']:,} worlds of the ensemble ({e['different_worlds']:,} different), {e['runs_per_world']:,} runs each for "
        f"screening and {e['runs_per_level']:,} at each level of a belief; {e['prior_worlds']:,} worlds of the bare prior with "
        f"{e['prior_runs']:,} runs; {e['runs']:,} runs in {e['arms']:,} arms in all, under common random numbers. Changes are "
        "percentage points of the risk over the horizon; intervals are at 95 %, the different worlds as the sample, unless "
        "Monte Carlo "
        f"is said. A change of {100 * found.margin:g} points is the margin from which on an effect matters.",
        "**In short.** " + summary(found),
        *HOW,
        "## The policies",
        _questions(found.questions),
        "## The beliefs that decide",
        "A kind *bounded* is a threshold found: the sign is clear and opposite on both sides of the set. *open*: clear on one "
        "side only. "
        "*none*: one clear sign at every level. *levels*: a switch turns the sign. *undecided*: clear nowhere. Shares of "
        "variance are "
        "those of the ranked effect between worlds, noise taken out, in the ensemble or the bare prior, whichever is larger.",
        f"![Where the signs turn](figures/{prefix}-overview.png)",
        markdown(found),
        "## Question by question",
    ]
    for row in found.questions.itertuples():
        parts += _question(found, str(row.package), str(row.outcome), prefix)
    return "\n\n".join(parts) + "\n"


def _questions(table: pd.DataFrame) -> str:
    words = {"beyond": "beyond the margin", "within": "within the margin", "unsettled": "size unsettled"}
    return markdown_table(
        ("policy", "outcome", "effect", "Monte Carlo, worlds given", "over the bare prior", "verdict", "reliability"),
        [
            (
                r.package, f"`{r.outcome}`", _points(r.effect, r.low, r.high), 
                f"[{100 * r.noise_low:+.2f}, {100 * r.noise_high:+.2f}]",
                _points(r.prior_effect, r.prior_low, r.prior_high), f"{r.sign}, {words[r.size]}", f"{r.reliability:.2f}",
            )
            for r in table.itertuples()
        ],
    )  # fmt: skip


def _question(found: Thresholds, package: str, outcome: str, prefix: str) -> list[str]:
    beliefs, ways = found.of("thresholds", package, outcome), found.of("reversal", package, outcome)
    parts = [f"### {package}: {OUTCOMES.get(outcome, outcome)} (`{outcome}`)"]
    if len(beliefs):
        parts.append(f"![{package}](figures/{f'{prefix}-{package}-{outcome}'.replace(' ', '_')}.png)")
        parts.append("\n".join(f"- {sentence}" for sentence in beliefs["sentence"]))
    else:
        parts.append(
            "No belief carries more of what worlds differ in than chance would, and none is named: no threshold is sought."
        )
    joint = _joint(found.of("joint", package, outcome), found.of("boundary", package, outcome))
    if joint:
        parts.append(joint)
    parts.append(
        "\n".join(f"- {sentence}" for sentence in dict.fromkeys(ways["sentence"]))
        or "- No coefficient among its beliefs: no reversal is sought."
    )
    return parts


def _joint(cells: pd.DataFrame, edges: pd.DataFrame) -> str:
    """Two beliefs together: the effect, row by row of the first, and where the second turns it."""
    if not len(cells):
        return ""
    first, second = cells["first"].iloc[0], cells["second"].iloc[0]
    wide: dict[Any, list[str]] = {}
    for row in cells.itertuples():
        wide.setdefault(row.first_level, []).append(_points(row.effect, row.low, row.high))
    turns = {
        row.first_level: f"{_number(row.threshold)} [{_number(row.low)}, {_number(row.high)}], {row.kind}"
        if row.kind != "none"
        else "none"
        for row in edges.itertuples()
    }
    levels = [_level(second, x) for x in dict.fromkeys(cells["second_level"])]
    table = markdown_table(
        (f"`{first}`, against `{second}` of", *levels, "the sign turns at"),
        [(_level(first, x), *line, turns.get(x, "")) for x, line in wide.items()],
    )
    return f"Two together ({cells['why'].iloc[0]}), percentage points:\n\n{table}"


def _level(name: str, x: float) -> str:
    p = CATALOGUE[name]
    return p.switch(int(x)).name.lower() if p.switch else f"{x:.3g}"

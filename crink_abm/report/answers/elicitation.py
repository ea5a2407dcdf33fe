"""Elicited beliefs as a Markdown page."""

from typing import Any

import numpy as np

from ...analysis.elicitation.questions import Elicited
from ...util.markdown import markdown_table

HOW = (
    "## How it works",
    "A reader's own beliefs are a file: quantiles of constants, probabilities of a switch's levels, a band on a risk at the "
    "baseline, rank correlations between constants; of one expert or several. Each world of the ensemble then weighs as much "
    "more "
    "as the expert thinks it likelier than the distribution it was drawn from. A **linear** pool mixes the experts: any of "
    "them may "
    "be right. A **logarithmic** pool multiplies their densities: it lies where all agree. On what an expert does not speak, the "
    "ensemble stands.",
    '`replaces = "prior"`: an expert\'s distribution stands in the place of the declared range, and the record still counts, so '
    'what the weighed worlds have may differ from what was said. `replaces = "ensemble"`: what was said is the last word. A '
    "band "
    "is met by Jeffrey's rule: the worlds within it are given the probability that was said, and nothing changes among them.",
    "Few worlds may be as believed. The **effective number** (Kish, copies of a world being one) says what the weighed worlds "
    "are "
    'worth; below `least_effective` the command refuses, and `method = "draw"` draws the elicited constants afresh and puts '
    "them "
    "into the ensemble's worlds: the record then speaks on all other constants only.",
    'The result, `worlds.parquet`, is an ensemble: `[worlds] ensemble = "../results/NAME/worlds.parquet"` in any experiment '
    "redoes its answer as these experts believe.",
)


def document(found: Elicited, command: str, prefix: str = "elicitation") -> str:
    """The whole finding as a Markdown page.

    Parameters
    ----------
    command : that makes it
    prefix : of the chart, which stands in ``figures`` beside the page
    """
    pool = found.experts.iloc[-1]
    experts = [
        (r.who, f"{r.share:.2f}", f"{r.effective:.0f}", f"{100 * r.largest:.1f} %") for r in found.experts.itertuples()
    ]
    head = (
        "who",
        "belief",
        "at",
        "said",
        "worlds before",
        "expert's worlds",
        "pool's worlds",
        "beyond the range",
        "source",
    )
    beliefs = [
        (r.who, f"`{r.belief}`", r.at, *(f"{x:.3g}" for x in (r.said, r.worlds, r.expert, r.pooled)),
         f"{100 * r.outside:.1f} %", r.standing)
        for r in found.beliefs.itertuples()
    ]  # fmt: skip
    risks = [
        (f"`{r.outcome}`", r.who, f"{100 * r.risk:.1f} [{100 * r.low:.1f}, {100 * r.high:.1f}]", _band(r))
        for r in found.risks.itertuples()
    ]
    parts = [
        "# Elicited beliefs",
        f"Made by `{command}`.",
        *HOW,
        "## The example",
        f"{pool['n_worlds']:,} worlds ({pool['n_different']:,} different), "
        f"{found.risks['runs_per_world'].iloc[0]:,} runs each "
        "at "
        f"the baseline; {pool['pool']} pool, method *{pool['method']}*.",
        f"![Beliefs and risks](figures/{prefix}-beliefs.png)",
        markdown_table(("who", "share of the pool", "effective worlds", "largest weight of a world"), experts),
        "What was said, and what worlds have: each quantile, or the probability of a level.",
        markdown_table(head, beliefs),
        "Risks at the baseline in per cent, with 95 % intervals (different worlds as the sample).",
        markdown_table(("outcome", "who", "risk", "band as elicited"), risks),
    ]
    return "\n\n".join(parts) + "\n"


def _band(row: Any) -> str:
    if not np.isfinite(row.band_low):
        return ""
    said, has = f"{100 * row.band_said:.0f} %", f"{100 * row.band_inside:.0f} %"
    return f"{100 * row.band_low:.0f} to {100 * row.band_high:.0f} with {said}; has {has}"

"""Ranked bars of total and first order indices with their intervals, a panel a question."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from .. import style

if TYPE_CHECKING:
    from ...analysis.sensitivity.study import Sensitivity

#: Bars in a panel at most.
MOST = 8
_MARK = {"sourced": "s", "elicited": "e", "assumed": "a", "policy": "lever", "": ""}


def ranked(found: "Sensitivity") -> Figure:
    """Total (bars) and first order (points) indices of the factors that matter most, for each level and effect.

    Parameters
    ----------
    found : of :func:`crink_abm.sensitivity`
    """
    questions = [(q.policy, q.outcome) for q in found.questions.itertuples()]
    outcomes = list(dict.fromkeys(outcome for _, outcome in questions))
    policies = list(dict.fromkeys(policy for policy, _ in questions))
    fig = style.figure(1.75 * len(policies) + 0.2)
    panels = fig.subplots(len(policies), len(outcomes), squeeze=False, sharex=True)
    for ax, (policy, outcome) in zip(panels.ravel(), questions, strict=True):
        rows = found.indices[(found.indices["policy"] == policy) & (found.indices["outcome"] == outcome)]
        rest = rows[rows["factor"] == "all others"]
        rows = rows[rows["factor"] != "all others"].sort_values("total", ascending=False).head(MOST)
        names = [*rows["factor"], *rest["factor"]]
        y = np.arange(len(names))[::-1]
        total = np.r_[
            rows[["total", "total_low", "total_high"]].to_numpy(), rest[["total", "total_low", "total_high"]].to_numpy()
        ]
        first = np.r_[rows["first"].to_numpy(), rest["first"].to_numpy()]
        colours = [style.SKY] * len(rows) + [style.FAINT] * len(rest)
        ax.barh(y, np.clip(total[:, 0], 0.0, None), color=colours, height=0.66)
        ax.hlines(y, np.clip(total[:, 1], -0.1, 1.25), np.clip(total[:, 2], -0.1, 1.25), color=style.INK, linewidth=0.8)
        ax.plot(
            np.clip(first, -0.1, 1.25),
            y,
            "D",
            color=style.VERMILLION,
            markersize=2.6,
            markeredgecolor="white",
            markeredgewidth=0.3,
        )
        marks = [_MARK[s] for s in [*rows["standing"], *rest["standing"]]]
        ax.set_yticks(
            y, [f"{name} ({mark})" if mark else name for name, mark in zip(names, marks, strict=True)], fontsize=5.6
        )
        ax.axvline(0.0, color=style.MUTED, linewidth=0.6)
        ax.set_xlim(-0.1, 1.25)
        what = "level" if policy == "baseline" else f"effect of {style.clipped(policy)}"
        ax.set_title(f"{outcome}: {what}", fontsize=6.8)
    for ax in panels[-1]:
        ax.set_xlabel("Share of the variance between worlds")
    report = found.report
    style.caption(
        fig, "What levels of risk, and effects of policies, are sensitive to",
        [
            "Bars: total index (with interactions); line: its simultaneous 95 % interval, cut at the panel's edges; "
            "diamond: first order. Noise is taken out. "
            "s: sourced, a: assumed, e: elicited; lever: a policy that no package moves.",
            f"{found.questions['n_blocks'].min():,} base points x {report['rows']} rows x "
            f"{report['runs_per_row']} runs a policy, "
            f"{report['n_factors']} factors over the prior; {report['n_runs']:,} runs in all.",
        ],
    )  # fmt: skip
    return fig

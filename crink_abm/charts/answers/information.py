"""What information is worth: of beliefs as ranked bars, of signposts as intervals."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from .. import style

if TYPE_CHECKING:
    from ...analysis.information.study import Information

#: Bars in the panel of beliefs at most.
MOST = 12


def worth(found: "Information") -> Figure:
    """The value of knowing each belief (left) and of waiting for each signpost (right), with their intervals.

    Parameters
    ----------
    found : of :func:`crink_abm.information`
    """
    fig = style.figure(3.4)
    left, right = fig.subplots(1, 2, width_ratios=[1.0, 1.0])
    rows = found.beliefs.head(MOST)
    y = np.arange(len(rows))[::-1]
    left.barh(y, rows["evppi"], color=[style.BLUE if clear else style.SKY for clear in rows["clear"]], height=0.66)
    left.hlines(y, rows["low_all"], rows["high_all"], color=style.INK, linewidth=0.8)
    left.axvline(0.0, color=style.MUTED, linewidth=0.6)
    left.set_yticks(y, [f"{r.factor} ({r.standing[0]})" for r in rows.itertuples()], fontsize=5.8)
    left.set_xlabel("Loss saved by knowing it")
    left.set_title("Single beliefs (EVPPI)")
    posts = found.signposts.sort_values(["month", "chosen"], kind="stable").reset_index(drop=True)
    y = np.arange(len(posts))[::-1]
    right.hlines(y, posts["low"], posts["high"], color=style.INK, linewidth=0.8)
    right.plot(posts["saves"], y, "o", color=style.BLUE, markersize=3.0)
    chosen = np.flatnonzero(posts["chosen"].to_numpy())
    right.plot(posts["saves"].to_numpy()[chosen], y[chosen], "D", color=style.VERMILLION, markersize=4.5)
    right.axvline(0.0, color=style.MUTED, linewidth=0.6)
    names = [f"{r.observable if r.observable != 'all' else 'all of them'}, month {r.month}" for r in posts.itertuples()]
    right.set_yticks(y, names, fontsize=5.2)
    right.set_xlabel("Loss saved by the rule, on other worlds")
    right.set_title("Signposts")
    report = found.report
    style.caption(
        fig, f"What it is worth to know more before choosing among {len(found.policies)} policies",
        [
            f"Loss: {', '.join(f'{weight:g} {name}' for name, weight in report['loss'].items())}, plus cost. "
            f"Knowing the whole world (EVPI): "
            f"{report['evpi']:.3g} [{report['low']:.3g}, {report['high']:.3g}].",
            "Left: simultaneous 95 % intervals; dark: above zero (s: sourced, a: assumed). Right: 95 % intervals; diamond: "
            "the rule chosen on the half of the worlds where it was found.",
            f"{report['n_different']} different worlds, {report['runs_per_world']} runs a policy in each row of the ensemble "
            f"({report['signpost_runs']} for signposts); {report['n_runs']:,} runs in all.",
        ],
    )  # fmt: skip
    return fig

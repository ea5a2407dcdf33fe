"""The value of information as a Markdown page."""

from ...analysis.information.study import Information
from ...util.markdown import markdown_table

#: Beliefs in the table at most.
MOST = 15


def document(found: Information) -> str:
    """The whole finding as a page."""
    r = found.report
    loss = ", ".join(f"{weight:g} x `{name}`" for name, weight in r["loss"].items())
    clear = found.beliefs[found.beliefs["clear"]]
    say = (
        f"{len(clear)} of {r['n_beliefs']} beliefs are clearly worth knowing alone: {', '.join(f'`{name}`' for name in clear['factor'])}."
        if len(clear)
        else f"No single belief of {r['n_beliefs']} is clearly worth knowing: every simultaneous interval holds zero or less; the largest upper "
        f"end is {found.beliefs['high_all'].max():.3g}."
    )
    parts = [
        f"Loss: {loss}, plus {r['money']:g} a billion US dollars a year and {r['politics']:g} a point of political capital. "
        f"{r['ensemble']}; {r['runs_per_world']} runs of each policy in each row; {r['n_runs']:,} runs in all, seed {r['seed']}.",
        "## Policies",
        markdown_table(
            ("policy", "loss", "change from the baseline", "of which cost", "best in, share of worlds"),
            [(f"`{p.policy}`", f"{p.loss:.3f} [{p.low:.3f}, {p.high:.3f}]", f"{p.change:+.3f} [{p.change_low:+.3f}, {p.change_high:+.3f}]",
              f"{p.cost:+.3f}", f"{p.best_in:.2f}") for p in found.policies.itertuples()],
        ),
        f"Without more knowledge `{r['held']}` is held.",
        "## Knowing the world (EVPI)",
        f"{r['evpi']:.3g} [{r['low']:.3g}, {r['high']:.3g}] of loss. Chosen by one half of the runs and read from the other: {r['found']:.3g}; the "
        f"least of the noisy means, which is too much: {r['plug_in']:.3g}.",
        "## Knowing one belief (EVPPI)",
        say,
        markdown_table(
            ("belief", "standing", "saved on unseen worlds", "simultaneous", "in sample", "meaning"),
            [(f"`{b.factor}`", b.standing, f"{b.evppi:.4f} [{b.low:.4f}, {b.high:.4f}]", f"[{b.low_all:.4f}, {b.high_all:.4f}]",
              f"{b.in_sample:.4f}", b.meaning) for b in found.beliefs.head(MOST).itertuples()],
        ),
        "## Signposts",
        r["sentence"],
        markdown_table(
            ("month", "seen", "rule", "held", "in the half where found", "on the other half"),
            [(p.month, p.observable, p.rule + (" (chosen)" if p.chosen else ""), f"`{p.held}`", f"{p.found:+.4f}",
              f"{p.saves:+.4f} [{p.low:+.4f}, {p.high:+.4f}]") for p in found.signposts.itertuples()],
        ),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"

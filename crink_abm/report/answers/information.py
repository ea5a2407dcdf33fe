"""The value of information as a Markdown page."""

from ...analysis.information.study import Information
from ...util.markdown import markdown_table

#: Beliefs in the table at most.
MOST = 15


_HOW = """Would it pay to know more before one of some policies is chosen? A **loss** is declared: weights of the kinds of
force, plus the policy's declared cost (`crink.costs`, middle values). Without more knowledge one holds the policy
whose loss is least on average over the ensemble.

* **EVPI**, the expected value of perfect information: what would be saved, on average, if the world were known before the
  choice. The least of some noisy means is too low, in proportion to the noise's variance, which doubles where half of the
  runs are left out: the two together take that bias out.
* **EVPPI**, that of one belief: what would be saved if this belief alone were known. A regression of the losses on the
  belief, fitted on four fifths of the worlds, chooses a policy in the others, and there it is read what that saves; *in
  sample* is the usual estimate, which is too high with few worlds. A belief that never changes the choice is worth nothing,
  however much it moves the risk. So this list is far shorter than that of [sensitivity](sensitivity.md).
* **Signposts**: all policies are the baseline up to a month, and each its own from then on. Which observation of those months
  tells which policy to hold? A threshold (or a small tree) is found on half of the worlds, and scored on the other half, run
  by run against the policy that was best on the first half. The rule that would be taken is chosen where it was found; if its
  interval on the other half does not lie above zero, no signpost pays.

Checked in `tests/analysis/test_information.py`: against closed forms and nested Monte Carlo within 2 %; where
observations are shuffled "no signpost pays" is said in at least 95 % of 400 trials; a shorter run is the beginning of
the longer one."""


def page(found: Information, command: str) -> str:
    """The documentation page: how to read it, and the finding."""
    return f"# The value of information, and signposts\n\nMade by `{command}`.\n\n{_HOW}\n\n## What was run\n\n{document(found)}"


def document(found: Information) -> str:
    """The whole finding as a page."""
    r = found.report
    loss = ", ".join(f"{weight:g} x `{name}`" for name, weight in r["loss"].items())
    clear = found.beliefs[found.beliefs["clear"]]
    say = (
        f"{len(clear)} of {r['n_beliefs']} beliefs are clearly worth knowing alone: "
        f"{', '.join(f'`{name}`' for name in clear['factor'])}."
        if len(clear)
        else f"No single belief of {r['n_beliefs']} is clearly worth knowing: every simultaneous "
        "interval holds zero or less; the largest upper "
        f"end is {found.beliefs['high_all'].max():.3g}."
    )
    parts = [
        f"Loss: {loss}, plus {r['money']:g} a billion US dollars a year and {r['politics']:g} a point of political capital. "
        f"{r['ensemble']}; {r['runs_per_world']} runs of each policy in each row; {r['n_runs']:,} runs in all, seed {r['seed']}.",
        "## Policies",
        markdown_table(
            ("policy", "loss", "change from the baseline", "of which cost", "best in, share of worlds"),
            [
                (
                    f"`{p.policy}`",
                    f"{p.loss:.3f} [{p.low:.3f}, {p.high:.3f}]",
                    f"{p.change:+.3f} [{p.change_low:+.3f}, {p.change_high:+.3f}]",
                    f"{p.cost:+.3f}",
                    f"{p.best_in:.2f}",
                )
                for p in found.policies.itertuples()
            ],
        ),
        f"Without more knowledge `{r['held']}` is held.",
        "## Knowing the world (EVPI)",
        f"{r['evpi']:.3g} [{r['low']:.3g}, {r['high']:.3g}] of loss. Chosen by one half of the runs "
        f"and read from the other: {r['found']:.3g}; the "
        f"least of the noisy means, which is too much: {r['plug_in']:.3g}.",
        "## Knowing one belief (EVPPI)",
        say,
        markdown_table(
            ("belief", "standing", "saved on unseen worlds", "simultaneous", "in sample", "meaning"),
            [
                (
                    f"`{b.factor}`",
                    b.standing,
                    f"{b.evppi:.4f} [{b.low:.4f}, {b.high:.4f}]",
                    f"[{b.low_all:.4f}, {b.high_all:.4f}]",
                    f"{b.in_sample:.4f}",
                    b.meaning,
                )
                for b in found.beliefs.head(MOST).itertuples()
            ],
        ),
        "## Signposts",
        r["sentence"],
        markdown_table(
            ("month", "seen", "rule", "held", "in the half where found", "on the other half"),
            [
                (
                    p.month,
                    p.observable,
                    p.rule + (" (chosen)" if p.chosen else ""),
                    f"`{p.held}`",
                    f"{p.found:+.4f}",
                    f"{p.saves:+.4f} [{p.low:+.4f}, {p.high:+.4f}]",
                )
                for p in found.signposts.itertuples()
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"

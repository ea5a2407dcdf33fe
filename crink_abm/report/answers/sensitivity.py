"""The sensitivity study as a Markdown page."""

from ...analysis.sensitivity.study import REST, Sensitivity
from ...util.markdown import markdown_table

_HOW = """An outcome's risk, and what a policy changes in it, differ from world to world: each world is one set of beliefs
(parameters and structural switches). Which beliefs make the difference? If a belief's **total index** is 0.4, then 40
% of the variance between worlds would be gone, on average, once all other beliefs stay and this one were known; the
**first order index** is what it does alone; the rest of its total is what it does together with others. Indices of
*levels* say what the risk hangs on. Indices of *effects* say what the sign and size of a policy's effect hang on, and
that is another list: an effect is the difference of two runs that face the same draws (common random numbers).

* **All factors are screened** by Morris' trajectories; those with the largest mean square effects go through a Saltelli
  design (SALib's), and all others are drawn along as one group, so that what was screened out is measured too (`all others`).
* **Noise is taken out.** A world's risk is known from a few runs. Every product is taken across two independent halves of the
  runs, so the indices are of the risk itself. The plain estimator on the same rows (last columns) takes the noise for
  variance: its total indices of small effects are too high.
* **Intervals hold all at once** (95 %, bootstrap over base points, largest deviation of all indices of a question). The
  design doubles until the ranks of the factors with a total index of 0.05 or more are settled, and says which are not.
* **Levers** that no package moves are factors too; where the others stand, a package's effect may be another.
* **Evidence makes beliefs depend on one another.** In the calibrated ensemble the variance is divided by Shapley effects,
  estimated from the worlds that there are: they are small where evidence has narrowed a belief already, and add up to what
  the named beliefs explain together. An effect below zero is noise of the estimate.

`sourced`: the range rests on a source; `assumed`: it is our judgement; `policy`: a lever.

Checked in `tests/analysis/test_sensitivity.py`: on the Ishigami and G functions with noise as large as the variance
the simultaneous intervals cover at least 95 %, and bias is below a fifth of their half-width; OpenTURNS finds the
same indices on the same design; SALib's plain total index of a factor of the G function that does nothing is 0.5
there, ours is 0.0."""


def page(found: Sensitivity, command: str) -> str:
    """The documentation page: how to read it, and the finding."""
    head = f"# Sensitivity: the beliefs that matter most\n\nMade by `{command}`."
    return f"{head}\n\n{_HOW}\n\n## What was run\n\n{document(found)}"


def _some(pairs: str, most: int = 3) -> str:
    """The first few of a list of pairs."""
    said = pairs.split("; ")
    return "; ".join(said[:most]) + (f"; and {len(said) - most} pairs more" if len(said) > most else "")


def document(found: Sensitivity) -> str:
    """The whole finding as a page."""
    report = found.report
    standing = report["standing"]
    of_sources = ", ".join(f"{n} {word}" for word, n in standing.items())
    parts = [
        f"{report['n_factors']} factors ({of_sources}); {report['trajectories']} trajectories of screening; "
        f"{int(found.questions['n_blocks'].min())} base points x {report['rows']} rows x {report['runs_per_row']} runs a policy; "
        f"{report['n_runs']:,} runs in all, seed {report['seed']}. Sobol part over the prior; Shapley effects over "
        f"{report['ensemble']}. {_failed(found)}",
        "## The ten beliefs that matter most for levels",
        _top(found, effects=False),
        "## The ten beliefs that matter most for effects",
        _top(found, effects=True),
        "## What is asked",
        "Mean over the prior; sd: between worlds, of what is expected in one; noise: that of a row's mean. "
        "An index divides the square of sd.",
        markdown_table(
            ("policy", "outcome", "mean", "sd", "noise", "base points", "ranks not settled"),
            [
                (
                    f"`{q.policy}`",
                    f"`{q.outcome}`",
                    f"{q.mean:+.4f}",
                    f"{q.sd:.4f}",
                    f"{q.noise_sd:.4f}",
                    f"{q.n_blocks}",
                    _some(q.unsettled) or ("none" if q.answered else "no variance above the noise"),
                )
                for q in found.questions.itertuples()
            ],
        ),
        "## Indices",
        "First and total order with simultaneous 95 % intervals; beside them SALib's plain estimator on the same rows, which "
        "takes noise for variance.",
    ]
    for (policy, outcome), group in found.indices.groupby(["policy", "outcome"], sort=False):
        rows = group.sort_values("total", ascending=False)
        parts += [
            f"### {'Level' if policy == 'baseline' else f'Effect of `{policy}`'}: `{outcome}`",
            markdown_table(
                ("factor", "standing", "first", "total", "plain first", "plain total"),
                [
                    (
                        f"`{r.factor}`" if r.factor != REST else REST,
                        r.standing,
                        f"{r.first:.2f} [{r.first_low:.2f}, {r.first_high:.2f}]",
                        f"{r.total:.2f} [{r.total_low:.2f}, {r.total_high:.2f}]",
                        f"{r.plain_first:.2f}",
                        f"{r.plain_total:.2f}",
                    )
                    for r in rows.itertuples()
                ],
            ),
        ]
    clear = found.pairs[found.pairs["low"] > 0].sort_values("second", ascending=False)
    parts += ["## Pairs"]
    if len(clear):
        parts.append(
            markdown_table(
                ("policy", "outcome", "pair", "second order"),
                [
                    (
                        f"`{r.policy}`",
                        f"`{r.outcome}`",
                        f"{r.factor} x {r.other}",
                        f"{r.second:.2f} [{r.low:.2f}, {r.high:.2f}]",
                    )
                    for r in clear.itertuples()
                ],
            )
        )
    else:
        parts.append("No pair's second order index is clear of zero in its simultaneous interval.")
    parts += [
        "## Shapley effects in the ensemble",
        "Shares of the variance between worlds, over the weighted, dependent ensemble; they "
        "add up to what the named beliefs explain together.",
    ]
    parts.append(
        markdown_table(
            ("policy", "outcome", "belief", "standing", "Shapley effect", "all together", "different worlds"),
            [
                (
                    f"`{r.policy}`",
                    f"`{r.outcome}`",
                    f"`{r.factor}`",
                    r.standing,
                    f"{r.shapley:.3f} [{r.low:.3f}, {r.high:.3f}]",
                    f"{r.explained:.2f}",
                    f"{r.n_different}",
                )
                for r in found.shapley.itertuples()
            ],
        )
    )
    return "\n\n".join(parts) + "\n"


def _failed(found: Sensitivity) -> str:
    lost = found.report["failed_blocks"] + found.report["failed_trajectories"]
    if not lost:
        return "No run failed."
    return f"{lost} blocks with a failed run were left out, each whole (the first: {found.report['first_failure']})."


def _top(found: Sensitivity, effects: bool) -> str:
    rows = found.top(effects)
    return markdown_table(
        ("factor", "standing", "mean total index", "largest", "clear in", "meaning"),
        [
            (
                f"`{r.factor}`",
                r.standing + (f" ({r.source})" if r.standing == "sourced" else ""),
                f"{r.total:.2f}",
                f"{r.largest:.2f}",
                f"{int(r.clear)} of {int(r.questions)}",
                r.meaning,
            )
            for r in rows.itertuples()
        ],
    )

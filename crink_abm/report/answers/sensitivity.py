"""The sensitivity study as a Markdown page."""

from ...analysis.sensitivity.study import REST, Sensitivity
from ...util.markdown import markdown_table


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
        "Mean over the prior; sd: between worlds, of what is expected in one; noise: standard deviation of the noise of a row's mean. "
        "An index divides the square of sd.",
        markdown_table(
            ("policy", "outcome", "mean", "sd", "noise", "base points", "ranks not settled"),
            [(f"`{q.policy}`", f"`{q.outcome}`", f"{q.mean:+.4f}", f"{q.sd:.4f}", f"{q.noise_sd:.4f}", f"{q.n_blocks}",
              q.unsettled or ("none" if q.answered else "no variance above the noise")) for q in found.questions.itertuples()],
        ),
        "## Indices",
        "First and total order with simultaneous 95 % intervals; beside them SALib's plain estimator on the same rows, which takes "
        "noise for variance.",
    ]  # fmt: skip
    for (policy, outcome), group in found.indices.groupby(["policy", "outcome"], sort=False):
        rows = group.sort_values("total", ascending=False)
        parts += [
            f"### {'Level' if policy == 'baseline' else f'Effect of `{policy}`'}: `{outcome}`",
            markdown_table(
                ("factor", "standing", "first", "total", "plain first", "plain total"),
                [(f"`{r.factor}`" if r.factor != REST else REST, r.standing, f"{r.first:.2f} [{r.first_low:.2f}, {r.first_high:.2f}]",
                  f"{r.total:.2f} [{r.total_low:.2f}, {r.total_high:.2f}]", f"{r.plain_first:.2f}", f"{r.plain_total:.2f}")
                 for r in rows.itertuples()],
            ),
        ]  # fmt: skip
    clear = found.pairs[found.pairs["low"] > 0].sort_values("second", ascending=False)
    parts += ["## Pairs"]
    if len(clear):
        parts.append(markdown_table(
            ("policy", "outcome", "pair", "second order"),
            [(f"`{r.policy}`", f"`{r.outcome}`", f"{r.factor} x {r.other}", f"{r.second:.2f} [{r.low:.2f}, {r.high:.2f}]")
             for r in clear.itertuples()],
        ))  # fmt: skip
    else:
        parts.append("No pair's second order index is clear of zero in its simultaneous interval.")
    parts += ["## Shapley effects in the ensemble", "Shares of the variance between worlds, over the weighted, dependent ensemble; they "
              "add up to what the named beliefs explain together."]  # fmt: skip
    parts.append(
        markdown_table(
            ("policy", "outcome", "belief", "standing", "Shapley effect", "all together", "different worlds"),
            [(f"`{r.policy}`", f"`{r.outcome}`", f"`{r.factor}`", r.standing, f"{r.shapley:.3f} [{r.low:.3f}, {r.high:.3f}]",
              f"{r.explained:.2f}", f"{r.n_different}") for r in found.shapley.itertuples()],
        )
    )  # fmt: skip
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
        [(f"`{r.factor}`", r.standing + (f" ({r.source})" if r.standing == "sourced" else ""), f"{r.total:.2f}", f"{r.largest:.2f}",
          f"{int(r.clear)} of {int(r.questions)}", r.meaning) for r in rows.itertuples()],
    )  # fmt: skip

"""The sign audit as a Markdown page."""

from typing import Any

from ..analysis.sign_audit import CLEAR_LEVEL, LEAST_CLEAR, Audit
from ..ensemble import summary
from ..model import outcomes
from ..model.parameters import CATALOGUE
from ..util.markdown import markdown_table


def markdown(audit: Audit) -> str:
    """The table of shares, lever by outcome, as Markdown: lowers / raises in per cent of worlds."""
    rows = []
    for lever, group in audit.table.groupby("lever", sort=False):
        cells = {r.outcome: _shares(r) for r in group.itertuples()}
        first = group.iloc[0]
        rows.append((f"`{lever}`", f"{first['from']:g} → {first['to']:g}", *(cells[o] for o in outcomes.OUTCOMES)))
    return markdown_table(("lever", "from → to", *(f"`{o}`" for o in outcomes.OUTCOMES)), rows)


def document(audit: Audit) -> str:
    """The whole finding as a Markdown page."""
    row, screen = audit.table.iloc[0], audit.report
    one = audit.one_signed()
    parts = [
        "# The sign audit",
        "Made by `crink-abm audit experiments/sign_audit.toml --markdown docs/sign_audit.md`.",
        "In which share of worlds does raising one lever lower, or raise, each outcome's ten-year risk? "
        f"{int(row['n_worlds'])} worlds, {int(row['n_different'])} of them different: draws of parameters and structural "
        f"switches ({summary.fully(screen)}); "
        f"{int(row['runs_per_world'])} runs a world and lever, the same random numbers with and without. A world is clear if an "
        f"exact McNemar test on its own pairs says so at the {100 * CLEAR_LEVEL:g} % level (half of that on each side is "
        "expected from noise alone); the rest is noise, and shrinks as runs grow.",
        "Each cell: **lowers / raises**, per cent of worlds.",
        markdown(audit),
        "## Signs among the clear worlds, for any failure",
        "The share in which the lever lowers the risk, with the 95 % Jeffreys interval that treats the clear worlds as the "
        "sample (copies of a world count as one observation), and the same share from half the runs: it should hardly "
        "depend on them.",
        markdown_table(
            ("lever", "clear, of worlds", "lowers, of clear", "low", "high", "from half the runs"),
            [
                (
                    f"`{r.lever}`",
                    f"{r.n_clear} of {r.n_worlds}",
                    *(
                        f"{100 * x:.0f} %"
                        for x in (r.lowers_of_clear, r.lowers_low, r.lowers_high, r.half_lowers_of_clear)
                    ),
                )
                for r in audit.table[audit.table["outcome"] == "any_failure"].itertuples()
            ],
        ),
        f"Levers with one sign in more than 95 % of the clear worlds: {', '.join(one) if one else 'none'}.",
        "Single outcomes may well have one sign: there the rules leave a lever one way only, or the other way is weak over "
        f"the whole prior (at least {LEAST_CLEAR} clear worlds, more than 95 % of one sign): {_one_way(audit)}.",
        "## Mean effect on any failure",
        "Mean over worlds of the change in ten-year risk, percentage points, with the 95 % interval that treats the "
        "different worlds as the sample (Student's t).",
        markdown_table(
            ("lever", "mean", "low", "high"),
            [
                (f"`{r.lever}`", f"{100 * r.mean_diff:+.2f}", f"{100 * r.low:+.2f}", f"{100 * r.high:+.2f}")
                for r in audit.table[audit.table["outcome"] == "any_failure"].itertuples()
            ],
        ),
    ]
    for switch in ("posture_effect", "coordination", "xi_theory", "kim_theory"):
        split = audit.by_switch(switch)
        levels = list(dict.fromkeys(split["level"]))
        wide = {(r.lever, r.level): _shares(r) for r in split.itertuples()}
        levers_ = list(dict.fromkeys(split["lever"]))
        levels.sort(key=[level.name.lower() for level in CATALOGUE[switch].switch or ()].index)
        parts += [
            f"## By {CATALOGUE[switch].meaning[0].lower()}{CATALOGUE[switch].meaning[1:]}",
            "Lowers / raises `any_failure`, per cent of the worlds at each level.",
            markdown_table(("lever", *levels), [(f"`{n}`", *(wide[n, level] for level in levels)) for n in levers_]),
        ]
    return "\n\n".join(parts) + "\n"


def _one_way(audit: Audit) -> str:
    """Lever and outcome pairs other than any_failure whose clear effects have one sign, in words."""
    told = []
    for outcome in outcomes.OUTCOMES:
        if outcome != "any_failure":
            names = audit.one_signed(outcome)
            told += [f"`{outcome}` by {', '.join(f'`{name}`' for name in names)}"] if names else []
    return "; ".join(told) or "none"


def _shares(row: Any) -> str:
    return f"{100 * row.share_lowers:.0f} / {100 * row.share_raises:.0f}"

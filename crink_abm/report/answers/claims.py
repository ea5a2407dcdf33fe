"""The thirty claims as a Markdown page."""

from typing import Any

import numpy as np
import pandas as pd

from ...analysis.claims.run import Claims
from ...analysis.claims.verdicts import MOST_OPPOSED, SHIFTED, VERDICTS
from ...model.mechanisms import MECHANISMS
from ...model.sources import SOURCES
from ...util.markdown import markdown_table

#: Measures that are probabilities, shown in per cent; others are shown as they are.
_MEANS = {
    "inconclusive": "the interval reaches across the margin: more runs or worlds are needed",
    "refuted": "the interval says the opposite of the claim, or no effect within the margin",
    "assumption-driven": "the claim holds, but not at one end of what its deciding constant may be; it is gone without its "
    "mechanism; and nothing but our assumption stands behind the constant",
    "fragile": "the claim holds on average, but not at one end of its deciding constant, or not under some structural switch, or "
    f"more than {100 * MOST_OPPOSED:.0f} % of the worlds with a clear sign say the opposite",
    "shifted": f"the claim holds, but at least {100 * SHIFTED:.0f} % of it stays without its mechanism: another carries it",
    "robust": "none of these: it fails at neither end of its constant, and under no structural switch",
}


def number(value: float, change: bool = False) -> str:
    """A number as the page shows it."""
    if not np.isfinite(value):
        return "n/a"
    size = abs(value)
    text = f"{value:+.1f}" if size >= 10 else (f"{value:+.2f}" if size >= 1 else f"{value:+.3f}")
    return (text if change else text.lstrip("+")).replace("-", "−")


def estimate(row: Any, prefix: str = "") -> str:
    """An estimate with its interval: ``−0.012 [−0.018, −0.006]``."""
    change = row.kind in ("difference", "interaction", "per_cost", "trend")
    values = [getattr(row, prefix + name) for name in ("estimate", "low", "high")]
    if not np.isfinite(values[0]):
        return "n/a"
    middle, low, high = (number(x, change) for x in values)
    return f"{middle} [{low}, {high}]"


def _against(row: Any, prefix: str = "") -> str:
    """What the claim says of its estimate, in words."""
    expected, against, margin = (getattr(row, prefix + name) for name in ("expected", "against", "margin"))
    at = f"{against:g}"
    if expected == "same":
        return f"within {margin:g} of {at}"
    return f"{expected} {at} by more than {margin:g}"


def threshold(row: Any) -> str:
    """Where the claim turns on its deciding constant, in a sentence."""
    where = f"[{row.constant_low:g}, {row.constant_high:g}]"
    if not np.isfinite(row.threshold):
        return f"no crossing of {row.against:g} is found for `{row.constant}` in {where}, nor at its neutral value"
    place = "inside" if row.threshold_inside else "outside"
    if row.studied:
        place = (
            f"(the study of thresholds, for `{row.studied}`: {row.studied_threshold:.3g} [{row.studied_low:.3g}, "
            f"{row.studied_high:.3g}]), {place}"
        )
    return f"the estimate crosses {row.against:g} at `{row.constant}` = {row.threshold:.3g}, {place} {where}"


def section(row: Any, found: Claims) -> str:
    """One claim."""
    file = found.files[row.claim]
    lines = ", ".join(map(str, file.claim.lines))
    mechanisms = "; ".join(f"*{name}* ({MECHANISMS[name].meaning})" for name in file.claim.mechanisms)
    source = SOURCES.get(row.source, row.source).rstrip(".")
    parts = [
        f"## {row.claim}: {row.verdict}",
        f"> {file.claim.quote} (article, line{'s' * (len(file.claim.lines) > 1)} {lines})",
        f"**{row.says}** {row.because[0].upper()}{row.because[1:]}.",
        markdown_table(
            ("", "estimand", "estimate [95 %]", "the claim says", "so"),
            [
                ("claim", row.estimand, estimate(row), _against(row), row.verdict),
                (
                    "counter-claim",
                    f"{row.counter_says} *{row.counter_estimand}*",
                    estimate(row, "counter_"),
                    _against(row, "counter_"),
                    row.counter_state,
                ),
                ("without its mechanism", "the claim's estimand", estimate(row, "ablated_"), "", _stays(row)),
                *_scan(row, found),
            ],
        ),
        f"Mechanism: {mechanisms}. Deciding constant: `{row.constant}` ({source}); {threshold(row)}. "
        + f"Noise alone moves the estimate by {number(row.noise)} (standard error); its means over structural switches lie from "
        f"{number(row.structure_low)} to {number(row.structure_high)}. "
        + (
            f"Of {row.n_clear} worlds with a clear sign {100 * row.opposed:.0f} % say the opposite. "
            if row.n_clear
            else ""
        )
        + f"Experiment: `experiments/claims/{row.claim}.toml`.",
    ]
    return "\n\n".join(parts)


def _stays(row: Any) -> str:
    """What is left of a claim without its mechanism; the share where there is an effect to speak of."""
    held = row.verdict not in ("inconclusive", "refuted") and np.isfinite(row.stays)
    left = f"{100 * row.stays:.0f} %" if held and row.stays > 0.005 else "nothing"
    share = f", {left} of it stays" if held and not row.against else ""
    return f"{row.ablated_state}{share}" if row.ablated_state else "n/a"


def _scan(row: Any, found: Claims) -> list[tuple[str, ...]]:
    rows = found.scan[found.scan["claim"] == row.claim]
    words = {"neutral": "constant switched off", "low": "constant at its low end", "high": "constant at its high end"}
    return [
        (
            words[one.place],
            f"`{one.constant}` = {one.value:g}",
            estimate(_Row(row.kind, one.estimate, one.low, one.high)),
            "",
            one.state,
        )
        for one in rows.itertuples()
    ]


class _Row:
    def __init__(self, kind: str, estimate: float, low: float, high: float) -> None:
        self.kind, self.estimate, self.low, self.high = kind, estimate, low, high


def document(found: Claims, zoo: str = "zoo.md") -> str:
    """The whole page."""
    first, table = found.table.iloc[0], found.table
    count = table["verdict"].value_counts()
    parts = [
        "# The article's thirty claims",
        "Made by `crink-abm claims --markdown docs/claims.md`.",
        "Each claim of the article is a sentence about an estimate: a change of a risk, a level, a ratio. What is "
        "estimated, what the "
        "claim says of it, and the smallest distance that matters (the margin) stand in the claim's file, and were fixed before "
        "anything was run. A counter-claim from the literature is run the same way. Then the claim's mechanism is "
        "switched off in "
        "every world (*ablation*), and the constant that decides it is put at both ends of what we would not rule out, "
        "and at the "
        "value at which it does nothing.",
        f"{int(first['n_worlds'])} worlds, {int(first['n_different'])} of them different (draws of the calibrated "
        "ensemble: parameters "
        f"and structural switches); {int(first['runs_per_world'])} runs each and arm over {int(first['months'])} "
        f"months, {found.n_arms} "
        f"arms in all under common random numbers, seed {int(first['seed'])}. Intervals are 95 %, the different worlds "
        "as the sample "
        "(Student's t); they are not simultaneous over the thirty. An interval is called against the margin "
        "(superiority and equivalence), "
        "never by failing to be significant. These are statements about the model: what it makes of the article's "
        "sentences, and what "
        "one has to believe for them.",
        "## What the verdicts mean",
        markdown_table(
            ("verdict", "when (asked in this order)", "claims"),
            [(word, _MEANS[word], int(count.get(word, 0))) for word in VERDICTS],
        ),
        "The rule is one function, `crink_abm.analysis.claims.verdicts.verdict`. A fault planted in the model is "
        "caught by the claims "
        f"that rest on what it breaks: [{zoo}]({zoo}).",
        "## The thirty at a glance",
        markdown_table(
            ("claim", "says", "estimate [95 %]", "the claim says", "verdict", "counter-claim"),
            [
                (f"[{row.claim}](#{row.claim.lower()}-{row.verdict})", row.says, estimate(row), _against(row),
                 f"**{row.verdict}**", row.counter_state)
                for row in table.itertuples()
            ],
        ),
        *(section(row, found) for row in table.itertuples()),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def switches(found: Claims, claim: str) -> pd.DataFrame:
    """The estimate of a claim by structural switch and level."""
    return found.switches[found.switches["claim"] == claim]

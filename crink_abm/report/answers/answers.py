"""The answers in one page: the claims, the beliefs that matter, the policies that are robust, each with a sentence to quote."""

from typing import Any

import pandas as pd

from ...analysis.claims.run import Claims
from ...analysis.claims.verdicts import VERDICTS
from ...analysis.portfolio.study import Portfolio
from ...analysis.sensitivity.study import Sensitivity
from ...analysis.thresholds.questions import Thresholds
from ...util.markdown import markdown_table
from . import claims as claims_page
from . import portfolio as portfolio_page
from . import thresholds as thresholds_page

#: What a verdict lets a reader say.
_QUOTE = {
    "robust": "In the model this holds, and fails at neither end of its deciding constant nor under any structural switch",
    "fragile": "In the model this holds on average, and not everywhere",
    "shifted": "In the model this holds, but mostly for another reason than the one given",
    "assumption-driven": "In the model this holds because of a constant that nobody has measured",
    "refuted": "In the model this does not hold",
    "inconclusive": "The model does not settle this at the margin stated",
}  # fmt: skip
_BELIEFS = 10


def quote(row: Any) -> str:
    """The sentence on a claim that a policy reader may quote, with its interval and what it hangs on."""
    hangs = f"It hangs on `{row.constant}` ({'assumed' if row.source == 'assumed' else 'sourced'}): {claims_page.threshold(row)}"
    size = f"95 %, {row.n_different} different worlds, {row.runs_per_world} runs each"
    return f"{row.says} {_QUOTE[row.verdict]}: {row.estimand} is {claims_page.estimate(row)} ({size}). {hangs}."


def summary(claims: Claims) -> str:
    """How many claims have each verdict."""
    count = claims.table["verdict"].value_counts()
    said = [f"{count[name]} {name}" for name in VERDICTS if name in count]
    return f"Of {len(claims.table)} claims of the article {', '.join(said)}."


def document(
    claims: Claims, thresholds: Thresholds, sensitivity: Sensitivity, portfolio: Portfolio, command: str
) -> str:
    """The whole page.

    Parameters
    ----------
    command : that makes it
    """
    parts = [
        "# Answers",
        f"Made by `{command}`, from the studies whose pages are linked. Theoretical exploration, no forecast "
        "([how not to misread this](misreading.md)).",
        "**In short.** " + summary(claims) + " " + thresholds_page.summary(thresholds),
        "## What one has to believe",
        "Where the sign of a policy's effect turns on one belief ([thresholds.md](thresholds.md)):",
        "\n".join(f"- {sentence}" for sentence in _turning(thresholds.thresholds)),
        f"## The {_BELIEFS} beliefs that matter most",
        "For the *effects* of policies, by the mean total index over the questions asked: the share of an effect's variance "
        "between worlds of the prior that goes with the belief, alone or with others ([sensitivity.md](sensitivity.md)).",
        _beliefs(sensitivity),
        "## The policies that are robust",
        "Chosen among thousands, and valued on fresh runs ([portfolio.md](portfolio.md)):",
        "\n".join(f"- {sentence}" for sentence in _policies(portfolio)),
        "## The thirty claims",
        "What may be quoted of each, with its interval and what it hangs on. What the verdicts mean, the counter-claims and the "
        "article's lines are in [claims.md](claims.md).",
        markdown_table(
            ("claim", "verdict", "to quote"),
            [(f"[{row.claim}](claims.md)", f"**{row.verdict}**", quote(row)) for row in claims.table.itertuples()],
        ),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _turning(table: pd.DataFrame) -> list[str]:
    """The sentences of the beliefs at which a sign turns within what was declared."""
    inside = (table["threshold"] >= table["declared_low"]) & (table["threshold"] <= table["declared_high"])
    return list(table.loc[(table["kind"] == "levels") | ((table["kind"] == "bounded") & inside), "sentence"])


def _beliefs(found: Sensitivity) -> str:
    rows = []
    for row in found.top(True, _BELIEFS).itertuples():
        mine = found.indices[(found.indices["factor"] == row.factor) & (found.indices["kind"] == "effect")]
        best = mine.loc[mine["total"].idxmax()]
        ends = f"{best['total']:.2f} [{best['total_low']:.2f}, {best['total_high']:.2f}]"
        ends += f" ({best['policy']} on `{best['outcome']}`)"
        standing = row.standing if row.standing == "assumed" or not row.source else f"{row.standing} ({row.source})"
        rows.append((f"`{row.factor}`", row.meaning, f"{row.total:.2f}", ends, standing))
    return markdown_table(("belief", "what it is", "mean total index", "largest [simultaneous 95 %]", "standing"), rows)


def _policies(found: Portfolio) -> list[str]:
    return [sentence for sentence in portfolio_page.sentences(found) if sentence.startswith("Budget")] or [
        "No policy is told from today's."
    ]


def numbers(table: pd.DataFrame) -> dict[str, int]:
    """Verdicts, counted."""
    return {str(name): int(n) for name, n in table["verdict"].value_counts().items()}

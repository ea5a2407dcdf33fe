"""An ablation as a Markdown page."""

from typing import Any

import pandas as pd

from ...analysis.ablation import ADDS, AGAINST, CARRIES, IDLE, LOWERS, NO_PART, OFFSET, OPEN, RAISES, Ablation
from ...model.mechanisms import MECHANISMS, NONE
from ...util.markdown import markdown_table

#: What is said of a mechanism's part, with what it means.
MEANS = {
    CARRIES: "the effect lies beyond the margin, the mechanism's part too and on the same side, and without it nothing is left "
    "beyond the margin on that side",
    ADDS: "the same, but without it the effect still lies beyond the margin",
    AGAINST: "the mechanism's part lies beyond the margin on the other side than the effect",
    OFFSET: "the mechanism's part lies beyond the margin, and the effect within it: other mechanisms cancel the part",
    NO_PART: "the part lies inside the margin",
    OPEN: "an interval reaches across the margin: more runs or worlds are needed",
}


def points(value: float) -> str:
    """A change in percentage points."""
    return f"{100 * value:+.2f}".replace("-", "−")


def _change(row: Any, name: str) -> str:
    middle, low, high = (points(getattr(row, name + end)) for end in ("", "_low", "_high"))
    return f"{middle} [{low}, {high}]"


def summary(found: Ablation) -> str:
    """What carries, adds to or works against what, a line each."""
    lines = []
    for row in _told(found.effects).itertuples():
        lines.append(
            f"{row.package:<24} {row.outcome:<16} {row.mechanism:<20} {row.verdict:<20} part {_change(row, 'part')}"
        )
    lines.append(f"mechanisms that move nothing within the margin: {', '.join(found.dead) or 'none'}")
    return "\n".join(lines)


def _told(effects: pd.DataFrame) -> pd.DataFrame:
    if not len(effects):
        return effects
    return effects[effects["verdict"].isin([CARRIES, ADDS, AGAINST, OFFSET])]


def document(found: Ablation, file: str) -> str:
    """The whole page."""
    first = (found.effects if len(found.effects) else found.audit).iloc[0]
    size = (
        f"{int(first['n_worlds'])} worlds, {int(first['n_different'])} of them different; "
        f"{int(first['runs_per_world'])} runs each and "
        f"arm under common random numbers; margin {100 * first['margin']:g} percentage points; intervals are 95 %, the "
        "different worlds "
        "as the sample"
    )
    counts = found.effects["verdict"].value_counts() if len(found.effects) else pd.Series(dtype=int)
    parts = [
        "# Ablation: what carries what",
        f"Made by `crink-abm ablate {file} --markdown docs/ablation.md`.",
        "A mechanism is switched off in every world by the values of its constants at which it does nothing, also where they lie "
        "outside the ranges of the prior. Every policy is then run again on the same random numbers. The *part* of a "
        "mechanism in an "
        "effect is the effect with it less the effect without it, paired run by run. It says what the model's answer "
        "rests on; it does "
        "not say that the mechanism is there in the world.",
        f"{size}.",
        markdown_table(
            ("verdict", "when", "of the effects below"),
            [(word, what, int(counts.get(word, 0))) for word, what in MEANS.items()],
        ),
    ]
    if len(found.effects):
        parts += [
            "## What is told",
            "Every effect in which a mechanism's part can be told and is not within the margin; percentage points.",
            markdown_table(
                ("policy", "outcome", "mechanism", "effect", "without it", "part", "verdict"),
                [
                    (
                        f"`{row.package}`",
                        f"`{row.outcome}`",
                        row.mechanism,
                        *(_change(row, name) for name in ("before", "after", "part")),
                        row.verdict,
                    )
                    for row in _told(found.effects).itertuples()
                ],
            ),
        ]
    wide = {
        (row.mechanism, row.outcome): f"{points(row.difference)} [{points(row.low)}, {points(row.high)}] "
        + {RAISES: "↑", LOWERS: "↓", IDLE: "·", OPEN: "?"}[row.verdict]
        for row in found.audit.itertuples()
    }
    outcomes = list(dict.fromkeys(found.audit["outcome"]))
    names = list(dict.fromkeys(found.audit["mechanism"]))
    parts += [
        "## The audit of mechanisms",
        "What each mechanism does to each risk at the baseline policy: with it less without it, percentage points. ↑ "
        "raises it beyond the "
        "margin, ↓ lowers it, · does not move it within the margin, ? cannot be told.",
        markdown_table(
            ("mechanism", *(f"`{name}`" for name in outcomes)),
            [(name, *(wide[name, one] for one in outcomes)) for name in names],
        ),
        "Mechanisms that move no outcome and no effect here beyond the margin (dead at this baseline): "
        f"{', '.join(found.dead) or 'none'}.",
        "## The mechanisms",
        "What each says, the constants that switch it off with their neutral values, and the claims that rest on it. "
        "Those without a "
        "neutral value cannot be switched off by a number.",
        markdown_table(
            ("mechanism", "says", "off at", "claims"),
            [
                (one.name, one.meaning, ", ".join(f"`{name}` = {value:g}" for name, value in one.neutral.items()) or "no number",
                 " ".join(one.claims))
                for one in MECHANISMS.values()
            ],
        ),
        f"{len(NONE)} parameters belong to no mechanism: starting values, trends that no actor decides, and the noise "
        "of measured series.",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"

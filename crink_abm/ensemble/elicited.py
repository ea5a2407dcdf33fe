"""Risks as elicited: bands over ten years at today's policy, outside of which a world is taken for implausible."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """An elicited range of a probability over ten years at today's policy."""

    name: str
    outcome: str
    low: float
    high: float
    source: str


BANDS = (
    Band("invasion of Taiwan within ten years", "taiwan_invasion", 0.05, 0.25, "elicitations, F146-F161"),
    Band("war in Korea, 0.002-0.02 a year", "korea_war", 1 - 0.998**10, 1 - 0.98**10, "F169 (ours)"),
    Band(
        "Korean front within a year of an invasion of Taiwan", "korea_within_12_of_invasion", 0.05, 0.60, "F168 (ours)"
    ),
)

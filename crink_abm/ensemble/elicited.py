"""Risks as elicited: bands over ten years at today's policy, outside of which a world is taken for implausible.

They are opinion, a soft prior, and stated as such. There is none on the chance that Korea follows Taiwan: a band on what a
claim is about would decide the claim.
"""

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
    Band("war in Korea, at most 0.02 a year", "korea_war", 0.0, 1 - 0.98**10, "F169 (ours)"),
)

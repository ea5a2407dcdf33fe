"""What is made of a claim's evidence: one rule, from intervals against a margin to a word.

An interval is *called* against the margin, never by failing to be significant: ``above`` or ``below`` where all of it lies beyond
the margin (superiority), ``within`` where all of it lies inside (equivalence), else ``open``.

==================  =========================================================================================================
verdict             when
==================  =========================================================================================================
inconclusive        the interval is open: more runs or worlds are needed
refuted             the interval says the opposite of the claim, or no effect within the margin
assumption-driven   the claim holds, but not at one end of what its deciding constant may be, it is gone without its mechanism,
                    and no source but our assumption stands behind the constant
fragile             the claim holds on average, but not at one end of its deciding constant, or not under some structural
                    switch, or more than a quarter of the worlds with a clear sign say the opposite
shifted             the claim holds, but at least half of it stays without its mechanism: another mechanism carries it
robust              none of these
==================  =========================================================================================================

They are asked in this order. Source of calling by intervals: Schuirmann 1987 (two one-sided tests).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

#: The verdicts, in the order in which they are asked.
VERDICTS = ("inconclusive", "refuted", "assumption-driven", "fragile", "shifted", "robust")
#: Share of clear worlds on the other side above which a claim is fragile.
MOST_OPPOSED = 0.25
#: Share of an effect that stays without its mechanism from which on another carries it.
SHIFTED = 0.5


@dataclass(frozen=True)
class Interval:
    """A mean over worlds, 95 %, the worlds as the sample; of an estimate less what it is compared with."""

    mean: float
    low: float
    high: float

    def called(self, margin: float) -> str:
        """``above``, ``below``, ``within`` or ``open``.

        Examples
        --------
        >>> Interval(0.02, 0.01, 0.03).called(0.005), Interval(0.0, -0.001, 0.001).called(0.005)
        ('above', 'within')
        >>> Interval(0.004, 0.001, 0.007).called(0.005)
        'open'
        """
        if self.low > margin:
            return "above"
        if self.high < -margin:
            return "below"
        return "within" if -margin <= self.low and self.high <= margin else "open"


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on.

    Attributes
    ----------
    expected : the claim: above, below or same
    margin : what matters
    estimate : over all worlds
    opposed : share of the worlds with a clear sign that say the opposite; nan where none is clear
    switches : (switch, level) -> the estimate in the worlds of that level
    ablated : the estimate with the claim's mechanisms switched off; None if they cannot be
    ends : the estimate with the deciding constant at the low and at the high end of its range
    sourced : whether more than our assumption stands behind the deciding constant
    """

    expected: str
    margin: float
    estimate: Interval
    opposed: float = 0.0
    switches: Mapping[tuple[str, str], Interval] = field(default_factory=dict)
    ablated: Interval | None = None
    ends: tuple[Interval, ...] = ()
    sourced: bool = False

    def says(self, interval: Interval) -> str:
        """What an interval says of the claim: ``holds``, ``fails`` or ``open``."""
        called = interval.called(self.margin)
        wanted = "within" if self.expected == "same" else self.expected
        return "open" if called == "open" else ("holds" if called == wanted else "fails")

    @property
    def failing_switches(self) -> list[tuple[str, str]]:
        """The levels of switches under which the claim fails."""
        return [level for level, interval in self.switches.items() if self.says(interval) == "fails"]

    @property
    def turns(self) -> bool:
        """Whether the claim fails at an end of what its deciding constant may be."""
        return any(self.says(end) == "fails" for end in self.ends)

    @property
    def rests(self) -> bool:
        """Whether the claim is gone without its mechanisms."""
        return self.ablated is not None and self.says(self.ablated) == "fails"

    @property
    def stays(self) -> float:
        """The share of the effect that stays without its mechanisms; nan where there is none to speak of."""
        if self.ablated is None or self.expected == "same" or not self.estimate.mean:
            return float("nan")
        return self.ablated.mean / self.estimate.mean


def verdict(evidence: Evidence) -> str:
    """The verdict: one of :data:`VERDICTS`.

    Examples
    --------
    >>> verdict(Evidence("below", 0.005, Interval(-0.02, -0.03, -0.01), ablated=Interval(0.0, -0.001, 0.001)))
    'robust'
    >>> verdict(Evidence("below", 0.005, Interval(0.0, -0.001, 0.001)))
    'refuted'
    """
    says = evidence.says(evidence.estimate)
    if says == "open":
        return "inconclusive"
    if says == "fails":
        return "refuted"
    if evidence.turns and evidence.rests and not evidence.sourced:
        return "assumption-driven"
    if evidence.turns or evidence.failing_switches or evidence.opposed > MOST_OPPOSED:
        return "fragile"
    if evidence.ablated is not None and evidence.says(evidence.ablated) == "holds" and evidence.stays >= SHIFTED:
        return "shifted"
    return "robust"


def because(evidence: Evidence) -> str:
    """Why, in a sentence."""
    estimate, word = evidence.estimate, verdict(evidence)
    if word == "inconclusive":
        return "the interval reaches across the margin: more runs or worlds are needed"
    if word == "refuted":
        called = estimate.called(evidence.margin)
        return (
            "no effect within the margin"
            if called == "within"
            else f"the estimate lies {called}, the claim says {evidence.expected}"
        )
    if word == "assumption-driven":
        return (
            "it fails at one end of what its constant may be, is gone without its mechanism, and only our assumption stands "
            "behind it"
        )
    if word == "fragile":
        why = ["it fails at one end of what its constant may be"] if evidence.turns else []
        why += [f"it fails where {switch} is {level}" for switch, level in evidence.failing_switches]
        if evidence.opposed > MOST_OPPOSED:
            why.append(f"{100 * evidence.opposed:.0f} % of the clear worlds say the opposite")
        return "; ".join(why)
    if word == "shifted":
        return f"{100 * evidence.stays:.0f} % of it stays without its mechanism: another carries it"
    return f"it fails at neither end of what its constant may be, and under no structural switch; {_without(evidence)}"


def _without(evidence: Evidence) -> str:
    """What is left of a claim without its mechanism, in words."""
    if evidence.ablated is None:
        return "its mechanism cannot be switched off"
    said = evidence.says(evidence.ablated)
    if said == "fails":
        return "without its mechanism it is gone"
    if said == "open":
        return "what stays without its mechanism is open"
    if evidence.expected == "same":
        return "it holds without its mechanism too"
    return f"without its mechanism {100 * evidence.stays:.0f} % of it stays"

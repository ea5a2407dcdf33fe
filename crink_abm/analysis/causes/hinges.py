"""Hinges: decisions and chance events that a replay may turn the other way, one in a month, everything else as drawn.

A hinge is a rule and what it gives where it is turned. A leader's decision turns to the option that keeps the status quo; a
chance event that came does not come, and an entry into a war that was open and did not come, comes. Turned, a rule writes the
other value in that month; all other rules, and all draws of all months, stay as they are, so that later decisions answer to what
has changed.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...agents.model import DeterrenceModel
from ...model.schedule import Step, steps

_STEPS: dict[str, Step] = {step.name: step for step in steps()}


@dataclass(frozen=True)
class Hinge:
    """One rule that may be turned.

    Attributes
    ----------
    rule : its full name
    turned : what it gives where it is turned: an expression of its arguments and of ``usual``, what it gives by itself
    where : fields, one of which is above 0 in any month that may have something to turn; or that have changed, after ``~``
    rank : the order in which pairs are looked for: 0 decisions and crises, 1 who fights, 2 what surrounds them
    decision : whether a leader decides, or chance does
    field : the field by which what happened is said
    words : what each value of that field means; or, of a draw that has many, what happened and what happens instead
    """

    rule: str
    turned: str
    where: tuple[str, ...]
    rank: int
    decision: bool
    field: str
    words: Mapping[float, str] | tuple[str, str]

    @property
    def writes(self) -> tuple[str, ...]:
        """The fields that the rule writes."""
        return _STEPS[self.rule].writes

    def say(self, happened: float, instead: float) -> tuple[str, str]:
        """What happened and what happens instead, in words, by the values of the hinge's field."""
        if isinstance(self.words, tuple):
            return self.words
        words = self.words
        first, second = (words[min(words, key=lambda known: abs(known - value))] for value in (happened, instead))
        return first, second


def _joins(rule: str, field: str, open_where: str, who: str, k: int | None = None) -> Hinge:
    """An entry into a war: turned, it does not come in that month, or comes where it was open."""
    usual = "usual" if k is None else f"usual[{k}]"
    other = f"(1.0 - {usual} if ({open_where}) and {field} == 0.0 else {usual})"
    turned = other if k is None else f"(usual[0], {other})"
    return Hinge(rule, turned, ("force_anywhere",), 1, False, field, {0.0: f"{who} stays out", 1.0: f"{who} enters"})


HINGES: tuple[Hinge, ...] = (
    Hinge("xi.choose", "0.0", ("xi_choice",), 0, True, "xi_choice",
          {0.0: "Xi waits", 1.0: "Xi acts in the grey zone", 2.0: "Xi blockades Taiwan", 3.0: "Xi invades Taiwan"}),
    Hinge("kim.choose", "0.0", ("kim_choice",), 0, True, "kim_choice",
          {0.0: "Kim stands down", 1.0: "Kim holds the crisis", 2.0: "Kim attacks in a limited way", 3.0: "Kim goes to war"}),
    Hinge("xi.episode", "((0.0, 0.0) if taiwan_status < 3.0 else usual)", ("taiwan_episode",), 0, False, "taiwan_episode",
          {0.0: "the Strait is calm", 1.0: "there is a crisis over Taiwan", 2.0: "the blockade goes on"}),
    Hinge("kim.episode", "((0.0, 0.0) if korea_status < 3.0 else usual)", ("korea_episode",), 0, False, "korea_episode",
          {0.0: "Korea is calm", 1.0: "there is a crisis in Korea", 2.0: "the limited attack goes on"}),
    Hinge("kim.agreement", "0.0", ("agreement_called",), 0, False, "agreement_called",
          {0.0: "no agreement calls Kim", 1.0: "Xi's war calls Kim by prior agreement"}),
    Hinge("xi.private_type", "(1.0, 1.0, 0.0)", ("xi_type_due",), 0, False, "xi_costs",
          ("Xi's private type is drawn", "Xi is the leader in the middle")),
    Hinge("kim.private_type", "(1.0, 1.0, 0.0)", ("kim_type_due",), 0, False, "kim_costs",
          ("Kim's private type is drawn", "Kim is the leader in the middle")),
    _joins("united_states.enters", "us_in", "taiwan_status >= 2.0", "the United States (Taiwan)"),
    _joins("united_states.joins_korea", "us_in_korea", "korea_status == 3.0", "the United States (Korea)"),
    _joins("allies.japan_enters", "japan_in", "taiwan_status >= 2.0 and us_in > 0.0", "Japan"),
    _joins("russia.joins", "russia_in", "taiwan_status == 3.0 or korea_status == 3.0", "Russia", 1),
    _joins("iran.joins", "iran_in", "taiwan_status == 3.0", "Iran"),
    _joins("north_korea.joins", "north_korea_in", "taiwan_status == 3.0", "North Korea (Taiwan)"),
    _joins("china.joins_korea", "china_in_korea", "korea_status == 3.0", "China (Korea)"),
    Hinge("world.nuclear_rung", "(usual[0], 0.0, nuclear_used)", ("nuclear_now",), 1, False, "nuclear_now",
          {0.0: "no nuclear weapon is used", 1.0: "a nuclear weapon is used"}),
    Hinge("world.taiwan_front", "2.0 * taiwan_front - usual if taiwan_status >= 2.0 else usual", ("force_anywhere",), 1, False,
          "taiwan_front", ("the month's fighting over Taiwan", "it goes the other way")),
    Hinge("world.korea_front", "2.0 * korea_front - usual if korea_status == 3.0 else usual", ("force_anywhere",), 1, False,
          "korea_front", ("the month's fighting in Korea", "it goes the other way")),
    Hinge("united_states.crisis_elsewhere", "us_crisis if driver_us_crisis < 0.0 else usual", ("~us_crisis",), 2, False,
          "us_crisis", {0.0: "no crisis elsewhere ties down US forces", 1.0: "a crisis elsewhere ties down US forces"}),
    Hinge("russia.war_in_ukraine", "ukraine_war if driver_ukraine < 0.0 else usual", ("~ukraine_war",), 2, False,
          "ukraine_war", {0.0: "the war in Ukraine ends", 1.0: "the war in Ukraine goes on"}),
    Hinge("world.succession", "(0.0, 0.0)", ("xi_new", "kim_new"), 2, False, "xi_new",
          ("a leader is succeeded", "he stays")),
    Hinge("united_states.administration", "0.0 if driver_inauguration > 0.0 else usual", ("~us_administration",), 2, False,
          "us_administration", ("an administration takes office", "one in the middle takes office")),
    Hinge("united_states.responds", "(usual[1], usual[0])", ("us_response", "us_silence"), 2, False, "us_response",
          {0.0: "Washington stays silent on a provocation", 1.0: "Washington answers a provocation"}),
    Hinge("north_korea.provocation", "(usual[0], 0.0, 0.0, memory_decay * provocation_memory)", ("provocation",), 2, False,
          "provocation", {0.0: "no missile is tested", 1.0: "missiles are tested"}),
)  # fmt: skip
#: Rule -> its number, from 1: what a change is written as.
NUMBER = {hinge.rule: k for k, hinge in enumerate(HINGES, 1)}
BY_RULE = {hinge.rule: hinge for hinge in HINGES}
#: What a change's month is added to, times its hinge's number; more than the months of any run.
SCALE = 2048.0


@dataclass(frozen=True, order=True)
class Change:
    """A hinge turned in one month (from 0)."""

    month: int
    rule: str

    @property
    def code(self) -> float:
        """The change as a number."""
        return SCALE * NUMBER[self.rule] + self.month


def with_turns(
    step: Step, turned: str, condition: str, asked: Sequence[str] = (), rule: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """A rule that gives what it gives by itself, but where a condition holds what it gives when turned.

    Parameters
    ----------
    step : the rule's step
    turned : the expression of :attr:`Hinge.turned`
    condition : an expression of the names ``asked`` for besides the rule's arguments
    rule : a function of the reader's in place of the rule, if any
    """
    arguments = list(inspect.signature(rule or step.rule).parameters)
    names = list(dict.fromkeys((*arguments, *step.reads, *asked)))
    text = f"""def {step.rule.__name__}({", ".join(names)}):
    usual = rule({", ".join(arguments)})
    return ({turned}) if {condition} else usual
"""
    scope: dict[str, Any] = {"__name__": step.rule.__module__, "rule": rule or step.rule}
    exec(text, scope)
    made: Callable[..., Any] = scope[step.rule.__name__]
    return made


def rules_of(
    changes: Sequence[Change], rules: Mapping[str, Callable[..., Any]] | None = None
) -> dict[str, Callable[..., Any]]:
    """Changes as functions in place of rules: what ``DeterrenceModel(rules=...)`` takes; ``rules`` are the reader's own.

    Examples
    --------
    >>> list(rules_of([Change(3, "xi.choose")]))
    ['xi.choose']
    """
    made = dict(rules or {})
    for rule in sorted({change.rule for change in changes}):
        months = [change.month for change in changes if change.rule == rule]
        condition = " or ".join(f"month == {float(month)!r}" for month in months)
        made[rule] = with_turns(_STEPS[rule], BY_RULE[rule].turned, condition, ("month",), made.get(rule))
    return made


def replay(changes: Sequence[Change], **made_with: Any) -> DeterrenceModel:
    """A run in Mesa, from its beginning, with some changes; ``made_with`` is what ``DeterrenceModel`` takes.

    Rules of the reader's own (``rules=``) stay; turned, they give the other value in that month alone.

    Examples
    --------
    >>> replay([], seed=1, run=3, months=12).run().month
    12
    """
    rules = rules_of(changes, made_with.pop("rules", None))
    return DeterrenceModel(rules=rules or None, **made_with)

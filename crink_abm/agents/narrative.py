"""Tells one run: what happened, in which month, and what each leader weighed. It recomputes nothing."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..model import outcomes
from ..model.enums import KimOption, Theory, XiOption
from ..model.fields import BY_NAME
from ..model.levers import COLUMNS, month_label

if TYPE_CHECKING:
    from .model import DeterrenceModel


@dataclass(frozen=True)
class Event:
    """Something worth telling, in a month that is counted from 0.

    ``calculus`` is a table of a leader's options, where he decided.
    """

    month: int
    date: str
    actor: str
    text: str
    calculus: pd.DataFrame | None = field(default=None, repr=False)
    weighed: dict[str, float] = field(default_factory=dict)
    theory: Theory | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        options = None if self.calculus is None else self.calculus.reset_index().to_dict("records")
        return {"month": self.month, "date": self.date, "actor": self.actor, "text": self.text,
                "theory": None if self.theory is None else self.theory.name.lower(),
                "options": options, "weighed": self.weighed}  # fmt: skip


_XI = (
    ("wait", "u_wait", None, "prob_wait"),
    ("grey zone", "u_grey", "win_grey", "prob_grey"),
    ("blockade", "u_blockade", "win_blockade", "prob_blockade"),
    ("invasion", "u_invasion", "win_invasion", "prob_invasion"),
)
_KIM = (
    ("stand down", "u_stand_down", None, "prob_stand_down"),
    ("hold", "u_hold", None, "prob_hold"),
    ("limited attack", "u_attack", "win_attack", "prob_attack"),
    ("war", "u_war", "win_korea", "prob_war"),
)
_XI_WEIGHED = ("us_enters_invasion", "xi_expected_help", "value_wait", "cost_posture", "cost_sea", "cost_coordination",
               "cost_japan", "cost_sanctions", "cost_nuclear", "expected_decline", "grievance")  # fmt: skip
_KIM_WEIGHED = ("punish_attack", "punish_war", "retaliation", "kim_cost_nuclear", "kim_opening", "kim_fear", "hardship",
                "china_restraint", "korea_guard")  # fmt: skip
_XI_SAYS = {
    XiOption.WAIT: "waits and lets the crisis pass",
    XiOption.GREY_ZONE: "acts in the grey zone; the crisis goes on",
    XiOption.BLOCKADE: "blockades Taiwan",
    XiOption.INVADE: "invades Taiwan",
}
_KIM_SAYS = {
    KimOption.STAND_DOWN: "stands down",
    KimOption.HOLD: "holds the crisis at the brink",
    KimOption.LIMITED_ATTACK: "attacks in a limited way",
    KimOption.WAR: "goes to war",
}


@dataclass(frozen=True)
class _Theatre:
    """How one theatre's crises are told."""

    place: str
    where: str
    force: str
    leader: str
    state: str
    status: str
    imposed: str
    decides: str
    choice: str
    best: str
    type: str
    says: dict[Any, str]
    options: tuple[Any, ...]
    weighed: tuple[Any, ...]
    theory: str


_TAIWAN = _Theatre("over Taiwan", "the Strait", "The blockade of Taiwan", "Xi", "China", "taiwan_status", "force_taiwan",
                   "xi_decides", "xi_choice", "xi_best", "xi", _XI_SAYS, _XI, _XI_WEIGHED, "xi_theory")  # fmt: skip
_KOREA = _Theatre("in Korea", "Korea", "The limited attack in Korea", "Kim", "North Korea", "korea_status", "force_korea",
                  "kim_decides", "kim_choice", "kim_best", "kim", _KIM_SAYS, _KIM, _KIM_WEIGHED, "kim_theory")  # fmt: skip


#: What is told, to be filled in: also what the live page tells a run with (:mod:`crink_abm.page.story`).
TEXTS = {
    "administration": "An administration takes office; it adds {added:+.2f} to Washington's will to fight.",
    "succeeded": "{leader} is succeeded; the story calls his successor by his name.",
    "type": "{leader}'s private type is drawn: stakes {stakes:.2f}, costs of force {costs:.2f} (the leader in the middle: 1), "
    "optimism {optimism:+.2f}.",
    "imposed": "An intervention puts {where} {at}; {leader} has nothing to decide.",
    "head": "The crisis {place} comes to a head",
    "at once": "A crisis breaks out {place} and comes to a head at once",
    "goes on": "{force} goes on",
    "called": "Xi's war calls Kim by prior agreement",
    "decides": "{opening}. {leader} {says}.",
    "breaks out": "A crisis breaks out {place}.",
    "settled": "The crisis {place} is settled by others before {leader} decides.",
    "taiwan ends": "The war for Taiwan ends after {months}: {held}",
    "taiwan yields": "Taiwan yields to the blockade",
    "taiwan 1": "Beijing holds the island",
    "taiwan -1": "the invasion is repelled",
    "taiwan odds": "{told} (Beijing's odds in the last month's fighting: {odds:.2f}).",
    "blockade broken": "The blockade of Taiwan is broken.",
    "korea ends": "The war in Korea ends after {months}: {held} (Pyongyang's odds in the last month's fighting: {odds:.2f}).",
    "korea 1": "Pyongyang prevails",
    "korea -1": "the North is beaten back",
}
#: What begins and ends with a field: (actor, field, what is told where it rises above 0, where it falls to 0), in order. Two
#: are told before the leaders' crises, the others after them.
TURNS: tuple[tuple[str, str, str | None, str | None], ...] = (
    ("Russia", "ukraine_war", None, "The war in Ukraine ends."),
    ("United States", "us_crisis", "A crisis elsewhere ties down US forces.", "The crisis elsewhere is over."),
    ("United States", "us_in", "The United States enters the fight for Taiwan.", None),
    ("Japan", "japan_in", "Japan enters the fight for Taiwan.", None),
    ("Russia", "russia_in", "Russia joins the war.", None),
    ("Iran", "iran_in", "Iran opens a diversion.", None),
    ("North Korea", "north_korea_in", "Pyongyang is in Beijing's war.", None),
    ("China", "china_in_korea", "China enters the war in Korea.", None),
    ("United States", "us_in_korea", "The United States enters the war in Korea.", None),
    ("World", "nuclear_now", "A nuclear weapon is used.", None),
)

#: What an intervention puts a theatre at, by its status.
_IMPOSED = ("at calm", "in a crisis", "at limited force", "at war")


def _tell_leader(tell: Callable[..., None], theatre: _Theatre, now: pd.Series) -> None:
    """A leader is succeeded; what he alone knows of himself is drawn."""
    leader, name = theatre.leader, theatre.type
    if now[f"{name}_new"] > 0:
        tell(theatre.state, TEXTS["succeeded"].format(leader=leader))
    if now[f"{name}_type_due"] > 0:
        stakes, costs, optimism = (now[f"{name}_{part}"] for part in ("stakes", "costs", "optimism"))
        tell(theatre.state, TEXTS["type"].format(leader=leader, stakes=stakes, costs=costs, optimism=optimism))


def _tell_crisis(
    tell: Callable[..., None], theatre: _Theatre, now: pd.Series, before: pd.Series, parameters: Mapping[str, float],
    imposed: tuple[float, float],
) -> None:  # fmt: skip
    """A crisis breaks out, comes to a head, goes on as force, is settled, or is imposed (``imposed``: last month, this one)."""
    then = before[theatre.status]
    if imposed[1] >= 0:
        if imposed[1] != imposed[0]:
            at = _IMPOSED[round(imposed[1])]
            tell("World", TEXTS["imposed"].format(where=theatre.where, at=at, leader=theatre.leader))
    elif now[theatre.decides] > 0:
        opening = {0: "at once", 2: "goes on"}.get(then, "head")
        opening = "called" if theatre.leader == "Kim" and now["agreement_called"] > 0 else opening
        opening = TEXTS[opening].format(place=theatre.place, force=theatre.force)
        says = theatre.says[int(now[theatre.choice])]
        tell(theatre.leader, TEXTS["decides"].format(opening=opening, leader=theatre.leader, says=says),
             options(now, theatre.options, int(now[theatre.best])), {name: float(now[name]) for name in theatre.weighed},
             Theory(int(parameters[theatre.theory])))  # fmt: skip
    elif then == 0 and now[theatre.status] == 1:
        tell(theatre.state, TEXTS["breaks out"].format(place=theatre.place))
    elif then in (1, 2) and now[theatre.status] == 0 and now[f"{theatre.status[:-7]}_episode"] == 0:
        tell(theatre.state, TEXTS["settled"].format(place=theatre.place, leader=theatre.leader))


def options(row: pd.Series, which: Iterable[tuple[str, str, str | None, str]], best: int) -> pd.DataFrame:
    """A leader's options in one month: success, utility, probability, and whether he would choose it without noise."""
    return pd.DataFrame(
        {
            "success": [np.nan if win is None else row[win] for _, _, win, _ in which],
            "utility": [row[name] for _, name, _, _ in which],
            "probability": [row[name] for _, _, _, name in which],
            "best": [k == best for k, _ in enumerate(which)],
        },
        index=pd.Index([label for label, *_ in which], name="option"),
    )


def outcome(model: "DeterrenceModel") -> dict[str, str | None]:
    """When each outcome first happened (``YYYY-MM``), None if it never did."""
    registry = outcomes.REGISTRY
    when = registry.months(np.array([[model.value(name) for name in registry.results]]))[0]
    return {
        name: month_label(int(month), model.start) if month >= 0 else None
        for name, month in zip(registry.names, when, strict=True)
    }


def _months(count: float) -> str:
    return "1 month" if count == 1 else f"{int(count)} months"


def _turns(now: pd.Series, before: pd.Series, name: str, begins: str | None, ends: str | None) -> str | None:
    if now[name] > 0 and not before[name] > 0:
        return begins
    if before[name] > 0 and not now[name] > 0:
        return ends
    return None


#: What Pyongyang's tests turn to, by the regime before and after: quiet 0, campaign 1, moratorium 2.
_TESTS = {
    (0, 1): "A campaign of missile tests begins.",
    (1, 0): "The campaign of missile tests ends.",
    (0, 2): "Talks open a moratorium on missile tests.",
    (1, 2): "Talks open a moratorium on missile tests; the campaign stops.",
    (2, 1): "The moratorium breaks; a campaign of missile tests begins.",
}


def events(model: "DeterrenceModel") -> list[Event]:
    """What happened in a run so far, in order."""
    history, given = model.history, model._calendar
    found = []
    before = pd.Series({name: float(BY_NAME[name].initial or 0) if not isinstance(BY_NAME[name].initial, str) else 0.0
                        for name in history.columns})  # fmt: skip
    for month, (date, now) in enumerate(history.iterrows()):

        def tell(actor: str, text: str | None, *rest: Any, month: int = month, date: str = date) -> None:
            if text:
                found.append(Event(month, date, actor, text, *rest))

        for actor, name, begins, ends in TURNS[:2]:
            tell(actor, _turns(now, before, name, begins, ends))
        if month:
            tell("North Korea", _TESTS.get((before["testing_regime"], now["testing_regime"])))
        if now["us_administration"] != before["us_administration"]:
            tell("United States", TEXTS["administration"].format(added=now["us_administration"]))
        for theatre in (_TAIWAN, _KOREA):
            _tell_leader(tell, theatre, now)
            imposed = given[month - 1, COLUMNS.index(theatre.imposed)] if month else -1.0
            _tell_crisis(tell, theatre, now, before, model.parameters,
                         (imposed, given[month, COLUMNS.index(theatre.imposed)]))  # fmt: skip
        for actor, name, begins, ends in TURNS[2:]:
            tell(actor, _turns(now, before, name, begins, ends))
        for one in outcomes.REGISTRY.by_name.values():
            if one.story and one.first is not None and now[one.first] == month:
                tell("World", one.story)
        if now["taiwan_resolved"] != before["taiwan_resolved"]:
            held = TEXTS["taiwan 1" if now["taiwan_resolved"] > 0 else "taiwan -1"]
            ends = "taiwan ends" if now["taiwan_war_months"] > 0 else "taiwan yields"
            ended = TEXTS[ends].format(months=_months(now["taiwan_war_months"]), held=held)
            tell("World", TEXTS["taiwan odds"].format(told=ended, odds=now["beijing_win_prob"]))
        elif before["taiwan_status"] == 2 and now["taiwan_front"] <= -1:
            tell("World", TEXTS["blockade broken"])
        if now["korea_resolved"] != before["korea_resolved"]:
            held = TEXTS["korea 1" if now["korea_resolved"] > 0 else "korea -1"]
            months = _months(now["korea_war_months"])
            tell("World", TEXTS["korea ends"].format(months=months, held=held, odds=now["pyongyang_win_prob"]))
        before = now
    return found


def _plain(meaning: str) -> str:
    """A meaning in mid-sentence: lower case unless it starts with a name."""
    named = meaning.split("'")[0].split()[0] in ("Xi", "Kim", "Beijing", "US")
    return meaning if named else meaning[0].lower() + meaning[1:]


def _lines_of(event: Event) -> Iterator[str]:
    yield f"{event.date}  {event.text}"
    if event.calculus is not None:
        yield f"{'':9}{event.actor} weighs     success  utility  probability"
        for label, row in event.calculus.iterrows():
            success = "" if np.isnan(row["success"]) else f"{row['success']:.2f}"
            best = "  his best option" if row["best"] else ""
            yield f"{'':9}  {label:15} {success:>7}  {row['utility']:7.2f}  {row['probability']:11.3f}{best}"
        if event.theory == Theory.SATISFICING:
            yield f"{'':9}  (he satisfices: the highest rung that clears his threshold; utilities only for comparison)"
        terms = [f"{_plain(BY_NAME[name].meaning)} {value:.2f}" for name, value in event.weighed.items()]
        line = f"{'':9}with "
        for term in terms:
            if len(line) + len(term) > 110:
                yield line.rstrip()
                line = f"{'':11}"
            line += term + "; "
        yield line.rstrip("; ") + "."


_YEARLY = ("arms_flow", "russian_trust", "technology", "hardship", "grievance", "china_belief", "nk_belief",
           "rok_consent", "japan_access", "attention_taiwan", "attention_korea")  # fmt: skip


def story(model: "DeterrenceModel") -> str:
    """The run told month by month, with each leader's calculus where he decided, and the year's state."""
    history, happenings = model.history, events(model)
    policy = ", ".join(f"{k} {v:g}" if not isinstance(v, dict) else f"{k} scheduled" for k, v in model.levers.items())
    where = "".join(f", {name} {value}" for name, value in model.source.items())
    lines = [
        f"Run {model.key[1]} of seed {model.key[0]}{where}, from {model.start}, {len(history)} months.",
        *textwrap.wrap(f"Policy: {policy}.", 110, subsequent_indent="  "),
        "",
    ]
    for year, rows in history.groupby(history.index.str[:4]):
        days, active = int(rows["launch_days"].sum()), int(rows["provocation"].sum())
        last = rows.iloc[-1]
        lines.append(f"── {year}: provocations in {active} of {len(rows)} months, {days} launch days ──")
        lines += [line for event in happenings if event.date[:4] == year for line in _lines_of(event)]
        state = "at year's end: " + ", ".join(f"{name} {last[name]:.2f}" for name in _YEARLY)
        lines += textwrap.wrap(state, 110, subsequent_indent="  ")
        lines.append("")
    happened = {name: date for name, date in outcome(model).items() if date}
    came = "; ".join(f"{outcomes.REGISTRY.by_name[name].meaning} ({date})" for name, date in happened.items())
    opening = "What it came to" if len(history) == model.horizon else "So far"
    told = f"{opening}: {came or 'deterrence held in both theatres'}."
    lines += textwrap.wrap(told, 110, subsequent_indent="  ")
    return "\n".join(lines)

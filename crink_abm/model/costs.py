"""What levers cost: money a year, and political capital, for each lever moved from where it stands in 2026.

A declared curve, so that "at equal cost" can be asked. It is linear: half of the way costs half. Money is billions of US
dollars a year from 0 to 1, paid by whoever the lever belongs to. Political capital is on a scale of ours: 0 costs nothing at
home or among allies, 10 is what a government can do once in a term. Moving a lever down returns the money; political capital
is spent either way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .levers import LEVERS, MONTHS, START, calendar


@dataclass(frozen=True)
class Cost:
    """The cost of one lever from 0 to 1: (low, middle, high) in each currency, and where it comes from."""

    money: tuple[float, float, float]
    politics: tuple[float, float, float]
    payer: str
    source: str


_GAO = "GAO-21-270 (from memory): 13.4 billion USD for forces in Korea in 2016-19, half of the lever; range ours"

#: Lever -> its cost.
COSTS: dict[str, Cost] = {
    "usfk_posture": Cost((4.0, 6.7, 12.0), (2.0, 4.0, 7.0), "Washington, Seoul", _GAO),
    "heavy_share": Cost((0.5, 1.5, 4.0), (0.5, 1.0, 3.0), "Washington", "assumed"),
    "dual_role": Cost((0.1, 0.5, 2.0), (3.0, 5.0, 8.0), "Washington, Seoul", "assumed"),
    "maritime_posture": Cost((2.0, 5.0, 12.0), (0.5, 1.5, 3.0), "Washington", "assumed"),
    "trilateral_coordination": Cost((0.05, 0.2, 0.5), (2.0, 4.0, 7.0), "Washington, Seoul, Tokyo", "assumed"),
    "exercise_tempo": Cost((0.1, 0.4, 1.0), (0.5, 1.5, 3.0), "Washington, Seoul", "assumed"),
    "japan_burden_share": Cost((5.0, 20.0, 40.0), (3.0, 6.0, 9.0), "Tokyo", "assumed"),
    "sanctions_intensity": Cost((0.2, 1.0, 5.0), (1.0, 3.0, 6.0), "Washington and partners", "assumed"),
    "exposure": Cost((0.02, 0.05, 0.2), (0.2, 1.0, 3.0), "Washington and partners", "assumed"),
    "diplomatic_offramp": Cost((0.02, 0.1, 0.5), (2.0, 5.0, 8.0), "Washington", "assumed"),
    "china_engagement": Cost((0.02, 0.1, 0.5), (3.0, 6.0, 9.0), "Washington", "assumed"),
    "counter_hybrid": Cost((0.3, 1.0, 3.0), (0.5, 1.5, 4.0), "Washington and partners", "assumed"),
    "porcupine_defence": Cost((2.0, 6.0, 15.0), (1.0, 3.0, 6.0), "Taipei", "assumed"),
    "declared_resolve": Cost((0.0, 0.0, 0.1), (3.0, 6.0, 9.0), "Washington", "assumed"),
}


#: A change of a lever below which it has not moved: the rounding of a mean.
_NOTHING = 1e-12


def cost(levers: Mapping[str, Any], months: int = MONTHS, start: str = START) -> list[dict[str, Any]]:
    """What a policy costs beyond today's, a row a lever that moves: the mean over the run of a schedule.

    Returns
    -------
    rows: lever, moved (mean change from today), money, money_low, money_high (billion USD a year), politics, politics_low,
    politics_high (scale 0 to 10), payer, source
    """
    table = calendar(levers, months, start)
    rows = []
    for column, (name, lever) in enumerate(LEVERS.items()):
        moved = float(table[:, column].mean() - lever.today)
        if abs(moved) < _NOTHING:
            continue
        what, size = COSTS[name], abs(moved)
        low, middle, high = (moved * x for x in what.money)
        rows.append(
            {"lever": name, "moved": moved, "money": middle, "money_low": min(low, high), "money_high": max(low, high),
             "politics": size * what.politics[1], "politics_low": size * what.politics[0],
             "politics_high": size * what.politics[2], "payer": what.payer, "source": what.source}
        )  # fmt: skip
    return rows

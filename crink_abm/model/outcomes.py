"""What a run came to: outcomes, their months, and the other figures readers ask for."""

import numpy as np

#: What the engine returns of each run: the values of these fields after the last month. In a *failed* run, one in which
#: a rule gave a number that is not finite, all of them are nan.
RESULTS: tuple[str, ...] = (
    "first_blockade", "first_invasion", "first_korea_attack", "first_korea_war", "first_two_front",
    "first_russian_join", "first_nuclear", "korea_after_taiwan", "taiwan_after_korea", "n_provocations",
    "n_launch_days", "highest_rung", "help_expected", "help_realised", "taiwan_resolved",
    "luck_blockade", "luck_invasion", "luck_taiwan", "luck_taiwan_first", "luck_taiwan_second", "luck_attack", "luck_war",
    "luck_korea", "luck_korea_first", "luck_korea_second", "luck_nuclear", "luck_russia", "luck_taiwan_crisis",
    "luck_korea_crisis",
)  # fmt: skip

#: Outcome -> what it means.
OUTCOMES: dict[str, str] = {
    "taiwan_blockade": "Taiwan is blockaded",
    "taiwan_invasion": "Taiwan is invaded",
    "korea_attack": "a limited attack in Korea",
    "korea_war": "war in Korea",
    "two_front": "force in both theatres within the window",
    "russian_join": "Russia joins a war in Asia",
    "nuclear_use": "nuclear use",
    "taiwan_failure": "deterrence fails over Taiwan (blockade or invasion)",
    "korea_failure": "deterrence fails in Korea (attack or war)",
    "any_failure": "deterrence fails in either theatre",
}

#: Conditional outcome -> (given, the field that dates the second event, within months). It is taken over the runs, and
#: so the worlds, in which the condition happened: compared with anything else it says nothing about causes.
CONDITIONALS: dict[str, tuple[str, str, int]] = {
    "korea_within_6_of_taiwan": ("taiwan_failure", "korea_after_taiwan", 6),
    "korea_within_12_of_taiwan": ("taiwan_failure", "korea_after_taiwan", 12),
    "taiwan_within_6_of_korea": ("korea_failure", "taiwan_after_korea", 6),
    "taiwan_within_12_of_korea": ("korea_failure", "taiwan_after_korea", 12),
    "korea_within_12_of_invasion": ("taiwan_invasion", "korea_after_taiwan", 12),
}

#: The four ways in which deterrence first fails: the competing risks.
CAUSES = ("taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war")

_COLUMN = {name: k for k, name in enumerate(RESULTS)}
_FIRST = ("first_blockade", "first_invasion", "first_korea_attack", "first_korea_war", "first_two_front",
          "first_russian_join", "first_nuclear")  # fmt: skip


def column(results: np.ndarray, name: str) -> np.ndarray:
    """One column of the engine's results by name."""
    return results[:, _COLUMN[name]]


def failed(results: np.ndarray) -> np.ndarray:
    """Which runs failed: boolean array (..., n_runs), from the engine's results (all nan in a failed run)."""
    return np.isnan(results[..., 0])


#: The columns of a run's luck, and the unit in which it is kept: sums of a few thousand products of it are exact.
LUCKS = tuple(name for name in RESULTS if name.startswith("luck_"))
LUCK_UNIT = 2.0**-18


def luck(results: np.ndarray) -> np.ndarray:
    """How far the luck of each run went beyond the odds: array (n_runs, len(LUCKS)), mean 0 under every policy."""
    return np.round(results[:, [_COLUMN[name] for name in LUCKS]] / LUCK_UNIT) * LUCK_UNIT


def observed(results: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a paired comparison needs of the baseline's runs: which outcomes happened, and their luck."""
    return months(results) >= 0, luck(results)


def _earliest(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where((a >= 0) & ((b < 0) | (a <= b)), a, b)


def months(results: np.ndarray) -> np.ndarray:
    """The first month of each outcome in each run: int16 array (n_runs, len(OUTCOMES)), -1 for never."""
    first = [column(results, name).astype(np.int16) for name in _FIRST]
    taiwan = _earliest(first[0], first[1])
    korea = _earliest(first[2], first[3])
    return np.column_stack([*first, taiwan, korea, _earliest(taiwan, korea)])


def conditionals(results: np.ndarray, when: np.ndarray, n_months: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each conditional outcome, masks (given happened and could be followed up, and the second event followed).

    A run counts only if its first event leaves the whole window before the horizon of ``n_months``.
    """
    names = list(OUTCOMES)
    out = {}
    for name, (given, field, within) in CONDITIONALS.items():
        first, second = when[:, names.index(given)], column(results, field)
        base = (first >= 0) & (first + within < n_months)
        out[name] = (base, base & (second >= first) & (second - first <= within))
    return out


def first_cause(when: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of ``CAUSES`` came first (-1 none; a tie goes to the earlier in the list) and in which month."""
    causes = when[:, : len(CAUSES)].astype(np.int32)
    dated = np.where(causes < 0, np.iinfo(np.int32).max, causes)
    which = dated.argmin(axis=1)
    month = dated.min(axis=1)
    never = month == np.iinfo(np.int32).max
    return np.where(never, -1, which), np.where(never, -1, month)

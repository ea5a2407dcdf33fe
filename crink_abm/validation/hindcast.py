"""Forecasts from rolling origins, twelve months ahead, scored beside a base rate and a lagged regression.

Every forecast uses the record up to its origin, and the levers and drivers of the months it forecasts as they were:
it is the model's answer given the policy, not a forecast of policy.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..calibration import likelihood, observation
from ..ensemble.worlds import Worlds
from ..estimation.resampling import normalised, resampled
from ..model import levers
from ..model.parameters import CATALOGUE
from ..model.rules import china
from ..record import history
from ..record.tables import Record
from ..util.errors import InputError
from . import scores

LEADS = 12
#: Histories a world and origin.
REPLICATES = 2
#: Aircraft before this month are not scored: the daily reports were incomplete.
AIRCRAFT_FROM = "2021-01"
#: Months of a definition wanted before the first forecast of aircraft.
_LEVEL_MONTHS = 6
#: Months from which the base rates count.
_TOP = 31

MODEL, UPDATED, PRIOR, BASE, LAGGED = "model", "model, updated", "prior", "base rate", "lagged regression"
#: Months before an origin by which the updated model weighs its worlds, and histories a world to do so.
UPDATE_MONTHS, UPDATE_REPLICATES = 24, 8


@dataclass(frozen=True)
class Forecast:
    """What one ensemble expects of the ``LEADS`` months after an origin: samples (n, LEADS)."""

    launch_days: np.ndarray
    provocation: np.ndarray
    korea_onset: np.ndarray
    taiwan_onset: np.ndarray
    aircraft: np.ndarray


def forecast(worlds: Worlds, record: Record, origin: str, seed: int, calendar: np.ndarray | None = None) -> Forecast:
    """Run an ensemble from the month after ``origin``, whose record it has seen.

    ``calendar`` holds the levers and drivers of the months forecast, where they have been looked up already.

    The log of aircraft is the activity's course about its mean, set off from the last month's distance to the mean:

        level + p^h (x_origin - level) + activity_h - (1 - p^h) mean            with p = pla_persistence

    exact for the log-AR(1) of the rule. ``aircraft`` here holds the course without level and start, see :func:`aircraft`.
    """
    start = levers.month_label(1, origin)
    begun = history.at_start(worlds, record.until(origin), start)
    calendar = history.calendar(record, start, LEADS) if calendar is None else calendar
    names = ("launch_days", "provocation", "korea_status", "taiwan_status", "pla_activity", "grievance", "taiwan_drift")
    ran = observation.series(calendar, begun.values, names, replicates=REPLICATES, seed=seed)

    def onset(status):
        before = np.concatenate([np.zeros_like(status[..., :1]), status[..., :-1]], -1)
        return ((status > 0) & (before == 0)).reshape(-1, LEADS)

    column = {name: worlds.values[:, k][:, None] for k, name in enumerate(CATALOGUE)}
    mean = china.pla_activity(
        0.0,
        ran["grievance"][..., 0],
        ran["taiwan_drift"][..., 0],
        0.0,
        column["pla_grievance"],
        column["pla_drift"],
        0.0,
        0.5,
    )
    kept = column["pla_persistence"][..., None] ** np.arange(1, LEADS + 1)
    course = ran["pla_activity"] - (1.0 - kept) * mean[..., None]
    return Forecast(
        ran["launch_days"].reshape(-1, LEADS),
        ran["provocation"].reshape(-1, LEADS),
        onset(ran["korea_status"]),
        onset(ran["taiwan_status"]),
        np.stack([course, np.broadcast_to(kept, course.shape)], -1).reshape(-1, LEADS, 2),
    )


def updated(worlds: Worlds, record: Record, origin: str, seed: int) -> Worlds:
    """The same worlds, weighed by how well each accounts for the launches of the two years before an origin.

    No parameter is fitted anew: the synthetic likelihood of the calibration says which of the frozen worlds the last
    two years speak for, and they are resampled by it. Where those months are not in the record, nothing changes.
    """
    start = levers.month_label(1 - UPDATE_MONTHS, origin)
    table = (
        record["launch_days"].set_index("month")["launch_days"] if "launch_days" in record else pd.Series(dtype=float)
    )
    days = table[start:origin].to_numpy()
    if start < history.FIRST or len(days) < UPDATE_MONTHS:
        return worlds
    begun = history.at_start(worlds, record.until(levers.month_label(-1, start)), start)
    calendar = history.calendar(record, start, UPDATE_MONTHS)
    ran = observation.series(calendar, begun.values, ("launch_days",), replicates=UPDATE_REPLICATES, seed=seed)
    found = observation.launch_summary(ran["launch_days"])
    d = found - found.mean(1, keepdims=True)
    cov = np.einsum("wri,wrj->wij", d, d) / (UPDATE_REPLICATES - 1)
    n = np.full(len(worlds), UPDATE_REPLICATES)
    cov = likelihood.shrunk(cov, n, likelihood.pooled(cov, n))
    weights = normalised(likelihood.normal(observation.launch_summary(days), found.mean(1), cov))
    rows = np.repeat(np.arange(len(worlds)), resampled(weights, len(worlds), seed))
    return Worlds(worlds.values[rows], f"{worlds.origin}, updated to {origin}", worlds.n_drawn)


def _months_between(first: str, last: str) -> list[str]:
    return history.months(first, levers.month_number(last, first) + 1)


class Scorer:
    """Scores of several forecasters for one record, row by row: series, score, forecaster, origin, lead, value."""

    def __init__(self, record: Record):
        self.record, self.rows, self.notes = record, [], set()
        self.days = self._monthly("launch_days", lambda t: t["launch_days"])
        self.acts = self._monthly(
            "provocations",
            lambda t: (t[["missile_events", "nuclear_events", "other_events"]].sum(axis=1) > 0).astype(int),
        )
        self.aircraft = self._aircraft_series() if "pla_aircraft" in record else []
        self.crises = record.tables.get("crises")
        self.onsets = None if self.crises is None else self._onsets()

    def _monthly(self, name, value) -> pd.Series:
        if name not in self.record:
            return pd.Series(dtype=float)
        table = self.record[name]
        return pd.Series(value(table).to_numpy(), index=table["month"])

    def _aircraft_series(self) -> list[pd.Series]:
        """Log aircraft under each definition; the two are never joined."""
        both = (observation.log_aircraft(self.record, definition) for definition in ("adiz", "all"))
        return [pd.Series(x, index=months)[AIRCRAFT_FROM:] for months, x in both]

    def _add(self, series, score, forecaster, origin, lead, value):
        self.rows.append((series, score, forecaster, origin, lead, float(value)))

    def _logit(self, events, lead):
        try:
            return scores.lagged_logit(events, lead)
        except ImportError:
            self.notes.add('the lagged logit is left out: it wants scikit-learn (pip install "crink_abm[calibrate]")')
            return None

    def _event(self, series, seen: pd.Series, origin, target, lead, ensembles: dict[str, np.ndarray]):
        """Brier and log score of a yes-or-no month."""
        if target not in seen.index:
            return
        past, y = (seen[:origin] > 0).to_numpy(), seen[target] > 0
        probs = {name: (x.sum() + 0.5) / (len(x) + 1.0) for name, x in ensembles.items()}
        probs |= {BASE: scores.base_rate(past), LAGGED: self._logit(past, lead)}
        for name, p in probs.items():
            if p is not None:
                self._add(series, "Brier", name, origin, lead, scores.brier(p, y))
                self._add(series, "log", name, origin, lead, scores.log_score(p, y))

    def _count(self, series, seen, origin, target, lead, ensembles):
        """CRPS of a monthly count; the lagged one gives its odds to the earlier months with and without."""
        if target not in seen.index:
            return
        past, y = seen[:origin].to_numpy(), int(seen[target])
        cdfs = {name: scores.count_cdf(x, _TOP) for name, x in ensembles.items()}
        cdfs[BASE] = scores.count_cdf(past, _TOP)
        p = self._logit(past > 0, lead)
        if p is not None and (past > 0).any():
            cdfs[LAGGED] = (1.0 - p) + p * scores.count_cdf(past[past > 0], _TOP)
        for name, cdf in cdfs.items():
            self._add(series, "CRPS", name, origin, lead, scores.crps_counts(cdf, y))

    def _aircraft(self, origin, target, lead, ensembles: dict[str, np.ndarray]):
        """CRPS of log aircraft under the definition in force at the origin."""
        for seen in self.aircraft:
            past = seen[:origin]
            if target not in seen.index or origin not in seen.index or len(past) < _LEVEL_MONTHS:
                continue
            past, y = past.to_numpy(), seen[target]
            level = past.mean()
            samples = {name: level + c[:, 1] * (past[-1] - level) + c[:, 0] for name, c in ensembles.items()}
            samples[BASE] = scores.normal_sample(level, past.std(ddof=1))
            samples[LAGGED] = scores.normal_sample(*scores.lagged_normal(past, lead))
            for name, sample in samples.items():
                self._add("log PLA aircraft", "CRPS", name, origin, lead, scores.crps_sample(sample, y))

    def _onsets(self) -> pd.Series:
        """1 in a month in which a Korean crisis began, 0 in others, to the end of the last year the table speaks of."""
        months = _months_between(history.FIRST, f"{self.crises['start'].max()[:4]}-12")
        begun = set(self.crises.loc[self.crises["theatre"] == "korea", "start"])
        return pd.Series([int(month in begun) for month in months], index=months)

    def score(self, origin: str, forecasts: dict[str, Forecast], scored: Callable[[str], bool]) -> None:
        """Score the forecasts of one origin for the months that ``scored`` lets through."""
        for k in range(LEADS):
            lead, target = k + 1, levers.month_label(k + 1, origin)
            if not scored(target):
                continue
            days = {name: f.launch_days[:, k] for name, f in forecasts.items()}
            common = (origin, target, lead)
            self._event("month with a launch", self.days, *common, {name: x > 0 for name, x in days.items()})
            self._count("launch days", self.days, *common, days)
            acts = {name: f.provocation[:, k] for name, f in forecasts.items()}
            self._event("month with a provocation (CSIS)", self.acts, *common, acts)
            self._aircraft(*common, {name: f.aircraft[:, k] for name, f in forecasts.items()})
            if self.onsets is not None:
                begun = {name: f.korea_onset[:, k] for name, f in forecasts.items()}
                self._event("onset of a Korean crisis (ICB)", self.onsets, *common, begun)

    def table(self) -> pd.DataFrame:
        """All scores, a row a forecast."""
        return pd.DataFrame(self.rows, columns=["series", "score", "forecaster", "origin", "lead", "value"])


def summary(rows: pd.DataFrame, periods: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Mean scores by series, period and forecaster, with block-bootstrap intervals, and skill over the base rate.

    ``periods`` are spans of origins. Skill above 0 beats the base rate; ``beats`` says whether its interval is
    wholly above 0 (yes), below (no) or neither (unclear); short spans have no interval.
    """
    out = []
    for (series, score), part in rows.groupby(["series", "score"], sort=False):
        for period, (first, last) in periods.items():
            inside = part[part["origin"].between(first, last)]
            by_origin = inside.pivot_table(index="origin", columns="forecaster", values="value", aggfunc="mean")
            if BASE not in by_origin or by_origin.empty:
                continue
            for name in (MODEL, UPDATED, PRIOR, BASE, LAGGED):
                if name not in by_origin:
                    continue
                found = scores.block_interval(by_origin[name].to_numpy(), by_origin[BASE].to_numpy())
                beats = "yes" if found[4] > 0 else ("no" if found[5] < 0 else "unclear")
                out.append((series, score, period, name, len(by_origin), *found, "" if name == BASE else beats))
    names = ["series", "score", "period", "forecaster", "n_origins", "mean", "low", "high", "skill", "skill_low", "skill_high",
             "beats_base_rate"]  # fmt: skip
    return pd.DataFrame(out, columns=names)


#: Spans of origins of the package's own hindcast: before what was fitted, and with it.
PERIODS = {"2016-21, not fitted": ("2016-01", "2020-12"), "2021-24, launches fitted": ("2021-01", "2023-12")}


def rolling(
    ensembles: dict[str, Worlds], record: Record, first: str, last: str, seed: int, *, scored=lambda month: True,
    progress: Callable | None = None,
) -> Scorer:  # fmt: skip
    """Forecast from every month from ``first`` to ``last`` and score."""
    scorer = Scorer(record)
    origins = _months_between(first, last)
    whole = history.calendar(record, levers.month_label(1, first), len(origins) + LEADS - 1)
    for done, origin in enumerate(origins):
        ahead = whole[done : done + LEADS]
        now = {UPDATED: updated(ensembles[MODEL], record, origin, seed), **ensembles}
        scorer.score(origin, {name: forecast(e, record, origin, seed, ahead) for name, e in now.items()}, scored)
        if progress:
            progress("hindcast", (done + 1) / len(origins))
    return scorer


def hindcast(ensembles: dict[str, Worlds], record: Record, seed: int, progress=None) -> tuple[pd.DataFrame, Scorer]:
    """The package's own: monthly origins 2016-01 to 2023-12."""
    scorer = rolling(ensembles, record, "2016-01", "2023-12", seed, progress=progress)
    return summary(scorer.table(), PERIODS), scorer


def validate(
    ensembles: dict[str, Worlds], record: Record, observed: Record, drivers: Record | None, seed: int, progress=None
) -> tuple[pd.DataFrame, Scorer, str]:
    """Scores for the months of ``observed`` that the package's record does not have, parameters as they are.

    Returns
    -------
    (table, scorer, what was scored in words).

    Raises
    ------
    InputError
        If there is no later month.
    """
    known = record.last_month
    later = observed.last_month
    if later <= known:
        raise InputError(
            f"the observed tables end in {later} and the package's own in {known}; validation wants later months of launch_days "
            f"or pla_aircraft"
        )
    whole = record.updated(observed)
    whole = whole.updated(drivers) if drivers else whole
    scorer = rolling(
        ensembles, whole, known, levers.month_label(-1, later), seed, scored=lambda m: m > known, progress=progress
    )
    said = f"months {levers.month_label(1, known)} to {later}, origins {known} on, 1 to {LEADS} months ahead"
    return summary(scorer.table(), {"held out": (known, later)}), scorer, said

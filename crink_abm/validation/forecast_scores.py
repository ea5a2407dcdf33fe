"""Forecasts scored against what came, month by month, beside simple rivals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ..calibration import observation
from ..model import levers
from ..record import history
from ..record.tables import Record
from . import scores
from .forecast import BASE, LAGGED, LEADS, MODEL, PRIOR, UPDATED, Forecast, months_between

#: Aircraft before this month are not scored: the daily reports were incomplete.
AIRCRAFT_FROM = "2021-01"

#: Months of a definition wanted before the first forecast of aircraft.
_LEVEL_MONTHS = 6

#: Months from which the base rates count.
_TOP = 31


class Scorer:
    """Scores of several forecasters for one record, row by row: series, score, forecaster, origin, lead, value."""

    days: pd.Series
    acts: pd.Series
    aircraft: list[pd.Series]
    crises: pd.DataFrame | None
    onsets: pd.Series | None

    def __init__(self, record: Record):
        self.record = record
        self.rows: list[tuple[Any, ...]] = []
        self.notes: set[str] = set()
        self.days = self._monthly("launch_days", lambda t: t["launch_days"])
        self.acts = self._monthly(
            "provocations",
            lambda t: (t[["missile_events", "nuclear_events", "other_events"]].sum(axis=1) > 0).astype(int),
        )
        self.aircraft = self._aircraft_series() if "pla_aircraft" in record else []
        self.crises = record.tables.get("crises")
        self.onsets = None if self.crises is None else self._onsets()

    def _monthly(self, name: str, value: Callable[[pd.DataFrame], pd.Series]) -> pd.Series:
        if name not in self.record:
            return pd.Series(dtype=float)
        table = self.record[name]
        return pd.Series(value(table).to_numpy(), index=table["month"])

    def _aircraft_series(self) -> list[pd.Series]:
        """Log aircraft under each definition; the two are never joined."""
        both = (observation.log_aircraft(self.record, definition) for definition in ("adiz", "all"))
        return [pd.Series(x, index=months)[AIRCRAFT_FROM:] for months, x in both]

    def _add(self, series: str, score: str, forecaster: str, origin: str, lead: int, value: Any) -> None:
        self.rows.append((series, score, forecaster, origin, lead, float(value)))

    def _logit(self, events: np.ndarray, lead: int) -> float | None:
        try:
            return scores.lagged_logit(events, lead)
        except ImportError:
            self.notes.add('the lagged logit is left out: it wants scikit-learn (pip install "crink_abm[calibrate]")')
            return None

    def _event(
        self, series: str, seen: pd.Series, origin: str, target: str, lead: int, ensembles: dict[str, np.ndarray]
    ) -> None:
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

    def _count(
        self, series: str, seen: pd.Series, origin: str, target: str, lead: int, ensembles: dict[str, np.ndarray]
    ) -> None:
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

    def _aircraft(self, origin: str, target: str, lead: int, ensembles: dict[str, np.ndarray]) -> None:
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
        assert self.crises is not None
        months = months_between(history.FIRST, f"{self.crises['start'].max()[:4]}-12")
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

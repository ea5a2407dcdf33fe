"""Scores, forecasts and the hindcast: proper, blind to the future, and honest when the model loses."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crink_abm import InputError
from crink_abm.ensemble import worlds
from crink_abm.model import levers
from crink_abm.record import tables
from crink_abm.validation import forecast, forecast_scores, hindcast, scores


@pytest.fixture(scope="module")
def record():
    return tables.load()


@pytest.fixture(scope="module")
def ensembles():
    return {forecast.MODEL: worlds.prior(60, seed=1)}


def test_scores_are_proper():
    """Each is least, on average, when the forecast is the truth; a shifted forecast scores worse (negative control)."""
    truth, grid = 0.3, np.linspace(0.02, 0.98, 49)
    for score in (scores.brier, scores.log_score):
        expected = truth * score(grid, np.ones(49)) + (1 - truth) * score(grid, np.zeros(49))
        assert grid[expected.argmin()] == pytest.approx(truth, abs=0.02)
    seen = np.arange(12)
    pmf = stats.poisson(2.0).pmf(seen)
    right, wrong = (
        sum(p * scores.crps_counts(stats.poisson(m).cdf(np.arange(40)), k) for k, p in zip(seen, pmf, strict=True))
        for m in (2.0, 3.0)
    )
    assert right < wrong


def test_crps_agrees_with_its_definition():
    rng = np.random.default_rng(3)
    x = rng.normal(size=300)
    brute = np.abs(x - 0.4).mean() - 0.5 * np.abs(x[:, None] - x).mean()
    assert scores.crps_sample(x, 0.4) == pytest.approx(brute)
    counts = rng.poisson(2.0, 500)
    assert scores.crps_counts(scores.count_cdf(counts, 31), 3) == pytest.approx(
        scores.crps_sample(counts.astype(float), 3)
    )
    # the closed form for a normal distribution (Gneiting and Raftery 2007)
    z = 0.7
    closed = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)
    assert scores.crps_sample(scores.normal_sample(0.0, 1.0), z) == pytest.approx(closed, abs=0.003)


def _by_origin(rng, n, rho, repetitions, event=False):
    """Losses over the next twelve months from each of ``n`` monthly origins: (repetitions, n), mean 1."""
    months = rng.standard_normal((repetitions, n + 60))
    for k in range(1, months.shape[1]):
        months[:, k] = rho * months[:, k - 1] + np.sqrt(1.0 - rho**2) * months[:, k]
    months = months[:, 49:]
    loss = (months > 0.0) * 2.0 if event else 1.0 + 0.3 * months
    return np.lib.stride_tricks.sliding_window_view(loss, 12, axis=1).mean(2)


def _bootstrap(scores_, draws=400):
    """Negative control: the moving-block bootstrap in blocks of twelve, or a third."""
    n = len(scores_)
    block, rng = min(12, n // 3), np.random.default_rng(1)
    starts = rng.integers(0, n - block + 1, (draws, -(-n // block)))
    rows = (starts[:, :, None] + np.arange(block)).reshape(draws, -1)[:, :n]
    return np.quantile(scores_[rows].mean(1), [0.025, 0.975])


@pytest.mark.parametrize("n", [25, 36, 60])
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.7])
def test_intervals_of_scores_cover_what_they_say(n, rho):
    """Overlapping windows of twelve months, months that follow one another: at least 95 %, where a bootstrap has 50 to 75."""
    rng, repetitions = np.random.default_rng(5), 800
    least = 0.95 - 3.0 * np.sqrt(0.95 * 0.05 / repetitions)
    for event in (False, True):
        losses, base = (_by_origin(rng, n, rho, repetitions, event) for _ in range(2))
        found = np.array([scores.block_interval(x, y) for x, y in zip(losses, base, strict=True)])
        assert np.mean((found[:, 1] <= 1.0) & (found[:, 2] >= 1.0)) >= least, event
        told = np.nan_to_num(found[:, 4], nan=-np.inf) <= 0.0
        assert np.mean(told & (np.nan_to_num(found[:, 5], nan=np.inf) >= 0.0)) >= least, "skill is 0"
    short = np.array([_bootstrap(x) for x in losses[:200]])
    assert np.mean((short[:, 0] <= 1.0) & (short[:, 1] >= 1.0)) < 0.85


def test_skill_is_told_from_none_exactly_where_the_scores_differ():
    rng = np.random.default_rng(6)
    base = 1.0 + 0.1 * rng.random(60)
    for shift in (0.5, 1.0, 1.5):
        noise = 0.02 * rng.standard_normal(60)
        mean, low, high, skill, skill_low, skill_high = scores.block_interval(shift * base + noise, base)
        assert low < mean < high
        assert skill_low < skill < skill_high
        assert (skill_low > 0, skill_high < 0) == (shift < 1, shift > 1)
    assert np.isnan(scores.block_interval(base[:8], base[:8])[1])
    unbounded = scores.block_interval(rng.standard_normal(25), 0.01 * rng.standard_normal(25))
    assert np.isnan(unbounded[4])


def test_the_lagged_regressions_learn_persistence():
    pytest.importorskip("sklearn")
    events = np.tile(np.r_[np.ones(10), np.zeros(10)], 12)
    assert scores.lagged_logit(events[:-10], 1) > 0.7  # ends in ones
    assert scores.lagged_logit(events, 1) < 0.3
    assert scores.lagged_logit(np.zeros(60), 1) == scores.base_rate(np.zeros(60))
    mean, sd = scores.lagged_normal(np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0]), 12)
    assert sd > 0
    assert 0 <= mean <= 1


def test_a_forecast_does_not_see_the_future(record, ensembles):
    """Changing what was observed after the origin changes nothing; changing what came before does (negative control)."""

    def altered(from_, to):
        table = record["launch_days"].copy()
        table.loc[table["month"].between(from_, to), "launch_days"] = 9
        return tables.Record({**record.tables, "launch_days": table})

    model = ensembles[forecast.MODEL]
    base = forecast.forecast(model, record, "2018-12", seed=1)
    later = forecast.forecast(model, altered("2019-01", "2024-12"), "2018-12", seed=1)
    earlier = forecast.forecast(model, altered("2018-01", "2018-12"), "2018-12", seed=1)
    assert np.array_equal(base.launch_days, later.launch_days)
    assert (earlier.launch_days > 0).mean() > (base.launch_days > 0).mean() + 0.02


def test_updating_favours_the_worlds_that_the_last_two_years_speak_for(record):
    """After two silent years, worlds that launch little are left; where the record is short, nothing changes."""
    drawn = worlds.prior(300, seed=1)
    quiet = record["launch_days"].copy()
    quiet.loc[quiet["month"] >= "2018-01", "launch_days"] = 0
    silent = tables.Record({**record.tables, "launch_days": quiet})
    after = forecast.updated(drawn, silent, "2020-12", seed=1)
    assert len(after) == len(drawn)
    assert after.column("quiet_rate").mean() < drawn.column("quiet_rate").mean() - 0.03
    assert forecast.updated(drawn, record, "2012-12", seed=1) is drawn


def test_the_table_says_when_the_model_loses(record, ensembles):
    """Scored against itself as base rate the model does not win; made worse, it loses."""
    rows = []
    rng = np.random.default_rng(2)
    for origin in forecast.months_between("2016-01", "2019-12"):
        x = rng.uniform(0.1, 0.3)
        for name, value in ((forecast.BASE, x), (forecast.MODEL, 1.5 * x), (forecast.LAGGED, 0.5 * x)):
            rows.append(("series", "Brier", name, origin, 1, value))
    table = pd.DataFrame(rows, columns=["series", "score", "forecaster", "origin", "lead", "value"])
    found = forecast_scores.summary(table, {"all": ("2016-01", "2019-12")}).set_index("forecaster")
    assert found.loc[forecast.MODEL, "beats_base_rate"] == "no"
    assert found.loc[forecast.LAGGED, "beats_base_rate"] == "yes"
    assert found.loc[forecast.MODEL, "skill"] == pytest.approx(-0.5)


def later_tables(folder, n=12):
    """Tables of 2025 in the package's own layout."""
    months = [levers.month_label(k, "2025-01") for k in range(n)]
    rng = np.random.default_rng(4)
    pd.DataFrame({"month": months, "launch_days": rng.poisson(1.5, n)}).to_csv(folder / "launch_days.csv", index=False)
    pd.DataFrame(
        {"month": months, "aircraft": rng.integers(300, 500, n), "days_reported": 30, "definition": "all"}
    ).to_csv(folder / "pla_aircraft.csv", index=False)
    (folder / "policy.csv").write_text("month,name,value\n2025-03,diplomatic_offramp,0.6\n")


def test_held_out_months_are_scored_and_no_others(record, ensembles, tmp_path):
    later_tables(tmp_path)
    observed, drivers = tables.load(tmp_path, tables.OBSERVED), tables.load(tmp_path, tables.DRIVING)
    table, scorer, said = hindcast.validate(ensembles, record, observed, drivers, seed=1)
    rows = scorer.table()
    assert said.startswith("months 2025-01 to 2025-12")
    assert rows["origin"].min() == "2024-12"
    assert set(rows["forecaster"]) >= {forecast.MODEL, forecast.UPDATED, forecast.BASE}
    assert set(rows["series"]) == {"month with a launch", "launch days", "log PLA aircraft"}
    counted = rows[(rows["series"] == "launch days") & (rows["forecaster"] == forecast.MODEL)]
    assert len(counted) == 12 * 13 / 2  # origins 2024-12 to 2025-11, each to the end of 2025
    assert table["mean"].notna().all()
    assert (rows["value"] >= 0).all()


def test_validation_wants_later_months(record, ensembles, tmp_path):
    (tmp_path / "launch_days.csv").write_text("month,launch_days\n2024-11,3\n")
    with pytest.raises(InputError, match=r"end in 2024-11 and the package's own in 2024-12"):
        hindcast.validate(ensembles, record, tables.load(tmp_path, tables.OBSERVED), None, seed=1)

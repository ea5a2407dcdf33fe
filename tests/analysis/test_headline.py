"""Headline differences over the unknown chance that Korea follows Taiwan."""

import numpy as np
import pytest

from crink_abm.analysis import conditional as headline
from crink_abm.engine import compiled
from crink_abm.ensemble import elicited, worlds
from crink_abm.model import outcomes


def test_no_band_is_on_the_chance_that_the_table_runs_over():
    """The calibrated ensemble is binned as it is: what it was fitted to says nothing of Korea given Taiwan."""
    assert all(band.outcome in outcomes.OUTCOMES for band in elicited.BANDS)
    assert headline.CONDITIONAL in outcomes.CONDITIONALS
    assert headline.CONDITIONAL not in {band.outcome for band in elicited.BANDS}


def test_bins_go_by_other_runs_than_the_differences(monkeypatch):
    drawn, spans, plain = worlds.prior(30, seed=2), [], compiled.run_many

    def watched(calendar, values, n, *, first_run=0, **named):
        spans.append((calendar.tobytes(), first_run, first_run + n))
        return plain(calendar, values, n, first_run=first_run, **named)

    monkeypatch.setattr(compiled, "run_many", watched)
    headline.by_conditional(worlds.Worlds(drawn.values, "", 30), seed=1, runs=20)
    base = [(first, last) for calendar, first, last in spans if calendar == spans[0][0]]
    assert len(base) == 2
    assert base[1][0] >= base[0][1]
    assert all(span[1:] == base[0] for span in spans if span[0] != spans[0][0]), "differences are paired"


def test_the_table_spans_the_range_that_nothing_rules_out():
    drawn = worlds.prior(60, seed=2)
    table = headline.by_conditional(worlds.Worlds(drawn.values, "", 60), seed=1, runs=40)
    assert set(table["lever"]) == set(headline.HEADLINE)
    assert (table["from"].min(), table["to"].max()) == (0.02, 0.60)
    whole = table[(table["from"] == 0.02) & (table["to"] == 0.60)]
    parts = table[~((table["from"] == 0.02) & (table["to"] == 0.60))]
    for lever in headline.HEADLINE:
        rows = parts[(parts["lever"] == lever) & (parts["outcome"] == "any_failure")]
        total = whole[(whole["lever"] == lever) & (whole["outcome"] == "any_failure")].iloc[0]
        assert rows["n_worlds"].sum() == total["n_worlds"]
        assert np.average(rows["diff"], weights=rows["n_worlds"]) == pytest.approx(total["diff"])

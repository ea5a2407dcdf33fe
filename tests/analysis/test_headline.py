"""Headline differences over the unknown chance that Korea follows Taiwan."""

from types import SimpleNamespace

import numpy as np
import pytest

from crink_abm.analysis import conditional as headline
from crink_abm.engine import compiled
from crink_abm.ensemble import elicited, worlds

NAMES = [band.name for band in elicited.BANDS]


def _fit(blocks, n=40):
    """What of a calibration the headline asks for: worlds and log weights by block."""
    bank = SimpleNamespace(worlds=worlds.prior(n, seed=1))
    return SimpleNamespace(blocks=blocks, bank=bank, plan=SimpleNamespace(draws=n))


def test_the_band_on_the_conditional_is_left_out_and_no_other():
    """Worlds that only that band refuses are there; those that another band refuses are not."""
    conditional = "Korean front within a year of an invasion of Taiwan"
    assert [band.name for band in headline.FREED] == [conditional]
    blocks = {name: np.zeros(40) for name in ("launch days", *NAMES)}
    blocks[conditional][:20] = -50.0
    blocks[NAMES[0]][20:30] = -50.0
    free = headline.free_of_the_conditional(_fit(blocks), seed=3)
    rows = [
        np.flatnonzero((worlds.prior(40, seed=1).values == row).all(1))[0] for row in np.unique(free.values, axis=0)
    ]
    assert sorted(rows) == [*range(20), *range(30, 40)]


def test_to_leave_nothing_out_is_an_error(monkeypatch):
    with pytest.raises(ValueError, match="nothing is left out"):
        headline.free_of_the_conditional(_fit({"launch days": np.zeros(40)}), seed=3)
    monkeypatch.setattr(headline, "FREED", ())
    with pytest.raises(ValueError, match="nothing is left out"):
        headline.free_of_the_conditional(_fit({name: np.zeros(40) for name in NAMES}), seed=3)


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

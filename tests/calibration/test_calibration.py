"""Calibration: deterministic, resumable, and honest about what moved."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from scipy import stats

import crink_abm as crink
from crink_abm import InputError
from crink_abm.calibration import contraction, likelihood, posterior, reference_table
from crink_abm.engine import compiled
from crink_abm.ensemble import calibrated, elicited, spec, worlds
from crink_abm.ensemble.build import make_worlds, worlds_name
from crink_abm.estimation import resampling
from crink_abm.model.keys import rules_hash
from crink_abm.model.parameters import CATALOGUE, SWITCHES
from crink_abm.record import tables as records
from crink_abm.report import calibration

SMALL = reference_table.Plan(
    draws=1024, replicates=4, early_runs=4, band_runs=16, again=6, early_again=8, bands_again=16, seed=3
)

#: Parameters that a table of distances looks at.
LOOKS = len(CATALOGUE) - len(SWITCHES)


@pytest.fixture(scope="module")
def record():
    return records.load()


@pytest.fixture(scope="module")
def small(record, tmp_path_factory):
    """A small calibration, with its own cache: (fit, cache folder)."""
    compiled.compiled()  # by the machine's own cache
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRINK_CACHE", str(folder))
        yield posterior.calibrate(record, SMALL, size=60), folder


def test_a_killed_calibration_continues_with_the_same_bytes(small, record, tmp_path, monkeypatch):
    """Pieces that are lost or damaged are made again; the frozen files are equal byte for byte."""
    fit, cache = small
    monkeypatch.setenv("CRINK_CACHE", str(tmp_path / "cache"))
    shutil.copytree(cache, tmp_path / "cache")
    pieces = sorted((tmp_path / "cache").rglob("*.parquet"))
    pieces[0].unlink()
    pieces[-1].write_bytes(b"torn")
    fit.freeze(tmp_path / "a")
    posterior.calibrate(record, SMALL, size=60).freeze(tmp_path / "b")
    for name in ("calibrated.parquet", "calibrated.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_another_seed_gives_other_draws(small):
    fit, _ = small
    other = reference_table.draw(reference_table.Plan(draws=1024, seed=4), 0)
    assert not np.array_equal(other.values, reference_table.draw(SMALL, 0).values)
    assert np.array_equal(reference_table.draw(SMALL, 0).values[fit.bank.number], fit.bank.worlds.values)


def test_weights_favour_what_the_record_says(small):
    """Launch days of the weighted worlds lie nearer the record than those of the unweighted."""
    fit, _ = small
    seen, found = fit.seen.launches[0], fit.bank.summaries.launches[:, 0]
    assert fit.weights.sum() == pytest.approx(1.0)
    assert abs((fit.weights * found).sum() - seen) < abs(found.mean() - seen) + 0.05
    assert (fit.weights * (found - seen) ** 2).sum() < ((found - seen) ** 2).mean()


def test_systematic_resampling_keeps_the_shares():
    weights = np.array([0.5, 0.25, 0.2, 0.05])
    copies = resampling.resampled(weights, 1000, seed=1)
    assert copies.sum() == 1000
    assert np.abs(copies - 1000 * weights).max() <= 1


def test_the_funnel_ends_at_the_effective_sample(small):
    fit, _ = small
    assert fit.funnel()["effective_so_far"].iloc[-1] == pytest.approx(fit.effective)
    assert fit.volume_left == fit.effective / SMALL.draws


def test_only_what_the_data_moved_is_said_to_have_moved():
    """Weights on one parameter move it and no other; weights on none move none (negative control)."""
    values = worlds.prior(4000, seed=1).values
    rng = np.random.default_rng(0)
    column = list(CATALOGUE).index("campaign_rate")
    x = values[:, column]
    on_one = np.exp(-0.5 * ((x - 1.4) / 0.12) ** 2)
    table = contraction.moved(values, on_one, seed=2)
    assert table.loc[table["moved"], "parameter"].tolist() == ["campaign_rate"]
    assert table.iloc[0]["variance_ratio"] < 0.4
    assert not contraction.moved(values, rng.exponential(size=4000), seed=2)["moved"].any()


def test_three_hundred_looks_are_paid_for():
    """The limit of a table is that of its largest distance, not of one parameter: of tables under the null few move any."""
    tables = []
    for seed in range(12):
        rng = np.random.default_rng(
            seed
        )  # worlds without strata: a Latin hypercube's distances are smaller than chance's
        values = np.column_stack([p.quantile(rng.random(400)) for p in CATALOGUE.values()])
        tables.append(contraction.moved(values, rng.exponential(size=400), seed=seed))
    assert (
        sum(table["moved"].any() for table in tables) <= 4
    )  # at 5 %, five or more of twelve: one time in five thousand
    for table in tables:
        assert len(table) == LOOKS
        assert (table["distance"] > table.attrs["limit"]).equals(table["moved"])
        assert (table.loc[table["moved"], "p_value"] <= 0.05 / LOOKS + 1e-4).all()
        assert (
            table["p_value"] < 0.05
        ).any()  # negative control: by its own p-value some parameter moves in every table


def test_chance_alone_moves_a_parameter_in_one_table_in_twenty():
    """Tables of as many distances as parameters under the null; 999 null distances cannot hold the limit (negative control: their largest)."""
    rng = np.random.default_rng(8)
    weights = np.exp(rng.standard_normal(120))
    tables = rng.permutation(contraction.null_distances(weights, rng, 600 * LOOKS)).reshape(600, LOOKS).max(1)
    rates, few = [], []
    for _ in range(12):
        rates.append(np.mean(tables > contraction.limit_of(contraction.null_distances(weights, rng), LOOKS)))
        few.append(np.mean(tables > contraction.null_distances(weights, rng, 999)[-1]))
    assert 0.02 < np.mean(rates) < 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / 600)
    assert np.mean(few) > 0.12
    with pytest.raises(ValueError, match=f"999 null distances cannot hold the limit of {LOOKS} parameters"):
        contraction.limit_of(contraction.null_distances(weights, rng, 999), LOOKS)


def test_null_distances_are_those_of_weights_that_know_nothing():
    """Also where light worlds stand for one another."""
    rng = np.random.default_rng(9)
    weights = np.exp(2.0 * rng.standard_normal(2000))
    weights /= weights.sum()
    one_by_one = [contraction.distance(rng.random(2000), weights) for _ in range(1500)]
    assert stats.ks_2samp(one_by_one, contraction.null_distances(weights, rng, 3000)).pvalue > 0.001
    assert stats.ks_2samp(one_by_one, contraction.null_distances(np.ones(2000), rng, 3000)).pvalue < 1e-9


def test_two_looks_tell_the_noise_of_the_weights_from_what_they_say():
    rng = np.random.default_rng(10)
    true = np.exp(rng.standard_normal(200_000))
    first, second = (true * np.exp(1.2 * rng.standard_normal(len(true))) for _ in range(2))
    sought = resampling.effective_size(true)
    assert likelihood.effective_by_two_looks(first, second) == pytest.approx(sought, rel=0.1)
    assert resampling.effective_size(first) < 0.5 * sought


def test_another_look_at_the_same_worlds_has_other_luck(small, record):
    fit, _ = small
    other = reference_table.look_afresh(fit.bank, SMALL, record)
    assert np.array_equal(other.number, fit.bank.number)
    assert len(other.summaries) == len(fit.bank.summaries)
    assert not np.array_equal(other.summaries.launches, fit.bank.summaries.launches)
    assert np.corrcoef(other.summaries.launches[:, 0], fit.bank.summaries.launches[:, 0])[0, 1] > 0.5


def test_switches_that_the_data_tell_apart_are_found():
    values = worlds.prior(3240, seed=1).values
    theory = values[:, list(CATALOGUE).index("xi_theory")]
    table = contraction.switches(values, np.where(theory == 1, 2.0, 1.0), seed=2).set_index(["switch", "level"])
    assert table.loc[("xi_theory", "prospect"), "posterior"] == pytest.approx(0.5, abs=0.01)
    assert table.loc[("xi_theory", "prospect"), "p_value"] == 0.001
    assert table.loc[("kim_theory", "prospect"), "p_value"] > 0.05
    assert list(table.loc["leader_types"].index) == ["leader", "crisis"], "a level by name only is no prior's"
    assert (table.groupby(level="switch")[["prior", "posterior"]].sum() - 1.0).abs().to_numpy().max() < 1e-9


def test_weights_are_of_the_record_and_of_two_bands(small):
    """All kinds of force alike; no band on a conditional, which is what a claim is about."""
    names = list(small[0].blocks)
    assert names[:5] == ["launch days", "PLA aircraft", "disputes in Korea", "disputes over Taiwan", "Russian flow"]
    assert names[5:7] == ["crises in Korea", "crises over Taiwan"]
    assert names[7:11] == [
        "force: taiwan blockade", "force: taiwan invasion", "force: korea attack", "force: korea war"
    ]  # fmt: skip
    assert names[11:] == [band.name for band in elicited.BANDS]
    assert [band.outcome for band in elicited.BANDS] == ["taiwan_invasion", "korea_war"]
    assert (elicited.BANDS[1].low, elicited.BANDS[1].high) == (0.0, pytest.approx(1.0 - 0.98**10))


@pytest.fixture
def frozen(small, tmp_path):
    small[0].freeze(tmp_path / "frozen")
    return tmp_path / "frozen"


def test_the_frozen_ensemble_comes_back_in_equal_weights(small, frozen):
    fit, _ = small
    loaded = calibrated.load(folder=frozen)
    assert len(loaded) == 60
    assert np.unique(loaded.values, axis=0).shape[0] == (fit.copies > 0).sum()
    order = np.lexsort(loaded.values.T)
    sample = fit.sample()
    assert loaded.values[order] == pytest.approx(sample[np.lexsort(sample.T)], rel=1e-6, abs=1e-6)
    assert loaded.report["share_kept"] == fit.volume_left


def test_an_ensemble_made_under_other_rules_says_so(frozen):
    manifest = json.loads((frozen / "calibrated.json").read_text())
    assert manifest["rules_hash"] == rules_hash()
    (frozen / "calibrated.json").write_text(json.dumps(manifest | {"rules_hash": "0" * 16}))
    with pytest.warns(UserWarning, match="made under other rules .*`crink-abm calibrate --freeze`"):
        calibrated.load(folder=frozen)


def test_an_ensemble_of_another_version_is_refused(frozen):
    table = pd.read_parquet(frozen / "calibrated.parquet").drop(columns="pla_sd")
    table.to_parquet(frozen / "calibrated.parquet")
    with pytest.raises(InputError, match="lacks pla_sd; make it again"):
        calibrated.load(folder=frozen)
    (frozen / "calibrated.parquet").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        calibrated.load(folder=frozen)


def test_structures_and_fixed_parameters_are_honoured(frozen):
    table = pd.read_parquet(frozen / "calibrated.parquet")
    counts = table.groupby("xi_profile")["copies"].sum()
    only = calibrated.load({"xi_profile": [counts.idxmax()]}, fixed={"sea_cost": 0.3}, folder=frozen)
    assert len(only) == counts.max()
    assert set(only.column("xi_profile")) == {counts.idxmax()}
    assert set(only.column("sea_cost")) == {0.3}


def test_the_package_s_own_ensemble_is_whole_and_within_the_prior():
    table, manifest = calibrated.read()
    assert len(table) >= 500
    assert table["copies"].sum() == manifest["n_worlds"]
    for name, p in CATALOGUE.items():
        assert table[name].between(p.low, p.high).all(), name
    for key in ("rules_hash", "seed", "draws", "targets", "effective_sample_size", "libraries", "command"):
        assert key in manifest


@pytest.mark.filterwarnings("ignore:the calibrated ensemble was made under other rules")
def test_experiments_accept_the_calibrated_ensemble():
    table = spec.WorldsTable(ensemble="calibrated", size=40)
    assert len(make_worlds(table)) == 40
    assert worlds_name(table) != worlds_name(spec.WorldsTable(ensemble="prior", size=40))


@pytest.mark.filterwarnings("ignore:the calibrated ensemble was made under other rules")
def test_simulate_and_compare_run_in_the_calibrated_worlds():
    batch_of = crink.simulate(worlds="calibrated", runs=200, months=12, seed=1)
    assert len(batch_of) == 200
    table = crink.compare({"usfk_posture": 0.8}, worlds="calibrated", runs=400, months=12)
    assert set(table["policy"]) == {"today", "policy"}
    with pytest.raises(InputError, match="'calibrated', 'defaults', 'prior'"):
        crink.simulate(worlds="posterior", runs=1)


def test_the_page_fills_every_blank_of_its_template():
    template = (ROOT / "docs" / "calibration_template.md").read_text(encoding="utf-8")
    source = Path(calibration.__file__).read_text(encoding="utf-8")
    blanks = set(re.findall(r"\{\{ (\w+) \}\}", template))
    assert blanks, "there are some"
    assert not {name for name in blanks if f'"{name}":' not in source}


def test_the_page_says_what_can_be_told_of_the_base_rate_and_no_more():
    rows = {"series": "launch days", "score": "CRPS", "period": "2016-20"}
    told = pd.DataFrame(
        [{**rows, "forecaster": "model", "beats_base_rate": x} for x in ("unclear", "no", "yes")]
        + [{**rows, "forecaster": "prior", "beats_base_rate": "yes"}]
    )
    assert calibration.verdict(told.iloc[[0, 3]]).startswith("In no series")
    assert "loses to it at launch days" in calibration.verdict(told)
    assert "beats it at launch days" in calibration.verdict(told)

"""Portfolios: designs and costs, runs that are the model's, robust policies without a winner's curse, trades, and the study whole."""

import itertools
import re

import numpy as np
import pytest
from hot import HOT

import crink_abm
from crink_abm import DeterrenceModel, InputError
from crink_abm.analysis.portfolio import robust, runs, study, trade
from crink_abm.analysis.portfolio.design import costs_of, designed
from crink_abm.analysis.responses import Setting
from crink_abm.ensemble import worlds
from crink_abm.estimation.measures import loss, measure
from crink_abm.model import costs, levers
from crink_abm.report.answers import portfolio as report

SMALL = {
    "experiment": {"name": "small", "seed": 3, "runs": 1, "months": 24},
    "worlds": {"ensemble": "calibrated", "size": 60},
    "ask": {"outcomes": ["taiwan_failure", "korea_failure"], "runs_per_world": 4},
    "packages": {"1 posture": {"usfk_posture": 0.8}, "4 hybrid": {"counter_hybrid": 0.9}},
    "portfolio": {
        "policies": 24, "budget": 24 * 192, "most_runs": 256, "finalists": 12, "final_rounds": 2, "draws": 100,
        "losses": {"loss": {"taiwan_invasion": 1.0, "korea_war": 1.0, "nuclear_use": 5.0}},
        "break_even": [["usfk_posture", "maritime_posture"]], "pillars": ["1 posture", "4 hybrid"],
        "odds": {"x": {"policies": ["1 posture", "baseline"], "good": {"xi_theory": "expected_utility"},
                       "bad": {"xi_theory": [0.5, 2.0]}}},
    },
}  # fmt: skip


def changed(table, **entries):
    return {**SMALL, table: {**SMALL[table], **entries}}


# designs and costs


def test_costs_are_the_declared_ones_also_of_schedules():
    chosen = [
        levers.checked({"usfk_posture": 0.8, "japan_burden_share": 0.1}),
        levers.checked({"exposure": {"2026-01": 0.5, "2030-01": 0.9}, "dual_role": 0.0}),
    ]
    got = costs_of(chosen, 120, "2026-01")
    for k, policy in enumerate(chosen):
        rows = costs.cost(policy)
        for c, name in enumerate(("money", "politics")):
            for end, word in enumerate((name, f"{name}_low", f"{name}_high")):
                assert got[end, k, c] == pytest.approx(sum(row[word] for row in rows))


def test_a_design_lies_within_its_caps_and_moves_as_many_levers_as_it_may():
    base = levers.checked()
    found = designed(300, {"dear": {"japan_burden_share": 1.0, "declared_resolve": 1.0}}, baseline=base,
                     chosen=list(levers.LEVERS), moves=(2, 3), caps={"money": 3.0, "politics": 4.0}, seed=2)  # fmt: skip
    assert len(found) == len({repr(sorted(one.items())) for one in found.levers}) == 300
    assert found.cost[1:, 0].max() <= 3.0 and found.cost[1:, 1].max() <= 4.0 < found.cost[0, 1]
    assert {len(one) for one in found.levers[1:]} == {2, 3}
    moved = [name for one in found.levers[1:] for name in one]
    assert set(moved) == set(levers.LEVERS)
    assert found.drawn > 299  # some cost more
    again = designed(100, {"dear": {"japan_burden_share": 1.0, "declared_resolve": 1.0}}, baseline=base,
                     chosen=list(levers.LEVERS), moves=(2, 3), caps={"money": 3.0, "politics": 4.0}, seed=2)  # fmt: skip
    assert again.levers[1:50] != found.levers[50:99]
    with pytest.raises(InputError, match="lie within"):
        designed(64, {}, baseline=base, chosen=["declared_resolve"], moves=(1, 1), caps={"politics": 0.01}, seed=1)


# runs


@pytest.fixture(scope="module")
def setting():
    return Setting(worlds.prior(9, seed=3, fixed=HOT), months=36, seed=7)


def test_runs_are_the_models_and_the_same_for_every_policy(setting):
    policies = [{}, {"usfk_posture": 0.9}, {"exposure": {"2026-01": 0.5, "2027-01": 0.9}}]
    asked = [measure("any_failure"), loss({"taiwan_blockade": 1.0, "korea_attack": 3.0})]
    draw = runs.drawer(setting, policies, asked, [1.0, 4.0])
    values = draw(np.array([0, 1, 2]), 0, 128)
    of = runs.worlds_of_runs(setting, 0, 128)
    for k, run in ((0, 0), (1, 77), (2, 127)):
        world = dict(zip(crink_abm.CATALOGUE, setting.worlds.values[of[run]].tolist(), strict=True))
        model = DeterrenceModel(policies[k], seed=7, run=run, months=36, parameters=world).run()
        assert values[k, run, 0] == (model.outcome["any_failure"] is not None), (k, run)
    assert values.min() >= 0 and values.max() <= 1
    assert set(np.unique(of)) <= set(range(9)) and len(np.unique(of)) == 9
    parts = np.concatenate([draw(np.array([1]), 0, 64), draw(np.array([1]), 64, 64)], axis=1)
    assert np.array_equal(parts[0], values[1]), "pieces and company change nothing"
    from crink_abm.engine import compiled
    from crink_abm.model import outcomes

    results = compiled.run_many(levers.calendar(policies[2], 36), setting.worlds.values, 128, seed=7, world_of=of)
    came = outcomes.months(results) >= 0
    names = list(outcomes.OUTCOMES)
    assert np.array_equal(values[2, :, 0], came[:, names.index("any_failure")])
    weighed = (came[:, names.index("taiwan_blockade")] + 3.0 * came[:, names.index("korea_attack")]) / 4.0
    assert np.allclose(values[2, :, 1], weighed)


def test_worlds_are_independent_draws_of_the_ensemble(setting):
    """The share of runs in each world is that of a fair draw, and consecutive runs know nothing of one another."""
    of = runs.worlds_of_runs(setting, 0, 64 * 300)
    share = np.bincount(of, minlength=9) / len(of)
    assert np.abs(share - 1 / 9).max() < 4 * np.sqrt(1 / 9 * 8 / 9 / len(of))
    assert abs((of[1:] == of[:-1]).mean() - 1 / 9) < 4 * np.sqrt(1 / 9 * 8 / 9 / len(of))


# robust


def test_percentiles_are_those_of_worlds_not_of_noise():
    rng = np.random.default_rng(4)
    truth, noise = rng.normal(0.5, 0.1, 2000), rng.normal(0, 0.3, (2, 2000))
    halves = (truth + noise)[None]
    exact = 0.5 + 1.2816 * 0.1
    assert robust.percentile(halves)[0] == pytest.approx(exact, abs=0.02)
    assert np.percentile(halves.mean(1), 90) > exact + 0.1  # negative control: noise is taken for spread


def test_regrets_are_not_flattered_by_the_least_of_many():
    """Equal policies have no regret; against the least mean of the same runs they would have."""
    got, plain = [], []
    for seed in range(100):
        halves = np.random.default_rng(seed).normal(0.5, 0.2, (30, 2, 40))
        regret, _ = robust.regrets(halves, {"all": np.ones(40, bool)})
        got.append(regret.mean())
        mean = halves.mean((1, 2))
        plain.append((mean - mean.min()).mean())
    assert abs(np.mean(got)) < 4 * np.std(got) / 10
    assert np.mean(plain) > 10 * np.std(plain) / 10


def test_a_fresh_rerun_of_the_best_shows_no_winners_curse():
    """What is chosen looks better in the runs that chose it than it is; in the fresh runs that are reported it does not."""
    flattered, again = [], []
    for seed in range(10):
        plan = {
            "experiment": {"name": "x", "seed": seed, "runs": 1, "months": 24},
            "worlds": {"ensemble": "defaults"}, "parameters": HOT,
            "ask": {"outcomes": ["any_failure"], "runs_per_world": 1000}, "packages": {"p": {"exposure": 0.6}},
            "portfolio": {"policies": 40, "budget": 40 * 64, "most_runs": 64, "finalists": 40, "final_rounds": 60, "draws": 100,
                          "moves": [2, 3]},
        }  # fmt: skip
        found = study.portfolio(plan)
        row = found.robust[found.robust["criterion"] == "mean"].iloc[0]
        flattered.append(row["less"])
        table = found.policies.set_index("name")
        moved = {name: float(table.loc[row["policy"], name]) for name in levers.LEVERS}
        file = study.read(plan, study.PortfolioFile)
        arms = [study.Arm("base"), study.Arm("x", moved)]
        other = study.respond(study.prepared(file), arms, ["any_failure"], rounds=2000, first_round=10_000)
        again.append(float(other.change("x", "base", 0).mean()) - row["change"])
    n = np.sqrt(len(again))
    assert np.mean(flattered) > 3 * np.std(flattered, ddof=1) / n, "the finals do flatter: a curse to be rid of"
    assert abs(np.mean(again)) < 3 * np.std(again, ddof=1) / n
    assert abs(np.mean(again)) < 0.3 * np.mean(flattered)


# trades


def test_shares_sum_to_the_whole_and_tell_what_reinforces():
    names = "abc"
    worth = {"a": 1.0, "b": 2.0, "c": 0.0}
    value = {}
    rng = np.random.default_rng(1)
    for size in range(4):
        for some in itertools.combinations(names, size):
            both = 3.0 if {"a", "b"} <= set(some) else 0.0
            value[frozenset(some)] = np.full(50, sum(worth[x] for x in some) + both) + 0.1 * rng.normal(size=50) * bool(
                some
            )
    table = trade.shapley(value, np.arange(50)).set_index(["kind", "pillars"])
    share = table.loc["share"]["value"]
    assert share.sum() == pytest.approx(table.loc["all"]["value"].iloc[0])
    inside = table["low"].le(table["value"]) & table["high"].ge(table["value"])
    assert inside.all()
    truth = {("share", "a"): 2.5, ("share", "b"): 3.5, ("share", "c"): 0.0, ("pair", "a x b"): 3.0, ("pair", "a x c"): 0.0,
             ("excess", "a + b + c"): 3.0}  # fmt: skip
    for key, exact in truth.items():
        row = table.loc[key]
        assert abs(row["value"] - exact) < 2.5 * (row["high"] - row["low"]) / 2.0, key


@pytest.mark.parametrize("truth", [2.0, -0.5])
def test_break_even_sets_cover(truth):
    rng, hit, n = np.random.default_rng(5), 0, 400
    for _ in range(n):
        common = rng.normal(0, 0.5, 60)
        b = 0.4 + common + rng.normal(0, 0.5, 60)
        a = truth * 0.4 + common + rng.normal(0, 0.5, 60)
        ratio, *_ = trade.break_even(a * 3.0, b * 5.0, 3.0, 5.0, np.arange(60))
        hit += ratio.holds(truth)
    assert abs(hit / n - 0.95) < 3 * np.sqrt(0.95 * 0.05 / n)


def test_a_price_in_what_does_nothing_is_open():
    rng = np.random.default_rng(6)
    found = [
        trade.break_even(0.5 + rng.normal(0, 1, 50), rng.normal(0, 1, 50), 1.0, 1.0, np.arange(50))[0]
        for _ in range(100)
    ]
    assert sum(one.kind == "interval" for one in found) <= 5 + 3 * np.sqrt(5)
    same = np.ones(50) + rng.normal(0, 0.1, 50)
    exact, *_ = trade.break_even(2 * same, same, 1.0, 1.0, np.arange(50))
    assert (exact.low, exact.high) == pytest.approx((2.0, 2.0))


def test_odds_cover_their_break_even_and_say_when_there_is_none():
    rng, hit, n = np.random.default_rng(7), 0, 400
    good, bad = np.arange(120) < 70, np.arange(120) >= 70
    for _ in range(n):
        apart = np.where(good, -1.0, 3.0) + rng.normal(0, 3.0, 120)
        found = trade.odds(apart, good, bad, np.arange(120))
        hit += found["p_low"] <= 0.25 <= found["p_high"]
    assert abs(hit / n - 0.95) < 3 * np.sqrt(0.95 * 0.05 / n)
    sure = trade.odds(np.where(good, 1.0, 3.0) + rng.normal(0, 0.1, 120), good, bad, np.arange(120))
    assert sure["prefer"] == "B" and np.isnan(sure["p"]) and np.isnan(sure["p_low"]) and sure["settled"]


def test_copies_of_a_world_are_one_observation():
    x = np.random.default_rng(8).normal(1, 1, 30)
    once, error_once, _ = trade.moments(x[:, None], np.arange(30))
    thrice, error_thrice, _ = trade.moments(np.repeat(x, 3)[:, None], np.repeat(np.arange(30), 3))
    assert thrice == pytest.approx(once)
    assert error_thrice == pytest.approx(error_once)


# the study


@pytest.fixture(scope="module")
def found():
    return study.portfolio(SMALL)


def test_stages_share_no_run(monkeypatch):
    """Race, finals and report: each begins beyond all runs of those before."""
    spans, plain, draws = [], study.respond, study.drawer

    def watched(setting, arms, asked, *, rounds, first_round, **more):
        n = len(setting.worlds)
        spans.append((first_round * n, (first_round + rounds) * n))
        return plain(setting, arms, asked, rounds=rounds, first_round=first_round, **more)

    def drawn(*given, **more):
        draw = draws(*given, **more)
        return lambda which, first, n: (spans.append((first, first + n)), draw(which, first, n))[1]

    monkeypatch.setattr(study, "respond", watched)
    monkeypatch.setattr(study, "drawer", drawn)
    facts = study.portfolio(SMALL).facts
    assert len(spans) > 3
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans))
    assert (facts["first_run_of_finals"], facts["first_run_of_report"]) == (spans[-2][0], spans[-1][0])
    assert facts["race_runs"] <= facts["budget"]


def test_tables_are_tidy_and_whole(found):
    table = found.policies
    assert table["finalist"].sum() == 12
    assert {"baseline", "1 posture", "4 hybrid"} <= set(table.loc[table["finalist"], "name"])
    for front in ("taiwan_failure", "korea_failure", "loss"):
        chance = table[f"chance_{front}"]
        assert chance[table["finalist"]].between(0, 1).all()
        assert chance[~table["finalist"] & table["left"]].isna().all()
    assert (found.levels["low"] <= found.levels["level"]).all() and (
        found.levels["level"] <= found.levels["high"]
    ).all()
    row = found.shapley[(found.shapley["measure"] == "loss")].set_index("kind")
    assert row.loc["share", "value"].sum() == pytest.approx(row.loc["all", "value"])
    assert set(found.regret["policy"]) >= {"baseline", "1 posture"}
    best = found.regret[found.regret["policy"] == found.regret["best"]]
    assert (best["regret"] == 0).all()
    assert len(found.break_even) == 6 and len(found.odds) == 1


def test_the_page_says_it_all_with_intervals(found):
    page = report.document(found, "crink-abm portfolio X", "small")
    assert not re.search(r"\bnan\b", page)
    assert len(report.sentences(found)) >= 8
    assert "4,608 runs" in page


def test_margins_decide_verdicts():
    words = ("above", "below", "equal")
    assert report.verdict(0.01, 0.02, 0.005, *words) == "above"
    assert report.verdict(-0.02, -0.01, 0.005, *words) == "below"
    assert report.verdict(-0.004, 0.004, 0.005, *words) == "equal"
    assert report.verdict(-0.004, 0.009, 0.005, *words) == "not settled"
    assert "open" in report.verdict(0.001, 0.009, 0.005, *words)


class Killed(BaseException):
    pass


def test_a_killed_study_ends_with_the_same_bytes(tmp_path, monkeypatch):
    study.portfolio(SMALL, out=tmp_path / "whole")
    from crink_abm.analysis.kept import Kept

    plain, left = Kept.write, [0]
    for after in (2, 9):
        left[0] = after

        def mortal(self, key, array):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            plain(self, key, array)

        monkeypatch.setattr(Kept, "write", mortal)
        with pytest.raises(Killed):
            study.portfolio(SMALL, out=tmp_path / "again")
    written = []
    monkeypatch.setattr(Kept, "write", lambda self, key, array: (written.append(key), plain(self, key, array)))
    study.portfolio(SMALL, out=tmp_path / "again")
    kept = {path.name for path in (tmp_path / "whole" / "kept").iterdir()}
    assert 0 < len(written) < len(kept), "it goes on where it was"
    assert {path.name for path in (tmp_path / "again" / "kept").iterdir()} == kept
    for path in (tmp_path / "whole").glob("*.parquet"):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (changed("portfolio", judge="los"), "no measure is named 'los'"),
        (changed("portfolio", pillars=["1 posture", "2"]), "no package is named '2'"),
        (changed("portfolio", pillars=["1 posture"]), "at least two packages"),
        (changed("portfolio", budget=100), "runs for a first look"),
        (changed("portfolio", final_rounds=3), "even"),
        (changed("portfolio", most_runs=100), "multiple of 64"),
        (changed("portfolio", moves=[3, 1]), "least, most"),
        (changed("portfolio", break_even=[["usfk_posture", "usfk_posture"]]), "two levers"),
        (changed("portfolio", step=0.8), "leaves"),
        (changed("portfolio", losses={"loss": {"war": 1.0}}), "no outcome is named"),
        (changed("portfolio", losses={"loss": {"nuclear_use": -1.0}}), "weight above 0"),
        (changed("portfolio", promise="all"), "'any' or 'each'"),
        (changed("ask", outcomes=["mean arms_flow"]), "weighs outcomes"),
        (changed("portfolio", odds={"x": {"policies": ["1 posture", "baseline"], "good": {"xi_theory": 0}, "bad": {"xi_theory": [0.0, 2.0]}}}),
         "in both cases"),
        (changed("portfolio", odds={"x": {"policies": ["1 posture", "baseline"], "good": {"xi_theory": 0}, "bad": {"leader_types": 2}}}),
         "0 different worlds"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_before_anything_runs(plan, said, monkeypatch):
    monkeypatch.setattr(study, "run", lambda *_, **__: pytest.fail("it ran"))
    with pytest.raises(InputError, match=said):
        study.portfolio(plan)


def test_the_command_writes_tables_charts_page_and_json(tmp_path, capsys):
    import json

    from conftest import ROOT

    from crink_abm.cli.main import main

    text = (ROOT / "experiments" / "portfolio.toml").read_text()
    for was, now in (
        ("[ask]", "months = 24\n[ask]"), ("policies = 10000", "policies = 20"), ("budget = 10_000_000", "budget = 2_000"),
        ("finalists = 600", "finalists = 10"), ("final_rounds = 4", "final_rounds = 2"), ("runs_per_world = 60", "runs_per_world = 2"),
        ("[worlds]", "[worlds]\nsize = 150"), ("draws = 400", "draws = 100"),
    ):  # fmt: skip
        assert was in text
        text = text.replace(was, now, 1)
    file = tmp_path / "small.toml"
    file.write_text(text.replace("months = 24\n[ask]", "[ask]").replace("runs = 1000", "months = 24\nruns = 1000"))
    page = tmp_path / "page.md"
    assert main(["portfolio", str(file), "--out", str(tmp_path / "out"), "--markdown", str(page), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["policies"]) == 10 and told["facts"]["policies"] == 20
    assert {path.stem for path in (tmp_path / "out").glob("*.parquet")} == set(told) - {"facts"}
    assert len(list((tmp_path / "out" / "figures").glob("portfolio_*.png"))) == 4
    assert page.read_text().startswith("# Portfolios")
    assert all((page.parent / name).exists() for name in re.findall(r"\((figures/.+?)\)", page.read_text()))

"""The counter-based draws: published vectors, addresses, and that nothing is shifted."""

import itertools

import numpy as np
import pytest
from scipy import stats

from crink_abm.model import draws
from crink_abm.model.draws import Draw
from crink_abm.model.enums import Actor

# Random123's kat_vectors, philox4x32 with 10 rounds: counter, key, answer.
KNOWN = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]


def _plain(counter, key):
    """Philox4x32-10 in unbounded integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        low, high = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(high >> 32) ^ c[1] ^ k[0], high & 0xFFFFFFFF, (low >> 32) ^ c[3] ^ k[1], low & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_the_published_answers(counter, key, answer):
    words = draws.philox(*(np.array([x], np.uint64) for x in counter + key))
    assert [int(w[0]) for w in words] == answer
    assert _plain(counter, key) == answer


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_compiled_philox_gives_the_published_answers(counter, key, answer):
    from crink_abm.engine.compiler import RuleCompiler

    words = RuleCompiler().compiled(draws.philox)(*(np.uint64(x) for x in counter + key))
    assert [int(w) for w in words] == answer


def test_draws_match_plain_integers_at_their_addresses():
    seed, run = 2**40 + 17, 2**35 + 3
    table = draws.uniforms(seed, run, 5)
    for draw in (Draw.u_xi_choice, Draw.u_provocation, Draw.u_detections, Draw.u_japan_enters):
        words = _plain([run % 2**32, run >> 32, 3, int(draw) // 4], [seed % 2**32, seed >> 32])
        assert table[draw.name][3] == (words[int(draw) % 4] + 0.5) / 2**32


def test_every_decision_has_its_own_number_and_an_actor():
    assert len({(d.block, d.word) for d in Draw}) == len({int(d) for d in Draw}) == len(Draw)
    assert all(isinstance(d.actor, Actor) for d in Draw)


def test_an_added_decision_changes_no_other_draw(monkeypatch):
    """Draws are addressed, not consumed: twice as many decisions leave the old ones where they were."""
    before = draws.uniforms(9, 4, 12)

    class Added(int):
        block, word = property(lambda self: self // 4), property(lambda self: self % 4)

    more = []
    for number in range(64):
        if number not in set(map(int, Draw)):
            more.append(Added(number))
            more[-1].name = f"u_extra_{number}"
    monkeypatch.setattr(draws, "Draw", [*more, *Draw])
    after = draws.uniforms(9, 4, 12)
    assert len(after) == 64
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_draws_are_uniform_and_uncorrelated():
    """Kolmogorov-Smirnov over runs, and lag correlations between neighbours; the level is 1 in 10,000 a test."""
    n = 20_000
    months = np.arange(n, dtype=np.uint64)
    series = {d: draws.uniform_block(np.uint64(1), np.uint64(0), months, np.uint64(d.block))[d.word] for d in Draw}
    for values in series.values():
        assert values.min() > 0.0
        assert values.max() < 1.0
        assert stats.kstest(values, "uniform").pvalue > 1e-4
    matrix = np.corrcoef(np.array(list(series.values())))
    off = np.abs(matrix[~np.eye(len(matrix), dtype=bool)])
    assert off.max() < stats.norm.ppf(1 - 1e-4 / len(off)) / np.sqrt(n)


def test_neither_end_of_the_unit_interval_is_drawn():
    top = np.uint64(2**32 - 1)
    assert float(top) * draws._UNIT + draws._HALF < 1.0
    assert 0.0 * draws._UNIT + draws._HALF > 0.0


STRATIFIED = [d for d in Draw if d.block in draws.STRATIFIED]


def _stratified(draw, n, seed=3, month=0, first=0):
    """A stratified draw of ``n`` runs in a row."""
    runs = np.arange(first, first + n, dtype=np.uint64)
    return draws.stratified_block(np.uint64(seed), runs, np.uint64(month), np.uint64(draw.block))[draw.word]


def test_what_is_drawn_once_a_leader_is_stratified():
    assert {d.name for d in STRATIFIED} == {
        f"u_{who}_{part}" for who in ("xi", "kim") for part in ("stakes", "costs", "optimism")
    }


@pytest.mark.parametrize("draw", STRATIFIED, ids=lambda d: d.name)
def test_each_of_64_runs_in_a_row_lies_in_another_stratum(draw):
    """In every group, month and seed; far up as well (negative control: the plain draws)."""
    for seed, month, first in ((3, 0, 0), (3, 17, 64 * 5), (2**40 + 1, 0, 2**40)):
        strata = np.floor(_stratified(draw, 64 * 20, seed, month, first) * 64).reshape(20, 64)
        assert (np.sort(strata, axis=1) == np.arange(64)).all()
    runs = np.arange(64, dtype=np.uint64)
    plain = draws.uniform_block(np.uint64(3), runs, np.uint64(0), np.uint64(draw.block))[draw.word]
    assert len(set(np.floor(plain * 64))) < 64


def test_groups_of_runs_are_independent_and_the_draws_of_a_run_are():
    """Where a run stands in one group says nothing of the run at its place in the next, nor one draw of another.

    Uniform within strata and, at one place, over groups; correlations within groups, of neighbours and of draws, have mean 0
    with groups as the units. The level is 1 in 10,000 over all tests of a kind.
    """
    n = 64 * 1024
    every = {d: _stratified(d, n).reshape(-1, 64) for d in STRATIFIED}

    def correlated(a, b):
        products = ((a - 0.5) * (b - 0.5)).mean(axis=1)
        return abs(products.mean()) / products.std() * np.sqrt(len(products))

    for groups in every.values():
        assert 0.0 < groups.min() < groups.max() < 1.0
        assert stats.kstest(groups.ravel() * 64 % 1, "uniform").pvalue > 1e-4
        assert stats.kstest(groups[:, 5], "uniform").pvalue > 1e-4
        assert correlated(groups[:-1], groups[1:]) < stats.norm.isf(0.5e-4 / 6)
    for a, b in itertools.combinations(STRATIFIED, 2):
        assert correlated(every[a], every[b]) < stats.norm.isf(0.5e-4 / 15), (a.name, b.name)


def test_stratification_lowers_the_error_of_a_share_of_types():
    """The share of the quarter of leaders whom force costs least is exact in each group; of plain draws it is not."""
    shares = (_stratified(Draw.u_xi_costs, 64 * 50) < 0.25).reshape(50, 64).mean(axis=1)
    assert (shares == 0.25).all()
    runs = np.arange(64 * 50, dtype=np.uint64)
    plain = draws.uniform_block(np.uint64(3), runs, np.uint64(0), np.uint64(Draw.u_xi_costs.block))[
        Draw.u_xi_costs.word
    ]
    assert (plain < 0.25).reshape(50, 64).mean(axis=1).std() > 0.03


def test_both_engines_stratify_alike():
    """The type of each of 64 compiled runs, at the defaults, is that of its draws, and Mesa's."""
    from conftest import FIELD_NAMES, mesa_run

    from crink_abm.engine import compiled
    from crink_abm.ensemble import worlds
    from crink_abm.model import levers

    column = FIELD_NAMES.index("xi_costs")
    runs = compiled.trajectories(levers.calendar(None, 1), worlds.defaults().values, 128, seed=3, first_run=64)[
        :, 0, column
    ]
    order = np.argsort(_stratified(Draw.u_xi_costs, 128, first=64))
    assert (np.argsort(runs) == order).all()  # costs rise with their draw
    assert [mesa_run({}, {}, 3, 64 + k, 1)[0, column] for k in range(8)] == runs[:8].tolist()


def test_runs_of_a_group_are_never_positively_correlated_in_what_only_rises():
    """Nor in what only falls; over every distance of two runs. A wave over the strata shows that the measure can find it."""
    rng, strata = np.random.default_rng(1), draws.STRATA
    lags = [[(odd * 2**j) % strata for odd in range(1, strata, 2)] for j in range(draws.STRATA.bit_length() - 1)]

    def greatest(f):
        return max(np.mean([np.mean(f * np.roll(f, -lag)) for lag in some]) - f.mean() ** 2 for some in lags) / f.var()

    for _ in range(300):
        steps = rng.integers(1, strata, rng.integers(1, 8))
        f = (rng.exponential(size=len(steps))[:, None] * (np.arange(strata) >= steps[:, None])).sum(0)
        assert greatest(f) < 1e-9
    assert greatest((np.arange(strata) % 32 < 16).astype(float)) > 0.9

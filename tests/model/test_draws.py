"""The counter-based draws: published vectors, addresses, and that nothing is shifted."""

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

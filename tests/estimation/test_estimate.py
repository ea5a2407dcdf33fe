"""Intervals: exact against definitions, and coverage at or near the nominal level."""

import numpy as np
import pytest
from scipy import stats

from crink_abm.estimation import incidence, intervals, significance, variance_components


def _coverage(interval, n, p, level=0.95):
    """Exact coverage: the binomial probability of the counts whose interval holds p."""
    k = np.arange(n + 1)
    low, high = interval(k, np.full(n + 1, n), level)
    return stats.binom.pmf(k, n, p)[(low <= p) & (p <= high)].sum()


GRID = [(1000, 0.05), (1000, 0.3), (1000, 0.003), (10_000, 1e-4), (10_000, 0.01), (200, 0.5)]


@pytest.mark.parametrize(("n", "p"), GRID)
def test_clopper_pearson_covers_at_least_nominally(n, p):
    assert _coverage(intervals.clopper_pearson, n, p) >= 0.95


def test_jeffreys_covers_nominally_on_average():
    """Jeffreys' coverage oscillates around the level; its mean over a range of p lies near it (Brown et al. 2001)."""
    p = np.linspace(0.01, 0.2, 191)
    mean = np.mean([_coverage(intervals.jeffreys, 1000, x) for x in p])
    assert abs(mean - 0.95) < 0.005


def test_wald_would_fail_where_jeffreys_holds():
    """Negative control."""

    def wald(k, n, level):
        p = k / n
        half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(p * (1 - p) / n)
        return p - half, p + half

    assert _coverage(wald, 10_000, 1e-4) < 0.7
    assert _coverage(intervals.jeffreys, 10_000, 1e-4) > 0.93


def test_intervals_at_the_ends():
    low, high = intervals.jeffreys([0, 50], [50, 50])
    assert low[0] == 0.0
    assert high[1] == 1.0
    assert high[0] < 0.1
    assert np.isnan(intervals.jeffreys([0], [0])).all()


def test_jeffreys_is_the_beta_quantile():
    low, high = intervals.jeffreys(7, 100)
    assert low == pytest.approx(stats.beta(7.5, 93.5).ppf(0.025))
    assert high == pytest.approx(stats.beta(7.5, 93.5).ppf(0.975))


def test_newcombe_without_discordant_pairs_holds_zero():
    diff, low, high = intervals.newcombe(0, 0, 20, 100)
    assert diff == 0
    assert low < 0 < high


def test_newcombe_is_antisymmetric():
    one, other = intervals.newcombe(30, 10, 200, 1000), intervals.newcombe(10, 30, 200, 1000)
    assert one[0] == pytest.approx(-other[0])
    assert one[1] == pytest.approx(-other[2])


@pytest.mark.parametrize(
    ("both", "up", "down"), [(0.10, 0.02, 0.03), (0.30, 0.10, 0.05), (0.0, 0.01, 0.02), (0.05, 0.001, 0.02)]
)
def test_newcombe_covers_paired_differences(both, up, down):
    """Coverage over simulated paired tables; the floor allows for 4 standard errors of the simulation."""
    rng = np.random.default_rng(12)
    n, m = 1000, 20_000
    table = rng.multinomial(n, [both, up, down, 1 - both - up - down], size=m)
    diff, low, high = intervals.newcombe(table[:, 1], table[:, 2], table[:, 0], n)
    covered = ((low <= up - down) & (up - down <= high)).mean()
    assert covered > 0.945 - 4 * np.sqrt(0.05 * 0.95 / m)
    assert (low <= diff).all()
    assert (diff <= high).all()


def test_pairing_narrows_the_interval():
    """Common random numbers pay: the same margins, paired, give a narrower interval than independent samples would."""
    paired = intervals.newcombe(30, 10, 270, 1000)
    apart = intervals.newcombe(216, 196, 84, 1000)
    assert paired[2] - paired[1] < 0.5 * (apart[2] - apart[1])


def test_false_discovery_is_scipys():
    luck = np.random.default_rng(5)
    for n in (0, 1, 2, 7, 400):
        p = luck.uniform(size=n) ** luck.integers(1, 4)
        p[: n // 3] = p[-(n // 3) :] if n // 3 else p[:0]  # ties
        assert significance.false_discovery(p) == pytest.approx(
            stats.false_discovery_control(p) if n else [], rel=1e-13
        )


def test_false_discovery_holds_under_the_null():
    """With no effect anywhere, hardly any map shows a marked cell; without control, nearly every map would."""
    rng = np.random.default_rng(3)
    naive = controlled = 0
    for _ in range(200):
        up = rng.binomial(200, 0.5, size=500)
        p = significance.difference_test(up, 200 - up, (2 * up - 200) / 1000, np.full(500, 1e-9), 1e6)
        controlled += (significance.false_discovery(p) <= 0.05).any()
        naive += (p <= 0.05).any()
    assert controlled <= stats.binom(200, 0.05).ppf(0.999)
    assert naive > 190


def test_a_difference_that_a_few_worlds_carry_is_not_clear():
    """All of a difference in 2 of 100 worlds: clear for the runs as a sample, not for the worlds as a sample."""
    rose = np.zeros((100, 1))
    rose[:2] = 10
    change = variance_components.spreads(rose, rose.sum(0), np.full(100, 10), {})
    few = significance.difference_test([20], [0], [0.02], change["ensemble_se"], 99)
    spread = variance_components.spreads(np.full((100, 1), 0.2), np.array([20.0]), np.full(100, 10), {})
    everywhere = significance.difference_test([20], [0], [0.02], spread["ensemble_se"], 99)
    assert few[0] > 0.05
    assert everywhere[0] < 1e-4


def test_paired_change_has_its_own_spread():
    """A lever that helps half the structures and harms the other: no mean change, all of it structural spread."""
    rng = np.random.default_rng(4)
    switch = np.arange(400) % 2
    rose = rng.binomial(50, np.where(switch == 1, 0.2, 0.0))[:, None]
    fell = rng.binomial(50, np.where(switch == 0, 0.2, 0.0))[:, None]
    change = variance_components.spreads(rose - fell, (rose + fell).sum(0), np.full(400, 50), {"switch": switch})
    assert change["structure_sd"][0] == pytest.approx(0.2, abs=0.01)
    assert change["parameter_sd"][0] < 0.03
    assert change["structure_low"][0] == pytest.approx(-0.2, abs=0.02)


def _made_up(rng, n_worlds, m, sd_param, sd_struct):
    switch = np.arange(n_worlds) % 3
    prob = np.clip(
        0.4 + sd_struct * np.array([-1, 0, 1])[switch] * np.sqrt(1.5) + rng.normal(0, sd_param, n_worlds), 0, 1
    )
    events = rng.binomial(m, prob)[:, None]
    return variance_components.spreads(events, events.sum(0), np.full(n_worlds, m), {"switch": switch})


@pytest.mark.parametrize(("sd_param", "sd_struct"), [(0.08, 0.0), (0.0, 0.08), (0.06, 0.06), (0.0, 0.0)])
def test_spreads_are_recovered_apart(sd_param, sd_struct):
    """Known parameter and structural spread come back; the tolerance is four standard errors over repetitions."""
    rng = np.random.default_rng(8)
    made = [_made_up(rng, 300, 24, sd_param, sd_struct) for _ in range(200)]
    for name, true in (("parameter_sd", sd_param), ("structure_sd", sd_struct)):
        squares = np.array([x[name][0] ** 2 for x in made])
        # Variances are cut at zero, which adds at most their own noise to the mean.
        slack = 4 * squares.std() / np.sqrt(len(squares)) + squares.std()
        assert abs(squares.mean() - true**2) < slack


def test_noise_seldom_opens_a_structural_range():
    """Worlds that differ by parameters alone, six switches that do nothing: a range in about one case in twenty.

    Negative control: the raw level means differ by points in every case. A switch that matters opens its range.
    """
    rng = np.random.default_rng(10)
    opened, raw = 0, []
    n = 200
    switches = {f"s{k}": rng.permutation(np.arange(300) % (2 + k % 2)) for k in range(6)}
    for _ in range(n):
        events = rng.binomial(50, rng.uniform(0, 1, 300))[:, None]
        made = variance_components.spreads(events, events.sum(0), np.full(300, 50), switches)
        opened += (made["structure_high"] > made["structure_low"])[0]
        means = [events[levels == v].mean() / 50 for levels in switches.values() for v in np.unique(levels)]
        raw.append(max(means) - min(means))
    assert opened <= stats.binom(n, 0.05).ppf(0.999)
    assert min(raw) > 0.02
    events = rng.binomial(50, 0.3 + 0.3 * switches["s0"])[:, None]
    made = variance_components.spreads(events, events.sum(0), np.full(300, 50), switches)
    assert made["structure_low"][0] == pytest.approx(0.3, abs=0.02)
    assert made["structure_high"][0] == pytest.approx(0.6, abs=0.02)


def test_a_conditional_probability_has_the_interval_of_a_ratio():
    """Coverage of the ratio estimator over worlds that differ in both the condition and what follows it."""
    rng = np.random.default_rng(13)
    m, n_worlds, covered, naive = 2000, 200, 0, 0
    width = intervals.over_worlds(n_worlds)
    base, follows = 0.3, 0.2  # means of the two rates over worlds; they are correlated, so the ratio is not 0.2
    true = (base * follows + 0.5 * 0.2 * 0.1 / 3) / base
    for _ in range(m):
        z = rng.uniform(-1, 1, n_worlds)
        given = rng.binomial(40, base + 0.2 * z)
        hit = rng.binomial(given, follows + 0.05 * z)
        p, error = hit.sum() / given.sum(), variance_components.ratio_over_worlds(hit, given)
        covered += abs(p - true) < width * error
        low, high = intervals.jeffreys(hit.sum(), given.sum())
        naive += low < true < high
    assert covered / m > 0.95 - 4 * np.sqrt(0.05 * 0.95 / m)
    assert naive / m < covered / m


def test_naive_spread_would_mistake_luck_for_parameters():
    """Negative control: without the correction, twenty runs a world look like a spread of their own."""
    rng = np.random.default_rng(9)
    events = rng.binomial(20, 0.4, 300)
    assert (events / 20).std() > 0.09
    assert _made_up(rng, 300, 20, 0.0, 0.0)["parameter_sd"][0] < 0.05


def test_with_few_runs_a_world_no_spread_is_told():
    """Four runs a world hide a real spread of several points as often as not: none is given then."""
    rng = np.random.default_rng(11)
    made = _made_up(rng, 250, 4, 0.05, 0.0)
    assert all(np.isnan(made[name][0]) for name in ("parameter_sd", "structure_sd", "structure_low", "structure_high"))
    assert made["ensemble_se"][0] > 0


def test_cumulative_incidence_counts_months():
    months = np.array([0, 2, 2, -1])
    prob, low, high = incidence.incidence(months, 4)
    assert prob.tolist() == [0.25, 0.25, 0.75, 0.75]
    assert ((low <= prob) & (prob <= high)).all()


def test_distributions_are_those_of_scipy_stats():
    """The special functions used for speed of loading against the distributions they stand for."""
    k, n = np.array([0, 3, 40, 7]), np.array([9, 9, 90, 7])
    assert significance.mcnemar(k, n - k) == pytest.approx(
        [min(1.0, 2 * stats.binom.cdf(min(a, b - a), b, 0.5)) for a, b in zip(k, n, strict=True)]
    )
    assert significance.mcnemar([0], [0]).tolist() == [1.0]
    assert intervals.over_worlds(12) == pytest.approx(stats.t(11).ppf(0.975))
    from scipy.special import fdtrc

    assert fdtrc(2, 30, 4.1) == pytest.approx(stats.f(2, 30).sf(4.1))

"""Mesa and the compiled engine agree to the last bit; both agree with the oracle."""

import numpy as np
import pytest
from conftest import ENGINES, FIELD_NAMES, batch_run, mesa_run, oracle_run, random_policy, random_world

from crink_abm.agents.model import DeterrenceModel


def _case(rng):
    months = int(rng.integers(1, 121))
    return random_policy(rng), random_world(rng), int(rng.integers(2**63)), int(rng.integers(2**62)), months


def _differences(n, seed, other, **tolerance):
    """Cases of ``n`` in which Mesa and another engine differ in any field of any month."""
    rng = np.random.default_rng(seed)
    found = []
    for k in range(n):
        case = _case(rng)
        one, two = mesa_run(*case), other(*case)
        same = np.array_equal(one, two) if not tolerance else np.allclose(one, two, **tolerance)
        if not same:
            found.append((k, FIELD_NAMES[np.argwhere(one != two)[0][1]]))
    return found


# Six blocks of a hundred spread over the test processes; 20,000 runs in the slow tests.
@pytest.mark.parametrize("block", range(6))
def test_mesa_and_batch_are_bit_identical(block):
    assert _differences(100, 7000 + block, batch_run) == []


@pytest.mark.slow
@pytest.mark.parametrize("block", range(100))
def test_mesa_and_batch_are_bit_identical_in_20000_runs(block):
    assert _differences(200, 90_000 + block, batch_run) == []


@pytest.mark.once
@pytest.mark.parametrize("block", range(4))
def test_mesa_agrees_with_the_oracle(block):
    assert _differences(50, 8000 + block, oracle_run, rtol=1e-12, atol=1e-12) == []


def _drivers(rng, months):
    """Drivers and interventions that change every few months, and are often left to the model."""

    def steps(draw):
        return np.repeat([draw() for _ in range(months // 6 + 1)], 6)[:months]

    def at_times(draw):
        return steps(lambda: float(draw()) if rng.random() < 0.4 else -1.0)

    drawn = {
        "driver_ukraine": at_times(lambda: rng.integers(2)),
        "driver_us_crisis": at_times(lambda: rng.integers(2)),
        "driver_veto": steps(lambda: float(rng.integers(2))),
        "driver_statement": steps(lambda: rng.uniform(-1, 1)),
        "driver_exercise_season": steps(rng.random),
        "driver_inauguration": steps(lambda: float(rng.integers(2))),
        "force_taiwan": at_times(lambda: rng.integers(4)),
        "force_korea": at_times(lambda: rng.integers(4)),
        "force_flow": at_times(lambda: 1.5 * rng.random()),
        "force_xi_belief": at_times(rng.random),
        "force_kim_belief": at_times(rng.random),
    }
    return {name: value for name, value in drawn.items() if rng.random() < 0.5}


def test_all_agree_under_drivers_and_interventions():
    rng = np.random.default_rng(8100)
    for k in range(20):
        case = (*_case(rng)[:4], 120)
        drivers = _drivers(rng, 120)
        one = mesa_run(*case, drivers)
        assert np.array_equal(one, batch_run(*case, drivers)), k
        np.testing.assert_allclose(oracle_run(*case, drivers), one, rtol=1e-12, atol=1e-12, err_msg=str((k, *drivers)))


def test_the_comparison_can_fail():
    """Negative control: one rule off by one part in 10^15 is seen."""

    class Nudged(DeterrenceModel):
        def step(self):
            self.china.grievance *= 1.0 + 1e-15
            super().step()

    one = Nudged(seed=3, run=4, months=24, trace=False).run().history.to_numpy()
    assert not np.array_equal(one, batch_run({}, {}, 3, 4, 24))


def test_lanes_do_not_mix_runs():
    """A run is the same alone, in a full block, and in a block that is cut short."""
    from crink_abm.engine import compiled
    from crink_abm.ensemble import worlds
    from crink_abm.model import levers

    rng = np.random.default_rng(5)
    table = np.array([list(random_world(rng).values()) for _ in range(7)])
    calendar = levers.calendar(random_policy(rng), 60)
    together = compiled.trajectories(calendar, table, 150, seed=11, first_run=100, world_of=np.arange(150) % 7)
    for run in (0, 7, 8, 127, 128, 149):
        alone = compiled.trajectories(calendar, table[[run % 7]], 1, seed=11, first_run=100 + run)
        assert np.array_equal(alone[0], together[run])
    assert worlds.Worlds(table, "", 7, in_turn=True).of_runs(5, 3).tolist() == [5, 6, 0]


def test_threads_change_nothing():
    from crink_abm.engine import compiled
    from crink_abm.ensemble import worlds
    from crink_abm.model import levers

    n = 3 * compiled.SLICE + 5
    world = worlds.defaults()
    runs = [compiled.run_many(levers.calendar(None, 24), world.values, n, seed=2, threads=t) for t in (1, 2, 3)]
    assert np.array_equal(runs[0], runs[1])
    assert np.array_equal(runs[0], runs[2])


def test_every_engine_is_covered():
    assert set(ENGINES) == {"mesa", "batch", "oracle"}

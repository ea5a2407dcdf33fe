"""What levers cost."""

import numpy as np
import pytest

import crink_abm as crink
from crink_abm.model.costs import COSTS
from crink_abm.model.levers import LEVERS
from crink_abm.util.errors import InputError


def test_every_lever_has_a_cost_with_its_range_and_source():
    assert COSTS.keys() == LEVERS.keys()
    for name, one in COSTS.items():
        for low, middle, high in (one.money, one.politics):
            assert 0.0 <= low <= middle <= high, name
        assert one.politics[2] <= 10.0 and one.payer and one.source


def test_half_the_way_costs_half_and_the_way_back_returns_the_money():
    up, half, down = (crink.costs({"maritime_posture": x}).iloc[0] for x in (0.9, 0.7, 0.1))
    assert half["money"] == pytest.approx(up["money"] / 2)
    assert down["money"] == pytest.approx(-up["money"]) and down["politics"] == pytest.approx(up["politics"])
    assert down["money_low"] <= down["money"] <= down["money_high"] <= 0.0


def test_a_schedule_costs_its_mean_and_today_costs_nothing():
    assert crink.costs({}).empty
    ramp = crink.costs({"exposure": {"2026-01": 0.5, "2035-12": 0.9}}).iloc[0]
    assert ramp["moved"] == pytest.approx(np.linspace(0.0, 0.4, 120).mean())
    assert crink.costs("article")["lever"].nunique() == len(crink.costs("article"))
    with pytest.raises(InputError, match="did you mean exposure"):
        crink.costs({"exposur": 1})

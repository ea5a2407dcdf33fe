"""Behaviour of whole runs, on every engine."""

import collections
import gc
import itertools
import weakref

import mesa
import numpy as np
import pandas as pd
import pytest
from conftest import FIELD_NAMES, mesa_run, random_policy, random_world

from crink_abm import InputError
from crink_abm.agents import actors
from crink_abm.agents.actors import AGENTS, China
from crink_abm.agents.model import DeterrenceModel
from crink_abm.engine import compiled
from crink_abm.model import levers
from crink_abm.model.enums import Actor
from crink_abm.model.fields import FIELDS
from crink_abm.model.parameters import CATALOGUE, SWITCHES, checked
from crink_abm.model.schedule import MONTH, steps

#: A world in which force is no rarity: crises come and come to a head, force costs little, and leaders differ.
HOT = {"taiwan_incident_logit": -2.45, "taiwan_crisis_share": 0.5, "korea_incident_logit": -2.85, "korea_crisis_share": 1.0,
       "crisis_grievance": 4.0, "fixed_cost_blockade": 0.35, "fixed_cost_invasion": 0.35, "loss_invasion": 0.4,
       "attack_cost": 0.5, "crisis_decision_prob": 0.25, "costs_sd": 1.1}  # fmt: skip


def test_a_run_is_the_same_twice(engine):
    assert engine(seed=3, run=9).equals(engine(seed=3, run=9))
    assert not engine(seed=3, run=9).equals(engine(seed=3, run=10))


def test_a_policy_equal_to_the_baseline_gives_the_same_run(engine):
    """Common random numbers: naming a lever at its present value changes nothing."""
    today = {name: lever.today for name, lever in levers.LEVERS.items()}
    assert engine(policy=today, run=5).equals(engine(run=5))


def test_a_lever_that_moves_late_changes_nothing_before(engine):
    """A schedule that departs in month 12 leaves the first twelve months bit-identical."""
    late = {"usfk_posture": {"2026-12": 0.5, "2027-01": 1.0}}
    base, moved = engine(months=24, run=2), engine(policy=late, months=24, run=2)
    assert base.iloc[:12].equals(moved.iloc[:12])
    assert not base.iloc[12:].equals(moved.iloc[12:])


def test_peace_is_possible_and_war_is_possible(engine):
    """Where incidents are rare and no crisis, nothing happens; where crises come and force costs little, force does."""
    quiet = {"taiwan_incident_logit": -3.5, "taiwan_crisis_share": 0.06, "crisis_grievance": 0.0, "crisis_pla": 0.0}
    calm = engine(parameters=quiet, months=3, run=1)
    assert (calm["taiwan_status"] == 0).all()
    assert any(engine(parameters=HOT, months=120, run=k)["highest_rung"].iloc[-1] >= 3 for k in range(8))


#: The first month of each kind of force, and the status that dates it.
FORCE = {"first_blockade": ("taiwan_status", 2), "first_invasion": ("taiwan_status", 3),
         "first_korea_attack": ("korea_status", 2), "first_korea_war": ("korea_status", 3)}  # fmt: skip


def test_records_agree_with_the_statuses(engine):
    """Force by either leader's choice is dated by the month in which the status has it; noise as of the first edition."""
    rash = HOT | {"leader_types": "decision", "xi_precision": 1.0, "kim_precision": 1.0}
    seen = set()
    for run in range(8):
        h = engine(parameters=rash, months=120, run=run)
        for first, (status, rung) in FORCE.items():
            happened = int(h[first].iloc[-1])
            if happened >= 0:
                seen.add(first)
                # a war may end in its first month, a choice may not be seen in the month's last status
                choice, decides = (
                    ("xi_choice", "xi_decides") if status == "taiwan_status" else ("kim_choice", "kim_decides")
                )
                chose = (h[decides] > 0) & (h[choice] == rung)
                assert chose.iloc[happened], first
                assert not chose.iloc[:happened].any(), first
                assert h[status].iloc[happened] in (rung, 0), first
                assert not (h[status].iloc[:happened] == rung).any(), first
            else:
                assert not (h[status] == rung).any(), first
        assert h["n_provocations"].iloc[-1] == h["provocation"].sum()
        assert h["n_launch_days"].iloc[-1] == h["launch_days"].sum()
        assert (h["highest_rung"].diff().dropna() >= 0).all()
    assert seen == set(FORCE)


BOUNDED = ("grievance", "hardship", "technology", "survivability", "autonomy", "russian_trust", "russian_need",
           "rok_consent", "japan_access", "munitions", "us_will", "exposure_index", "enforcement", "kim_fear",
           "china_belief", "nk_belief", "coercion_rok", "coercion_japan", "rok_hedge", "russian_stock")  # fmt: skip


def test_states_stay_in_their_ranges(engine):
    h = engine(months=60, run=8)
    for name in BOUNDED:
        assert h[name].between(0.0, 1.0).all(), name


def test_states_stay_in_their_ranges_wherever_the_parameters_are():
    rng = np.random.default_rng(31)
    table = np.array([list(random_world(rng).values()) for _ in range(400)])
    runs = compiled.trajectories(levers.calendar(random_policy(rng)), table, 400, seed=4, world_of=np.arange(400))
    assert np.isfinite(runs).all()
    for name in BOUNDED:
        column = runs[:, :, FIELD_NAMES.index(name)]
        assert column.min() >= 0.0, name
        assert column.max() <= 1.0, name
    for name in ("us_capacity", "us_strength", "china_strength", "taiwan_strength", "rok_power"):
        assert runs[:, :, FIELD_NAMES.index(name)].min() > 0.0, name


def test_nine_agents_in_one_order():
    model = DeterrenceModel(months=1)
    assert [type(agent) for agent in model.agents] == list(AGENTS)
    assert len(AGENTS) == 9
    assert {kind.actor for kind in AGENTS} == set(Actor) - {Actor.WORLD}


def test_every_field_is_written_once_a_phase_and_read_or_recorded():
    written = [name for step in steps() for name in step.writes]
    assert set(written) == {field.name for field in FIELDS}
    for phase in MONTH:
        names = [name for step in phase.steps for name in step.writes]
        assert len(names) == len(set(names))


def test_every_lever_switch_and_parameter_is_used():
    read = {name for step in steps() for name in step.reads}
    initial = {field.initial for field in FIELDS if isinstance(field.initial, str)}
    assert set(levers.COLUMNS) <= read
    assert set(CATALOGUE) <= read | initial


#: Leaders who satisfice use force where they ask much of the status quo, little of their odds, and winning is likelier.
EXACTING = {"xi_aspiration": 0.4, "kim_aspiration": 0.6, "confidence": 0.5, "choice_noise": 0.06, "optimism_sd": 1.0,
            "xi_profile": 1.0, "invasion_difficulty": 1.8}  # fmt: skip


def _results(changed: dict, theories, n=960) -> np.ndarray:
    """Outcomes of ``n`` runs of restless worlds, the theories of Xi and Kim given."""
    restless = HOT | {"peacetime_coupling": 1.0, "nuclear_rate": 0.01, "front_step": 0.2, "war_end_rate": 0.04,
                      "us_reliability": 2.5}  # fmt: skip
    restless |= EXACTING if 2.0 in theories else {}
    values = checked(restless | {"xi_theory": theories[0], "kim_theory": theories[1]} | changed)
    world = np.array([list(values.values())])
    calendar = levers.calendar(
        {"maritime_posture": 0.9, "japan_burden_share": 0.9, "porcupine_defence": 0.9, "counter_hybrid": 0.9},
        drivers={"driver_statement": 0.5, "driver_borders": 0.5},
    )
    return compiled.run_many(calendar, world, n, seed=6, threads=1)


THEORIES = [(xi, kim) for xi in (0.0, 1.0, 2.0) for kim in (0.0, 1.0, 2.0)]


@pytest.mark.once
@pytest.mark.parametrize("theories", THEORIES)
def test_every_switch_matters_under_every_theory(theories):
    """Each level of each switch changes what some runs come to, whatever the theories of Xi and Kim: none is a stub."""
    for switch in SWITCHES:
        if not switch.name.endswith("_theory"):
            seen = {_results({switch.name: float(level)}, theories).tobytes() for level in switch.switch}
            assert len(seen) == len(switch.switch), switch.name
    assert len({_results({}, other).tobytes() for other in THEORIES}) == len(THEORIES)


#: Parameters of prospect theory and of satisficing act under theirs alone.
ONLY_UNDER = {"curvature": 1.0, "loss_aversion": 1.0, "weighting": 1.0, "xi_reference": 1.0, "kim_reference": 1.0,
              "reference_adjustment": 1.0, "initial_reference": 1.0, "confidence": 2.0, "xi_aspiration": 2.0,
              "kim_aspiration": 2.0}  # fmt: skip
#: What acts only under another level of a switch, or before the war in Ukraine.
NEEDS = {
    "spiral_weight": {"posture_effect": 2.0},
    "profile_gap": {"xi_profile": 1.0, "kim_profile": 1.0},
    "directed_pull": {"coordination": 2.0},
    "directed_gain": {"coordination": 2.0},
    "kim_request": {"coordination": 2.0},
    "tie_growth": {"initial_tie": 0.9},
    "agreement_reliability": {"coordination": 2.0},
    "xi_precision": {"leader_types": 2.0},
    "kim_precision": {"leader_types": 2.0},
    "uncoordinated": {"coordination": 0.0},
}


@pytest.mark.once
@pytest.mark.parametrize("theory", [0.0, *(pytest.param(level, marks=pytest.mark.slow) for level in (1.0, 2.0))])
def test_every_parameter_changes_what_runs_come_to(theory):
    """Moved from one end of its range to the other, each parameter changes some run's outcomes: none is inert."""
    inert = []
    for parameter in CATALOGUE.values():
        if parameter.switch or ONLY_UNDER.get(parameter.name, theory) != theory:
            continue
        base = NEEDS.get(parameter.name, {})

        def moves(n, name=parameter.name, ends=(parameter.low, parameter.high), base=base):
            low, high = (_results(base | {name: end}, (theory, theory), n) for end in ends)
            return not np.array_equal(low, high)

        if not moves(480) and not moves(20_000):
            inert.append(parameter.name)
    assert inert == [], inert


def test_a_tie_exists_only_once_there_has_been_a_war():
    """``initial_tie`` acts in runs that begin before the war in Ukraine."""
    quiet = levers.calendar(None, 60, drivers={"driver_ukraine": 0.0})
    table = np.array([list(checked().values())] * 2)
    table[:, list(CATALOGUE).index("initial_tie")] = 0.0, 1.0  # before the war it is 0, below what futures are given
    need = compiled.trajectories(quiet, table, 2, seed=1, world_of=np.arange(2))[
        :, -1, FIELD_NAMES.index("russian_need")
    ]
    assert need[0] < 0.01 < need[1]


def test_the_patterns_of_the_record_are_within_reach():
    """At the defaults: launches cluster, PLA activity persists, crises come about every second year and last.

    Bands are the record's own sampling error around its figures (launches of 2012-24: 0.90 days a month, 0.54 of months
    empty; 25 years of crises), widened to cover the spread of 400 histories of the model. Clustering vanishes where quiet
    and campaigns are alike (negative control).
    """

    def histories(changed):
        world = np.array([list(checked(changed).values())])
        return compiled.trajectories(levers.calendar(None, 120), world, 400, seed=9)

    def lag(x):
        x = x - x.mean(axis=1, keepdims=True)
        return (x[:, 1:] * x[:, :-1]).sum() / (x * x).sum()

    column = {name: k for k, name in enumerate(FIELD_NAMES)}
    runs = histories({})
    days = runs[:, :, column["launch_days"]]
    decades = days.reshape(-1, 120)
    assert abs(days.mean() - 0.90) < 3 * decades.mean(1).std()
    assert abs((days == 0).mean() - 0.54) < 3 * (decades == 0).mean(1).std()
    assert abs(lag(days) - 0.35) < 3 * np.sqrt((1 - 0.35**2) / 156)
    calm = histories({"quiet_rate": 0.45, "campaign_rate": 1.0, "moratorium_speed": 0.15})[:, :, column["launch_days"]]
    error = 1 / np.sqrt(days.size)
    assert lag(days) > lag(calm) + 5 * error
    assert abs(lag(runs[:, :, column["pla_activity"]]) - 0.56) < 3 * np.sqrt((1 - 0.56**2) / 29)
    for theatre, rate in (("taiwan_status", 0.48), ("korea_status", 0.52)):
        status = runs[:, :, column[theatre]]
        onsets = ((status[:, 1:] > 0) & (status[:, :-1] == 0)).sum() / (status.size / 12)
        assert abs(onsets - rate) < 3 * np.sqrt(rate / 25)


def test_a_rule_can_be_overridden_in_plain_python():
    class Frozen(China):
        def rule_crisis_prob(self, pla_activity):
            return 0.0

    runs = {kind: DeterrenceModel(parameters=HOT, agents=kind, months=120).run() for kind in ((), (Frozen,))}
    assert (runs[()].history["taiwan_status"] > 0).any()
    model = runs[(Frozen,)]
    assert (model.history["taiwan_status"] == 0).all()
    assert isinstance(model.china, Frozen)


def test_an_override_that_asks_for_an_unknown_name_is_told_so():
    class Wrong(China):
        def rule_crisis_prob(self, pla_activty):
            return 0.0

    with pytest.raises(InputError, match="did you mean pla_activity"):
        DeterrenceModel(agents=[Wrong], months=1)


def test_a_misspelt_rule_is_told_so():
    class Misspelt(China):
        def rule_crisis_probability(self, grievance):
            return 1.0

    with pytest.raises(InputError, match="did you mean rule_crisis_prob"):
        DeterrenceModel(agents=[Misspelt], months=1)


@pytest.mark.parametrize("nonsense", [None, "often", float("nan"), (0.1, 0.2)])
def test_an_override_that_returns_nonsense_is_named(nonsense):
    class Odd(China):
        def rule_crisis_prob(self, grievance):
            return nonsense

    with pytest.raises(InputError, match=r"china\.crisis_prob returns 1 finite number"):
        DeterrenceModel(agents=[Odd], months=1).run()


def test_agents_can_be_changed_between_months():
    model = DeterrenceModel(months=10)
    model.step()
    model.china.grievance = 0.9
    model.step()
    assert model.china.grievance > 0.8


def test_mesa_batch_run_works():
    import mesa

    rows = pd.DataFrame(
        mesa.batch_run(
            DeterrenceModel, {"run": range(3), "usfk_posture": [0.2, 0.8], "months": 24, "trace": False},
            number_processes=1, display_progress=False,
        )
    )  # fmt: skip
    assert len(rows) == 6
    one = DeterrenceModel(usfk_posture=0.8, run=2, months=24).run()
    row = rows[(rows["run"] == 2) & (rows["usfk_posture"] == 0.8)].iloc[0]
    assert row["n_launch_days"] == one.value("n_launch_days")
    assert row["grievance"] == one.china.grievance


def test_history_story_and_explanation_agree():
    model = DeterrenceModel(parameters=HOT, seed=1, run=2).run()
    decided = [event for event in model.events if event.actor == "Xi"]
    assert decided
    event = decided[0]
    assert event.calculus["probability"].sum() == pytest.approx(1.0)
    told = model.explain("china", month=event.month)
    row = model.history.iloc[event.month]
    assert told.loc["u_invasion", "value"] == row["u_invasion"] == event.calculus.loc["invasion", "utility"]
    asked = next(step.reads for step in steps() if step.name == "xi.utilities")
    assert all(f"{name} = " in told.loc["u_invasion", "inputs"] for name in asked)
    assert event.date in model.story
    assert model.explain("xi", event.date).equals(told)


def test_explanation_errors_say_what_is_allowed():
    model = DeterrenceModel(months=2).run()
    with pytest.raises(InputError, match="they are"):
        model.explain("france", 0)
    with pytest.raises(InputError, match="months 0 to 1"):
        model.explain("china", 7)
    with pytest.raises(InputError, match="trace"):
        DeterrenceModel(months=1, trace=False).run().explain("china", 0)


def test_stepping_past_the_horizon_does_nothing():
    model = DeterrenceModel(months=2).run()
    model.step()
    assert len(model.history) == 2
    assert not model.running
    assert list(model.history.columns) == FIELD_NAMES


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"usfk_posture": 1.4}, r"usfk_posture lies in \[0, 1\]; 1.4"),
        ({"usfk_postur": 0.4}, "did you mean usfk_posture"),
        ({"xi_theory": "magic"}, "one of expected_utility, prospect, satisficing"),
        ({"curvature": 3.0}, r"curvature lies in \[0.5, 1\]"),
        ({"months": 0}, "at least 1 month"),
        ({"seed": -1}, r"seed is a whole number in \[0, 2\^64\); -1"),
        ({"months": 2.5}, "months is a whole number"),
        ({"usfk_posture": True}, "takes a number"),
        ({"levers": {"usfk_posture": {"2028-01": 0.0}}}, "one date"),
        ({"levers": {"usfk_posture": {"2050-01": 0.0, "2051-01": 0.5}}}, "lies in the run"),
        ({"agents": [1]}, "subclasses of China"),
        ({"levers": {"dual_role": {"2027": 0.3}}}, "YYYY-MM"),
        ({"collect": ["grievence"]}, "did you mean grievance"),
    ],
)
def test_bad_input_is_told_in_one_sentence(kwargs, message):
    with pytest.raises(InputError, match=message):
        DeterrenceModel(**kwargs)


def test_seed_zero_is_a_seed():
    assert not np.array_equal(mesa_run({}, {}, 0, 0, 12), mesa_run({}, {}, 1, 0, 12))


def test_a_model_that_nobody_holds_is_gone():
    """A sweep by the Mesa engine makes hundreds of thousands; Mesa 3.3 keeps each (negative control: with its own numbers)."""
    for numbers, kept in ((actors.StateAgent._ids, False), (collections.defaultdict(lambda: itertools.count(1)), True)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(actors.StateAgent, "_ids", numbers)
            model = DeterrenceModel({}, months=2).run()
            assert [agent.unique_id for agent in model.agents] == list(range(1, len(model.agents) + 1))
            held = weakref.ref(model)
            del model
            gc.collect()
            assert (held() is not None) == (kept and hasattr(mesa.Agent, "_ids"))

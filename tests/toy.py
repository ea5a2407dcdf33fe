"""A model of five rules with which the engine is tested: it compiles in a second, and a plain interpreter runs it too.

A rival grows bolder while it is not deterred. Where it is bold enough a crisis opens, which a leader ends by yielding or by
fighting; a cautious leader, whose rule is costlier, weighs it apart (``apart``). The rules stand in a module of their own
name, so that they are ``toy.boldness`` and so on.
"""

from enum import IntEnum

import numpy as np

from crink_abm.model.draws import uniform_block
from crink_abm.model.enums import Actor, PhaseCode
from crink_abm.model.fields import Field
from crink_abm.model.numerics import exp, logistic
from crink_abm.model.overrides import checked, odds_fault, reads_of
from crink_abm.model.parameters import Parameter
from crink_abm.model.schedule import Phase, Step
from crink_abm.model.spec import ModelSpec


class Leader(IntEnum):
    """Who decides."""

    PLAIN = 0
    CAUTIOUS = 1


def boldness(bold, guard, growth, u_mood):
    """Boldness grows, less under guard, and with the month's mood."""
    return 0.9 * bold + growth * (1.0 - guard) + 0.2 * (u_mood - 0.5)


def crisis(bold):
    """A crisis is open where boldness is above a half."""
    return 1.0 if bold > 0.5 else 0.0


def odds(bold, growth, leader):
    """The odds of fighting, and of yielding."""
    fight = logistic(4.0 * bold - 2.0) if leader == 0.0 else logistic(exp(bold) - 2.0 - growth)
    return fight, 1.0 - fight


def decide(prob_fight, u_choice, wars, bold):
    """Wars so far, and what is left of boldness."""
    war = u_choice < prob_fight
    return wars + (1.0 if war else 0.0), 0.25 if war else 0.75 * bold


def record(first_war, wars, month):
    """The first month after a war."""
    return month if first_war < 0.0 and wars > 0.0 else first_war


def _step(rule, writes, when=None):
    return Step(Actor.WORLD, rule, tuple(writes.split()), when)


def _parameter(name, default, low, high, switch=None):
    return Parameter(name, default, low, high, "weight", "assumed", "For the toy", switch=switch)


W = Actor.WORLD
FIELDS = (
    Field("bold", W, "0 to 1", "Boldness", "bold_start"),
    Field("wars", W, "wars", "Wars so far", 0.0),
    Field("first_war", W, "month", "First month after a war", -1.0),
    Field("open_crisis", W, "0 or 1", "A crisis is open"),
    Field("prob_fight", W, "probability", "Odds of fighting"),
    Field("prob_yield", W, "probability", "Odds of yielding"),
)
TOY = ModelSpec(
    "crink_toy",
    (
        Phase(PhaseCode.WORLD, "boldness moves", (_step(boldness, "bold"),)),
        Phase(
            PhaseCode.XI, "a leader decides",
            (_step(crisis, "open_crisis"), _step(odds, "prob_fight prob_yield", "open_crisis"),
             _step(decide, "wars bold", "open_crisis")),
        ),
        Phase(PhaseCode.OUTCOMES, "the record", (_step(record, "first_war"),)),
    ),
    FIELDS,
    ("guard",),
    {
        "bold_start": _parameter("bold_start", 0.3, 0.0, 1.0),
        "growth": _parameter("growth", 0.1, 0.0, 0.3),
        "leader": _parameter("leader", 0.0, 0.0, 1.0, Leader),
    },
    {"u_mood": 0, "u_choice": 5},
    ("wars", "first_war", "bold"),
    apart={"open_crisis": ("leader", 1.0)},
)  # fmt: skip


def cases(rng, n_worlds: int = 7, n_months: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """A random (calendar, worlds) of the toy."""
    worlds = np.column_stack([rng.random(n_worlds), 0.3 * rng.random(n_worlds), rng.integers(0, 2, n_worlds)])
    return rng.random((n_months, 1)), worlds


class Interpreter:
    """An engine in plain Python that reads a ``ModelSpec`` and shares nothing with the compiled one but the rules."""

    name = "interpreter"
    same_bits = True

    def __init__(self, model: ModelSpec):
        self.model = model

    def run(self, calendar, worlds, n, *, seed, first_run=0, world_of=None, rules=None, threads=None):
        """The last month's results; nan in a run that failed."""
        return np.array([self._one(calendar, worlds, k, seed, first_run, world_of, rules)[0] for k in range(n)])

    def trace(self, calendar, worlds, n, *, seed, first_run=0, world_of=None, rules=None):
        """Every field, every month."""
        return np.array([self._one(calendar, worlds, k, seed, first_run, world_of, rules)[1] for k in range(n)])

    def _one(self, calendar, worlds, k, seed, first_run, world_of, rules):
        model, rules = self.model, checked(rules, self.model)
        row = worlds[0 if world_of is None else world_of[k]]
        parameters = dict(zip(model.parameters, row.tolist(), strict=True))
        state = {f.name: parameters.get(f.initial, f.initial) or 0.0 for f in model.fields}
        key = np.uint64(seed), np.uint64(first_run + k), np.arange(len(calendar), dtype=np.uint64)
        drawn = {name: uniform_block(*key, np.uint64(n // 4))[n % 4].tolist() for name, n in model.draws.items()}
        trace, lost = [], False
        for month, levers in enumerate(calendar.tolist()):
            given = parameters | dict(zip(model.columns, levers, strict=True)) | {"month": float(month)}
            given |= {name: series[month] for name, series in drawn.items()}
            for phase in model.schedule:
                commits = {}
                for step in phase.steps:
                    if step.when is not None and not state[step.when] > 0.0:
                        state |= {name: 0.0 for name in step.writes if name in model.terms}
                        continue
                    rule = rules.get(step.name, step.rule)
                    names = model.given(step.name, reads_of(step, rule, model))
                    try:
                        values = rule(*((state | given)[name] for name in names))
                        values = tuple(map(float, values if isinstance(values, tuple) else (values,)))
                    except ArithmeticError:
                        values = (np.nan,) * len(step.writes)
                    lost |= not np.isfinite(values).all()
                    lost |= step.name in rules and odds_fault(step, values, model) is not None
                    for name, value in zip(step.writes, values, strict=True):
                        (state if name in model.terms else commits)[name] = value
                state |= commits
            trace.append([state[f.name] for f in model.fields])
        return [np.nan if lost else state[name] for name in model.results], trace

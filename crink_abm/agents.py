"""The Mesa model and its nine agents: the rules interpreted one run at a time, to be watched and changed.

The only importer of Mesa. The agents add no rule: each method ``rule_NAME``
is the rule NAME of its state, called with the values its arguments name. To
change one, subclass::

    class CautiousXi(crink.China):
        def rule_crisis_prob(self, pla_activity, grievance):   # ask for any names of the catalogue
            return 0.02

    crink.DeterrenceModel(agents=[CautiousXi])
"""

import html
import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import mesa
import pandas as pd

from . import levers as policy
from . import overrides, replay
from . import parameters as coefficients
from .codes import Actor, Draw
from .draws import uniforms
from .errors import InputError, NotFiniteError, nearest
from .kernel import RESULTS
from .state import FIELDS
from .transition import MONTH, steps


class Holder:
    """What an actor owns: its fields as attributes, its rules as ``rule_…`` methods."""

    actor: ClassVar[Actor]

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if "actor" in cls.__dict__:
            for step in steps():
                if step.actor == cls.actor:
                    setattr(cls, f"rule_{step.rule.__name__}", staticmethod(step.rule))

    @classmethod
    def check_names(cls) -> None:
        """Refuse a ``rule_…`` method that overrides nothing: a misspelt one would change nothing without a word."""
        known = {f"rule_{step.rule.__name__}" for step in steps() if step.actor == cls.actor}
        for name in dir(cls):
            if name.startswith("rule_") and name not in known:
                raise InputError(
                    f"{cls.__name__} has no rule {name!r}{nearest(name, known)}; its rules are {', '.join(sorted(known))}"
                )

    def start(self, values: Mapping[str, float]) -> None:
        """Set every owned field to its initial value."""
        for field in FIELDS:
            if field.owner == self.actor:
                initial = field.initial if field.is_state else 0.0
                setattr(self, field.name, values[initial] if isinstance(initial, str) else float(initial))

    @property
    def fields(self) -> dict[str, float]:
        """The owned fields and their present values."""
        return {f.name: getattr(self, f.name) for f in FIELDS if f.owner == self.actor}


class StateAgent(Holder, mesa.Agent):
    """A state with its leader; a Mesa agent."""

    def __repr__(self):
        return f"{type(self).__name__}(month {self.model.month})"

    def _repr_html_(self):
        return pd.Series(self.fields, name=type(self).__name__).to_frame()._repr_html_()


class China(StateAgent):
    """China: Xi weighs the Strait."""

    actor = Actor.CHINA


class NorthKorea(StateAgent):
    """North Korea: Kim weighs Korea."""

    actor = Actor.NORTH_KOREA


class Russia(StateAgent):
    """Russia: the war in Ukraine, the need for munitions, the tie to Pyongyang."""

    actor = Actor.RUSSIA


class Iran(StateAgent):
    """Iran: supply to Russia, distraction of Washington."""

    actor = Actor.IRAN


class UnitedStates(StateAgent):
    """The United States: attention, munitions, will."""

    actor = Actor.UNITED_STATES


class SouthKorea(StateAgent):
    """South Korea: consent, power, the nuclear hedge."""

    actor = Actor.SOUTH_KOREA


class Japan(StateAgent):
    """Japan: access and power."""

    actor = Actor.JAPAN


class Taiwan(StateAgent):
    """Taiwan: defence and politics."""

    actor = Actor.TAIWAN


class Monitors(StateAgent):
    """The MSMT and what is left of the UN panel."""

    actor = Actor.MONITORS


class World(Holder):
    """The record of the run; not an agent."""

    actor = Actor.WORLD


AGENTS: tuple[type[StateAgent], ...] = (
    China, NorthKorea, Russia, Iran, UnitedStates, SouthKorea, Japan, Taiwan, Monitors,
)  # fmt: skip


#: What ``mesa.batch_run`` reports by default: the record of the run, and where the theatres stand.
COLLECTED = (*RESULTS, "taiwan_status", "korea_status", "grievance", "china_belief", "nk_belief", "arms_flow")


class DeterrenceModel(mesa.Model):
    """One run of the model, month by month.

    Parameters
    ----------
    levers : mapping, optional
        The policy vector, each in [0, 1] or a dated schedule; today's values where none is given.
    parameters : mapping, optional
        Coefficients and structural switches (switch levels by name or number); defaults elsewhere.
    seed, run : int
        Which luck: the same numbers in every engine and under every policy. ``seed=None`` counts as 0
        (``mesa.batch_run`` passes it). Replicates are run numbers: ``mesa.batch_run(DeterrenceModel,
        {"run": range(100)})``; Mesa's own ``iterations`` repeats one run.
    months : int
        Horizon. ``start`` is the first month, ``YYYY-MM``.
    drivers : mapping, optional
        What history supplies; see :data:`crink_abm.levers.DRIVERS`.
    agents : sequence of classes, optional
        Subclasses that replace the agents of their actor.
    rules : mapping, optional
        Plain functions in place of rules, by full name (``{"china.crisis_prob": f}``), as in ``simulate``: as they stand
        when the model is made, with the globals and arrays that they read.
    trace : bool
        Keep every rule's inputs and outputs for :meth:`explain`.
    collect : sequence of str
        Fields that the model's Mesa ``DataCollector`` keeps (``history`` always has them all).
    **settings
        Levers and parameters by name, so that ``mesa.batch_run`` can vary them.

    Raises
    ------
    InputError
        On an unknown name or a value outside its range.
    """

    def __init__(
        self, levers=None, *, parameters=None, seed: int | None = 0, run: int = 0, months: int = policy.MONTHS,
        start: str = policy.START, drivers=None, agents: Sequence[type] = (), trace: bool = True,
        collect: Sequence[str] = COLLECTED, rules=None, **settings,
    ):  # fmt: skip
        self.key = (overrides.whole("seed", seed or 0), overrides.whole("run", run))
        self.source = {}
        super().__init__(rng=self.key[0])
        levers, parameters = _sorted(settings, dict(levers or {}), dict(parameters or {}))
        self.levers = policy.checked(levers)
        self.parameters = coefficients.checked(parameters)
        self.horizon, self.start, self.month = overrides.whole("months", months), start, 0
        self._calendar = policy.calendar(levers, self.horizon, start, drivers)
        self._draws = uniforms(*self.key, self.horizon)
        replaced = {}
        for kind in agents:
            if not (isinstance(kind, type) and issubclass(kind, StateAgent)):
                raise InputError(f"agents are subclasses of China, NorthKorea and so on; {kind!r} was given")
            kind.check_names()
            replaced[kind.actor] = kind
        self.record = World()
        self.holder = {Actor.WORLD: self.record}
        for kind in AGENTS:
            self.holder[kind.actor] = replaced.get(kind.actor, kind)(self)
        for holder in self.holder.values():
            holder.start(self.parameters)
        rules = overrides.checked(rules)
        self._plan = [_planned(phase, self.holder, rules) for phase in MONTH]
        self.trace = [] if trace else None
        self._rows = []
        self.datacollector = mesa.DataCollector(model_reporters={name: _reporter(name) for name in collect})

    def __getattr__(self, name):
        """``model.china`` and so on: the agent of that actor."""
        holder = self.__dict__.get("holder")
        if holder and name.upper() in Actor.__members__:
            return holder[Actor[name.upper()]]
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def step(self) -> None:
        """One month: each phase decides from a snapshot, then commits."""
        if self.month >= self.horizon:
            self.running = False
            return
        given = dict(zip(policy.COLUMNS, self._calendar[self.month].tolist(), strict=True))
        given.update((draw, float(series[self.month])) for draw, series in self._draws.items())
        given["month"] = float(self.month)
        given.update(self.parameters)
        told = []
        for planned in self._plan:
            commits = []
            for step, holder, rule, reads, names, when in planned:
                if when is not None and not getattr(*when) > 0.0:
                    for name in step.writes:
                        if _IS_TERM[name]:
                            setattr(holder, name, 0.0)
                    continue
                inputs = [given[name] if owner is None else getattr(owner, name) for owner, name in reads]
                result = rule(*inputs)
                outputs = tuple(map(float, result)) if isinstance(result, tuple) else (float(result),)
                if not math.isfinite(sum(outputs)) and not all(map(math.isfinite, outputs)):
                    raise NotFiniteError(step.name, step.writes, outputs, self.month)
                for name, value in zip(step.writes, outputs, strict=True):
                    if _IS_TERM[name]:
                        setattr(self.holder[_OWNER[name]], name, value)
                    else:
                        commits.append((self.holder[_OWNER[name]], name, value))
                told.append((step, names, inputs, outputs))
            for commit in commits:
                setattr(*commit)
        if self.trace is not None:
            self.trace.append(told)
        self.month += 1
        self._rows.append([getattr(self.holder[owner], name) for name, owner in _OWNER.items()])
        self.datacollector.collect(self)
        self.running = self.month < self.horizon

    def run(self) -> "DeterrenceModel":
        """Step to the horizon; returns the model."""
        while self.month < self.horizon:
            self.step()
        return self

    def value(self, name: str) -> float:
        """The present value of any field."""
        return getattr(self.holder[_OWNER[name]], name)

    @property
    def history(self) -> pd.DataFrame:
        """Every field, one row a month; the index is the month's date."""
        dates = [policy.month_label(t, self.start) for t in range(len(self._rows))]
        return pd.DataFrame(self._rows, columns=list(_OWNER), index=pd.Index(dates, name="month"), dtype=float)

    @property
    def outcome(self) -> dict[str, str | None]:
        """When each outcome first happened (``YYYY-MM``); None where deterrence held."""
        return replay.outcome(self)

    @property
    def events(self) -> list[replay.Event]:
        """What happened so far, in order, with the leaders' options where they decided."""
        return replay.events(self)

    @property
    def story(self) -> str:
        """The run told month by month."""
        return replay.story(self)

    def explain(self, actor: str, month: int | str) -> pd.DataFrame:
        """Every rule of one actor in one month, with its inputs; see :func:`replay.explain`."""
        return replay.explain(self, actor, month)

    def __repr__(self):
        return f"DeterrenceModel(seed={self.key[0]}, run={self.key[1]}, month {self.month} of {self.horizon})"

    def _repr_html_(self):
        table = pd.DataFrame({"first month": {name: date or "held" for name, date in self.outcome.items()}})
        return f"<p><b>{html.escape(repr(self))}</b></p>" + table.to_html()


def _sorted(settings, levers, parameters):
    """Keyword settings put with the levers or the parameters."""
    for name, value in settings.items():
        if name in policy.LEVERS:
            levers[name] = value
        elif name in coefficients.CATALOGUE:
            parameters[name] = value
        else:
            known = (*policy.LEVERS, *coefficients.CATALOGUE)
            raise InputError(
                f"no lever or parameter is named {name!r}{nearest(name, known)}; `crink-abm info` lists them"
            )
    return levers, parameters


_OWNER = {field.name: field.owner for field in FIELDS}
_IS_TERM = {field.name: not field.is_state for field in FIELDS}
_GIVEN = {*policy.COLUMNS, *Draw.__members__, *coefficients.CATALOGUE, "month"}


def _planned(phase, holders, rules):
    """A phase with its rules looked up: (step, holder, rule, [(owner or None, name)], names, when)."""
    planned = []
    for step in phase.steps:
        holder = holders[step.actor]
        rule = rules.get(step.name) or getattr(holder, f"rule_{step.rule.__name__}")
        given = rule
        if rule is not step.rule:
            rule = _guarded(step, rule)
        names = overrides.reads_of(step, given)
        reads = [(None if name in _GIVEN else holders[_OWNER[name]], name) for name in names]
        when = None if step.when is None else (holders[_OWNER[step.when]], step.when)
        planned.append((step, holder, rule, reads, names, when))
    return planned


def _guarded(step, rule):
    """A rule of the user's, held to what the model's rule returns: as many numbers, and odds where it states odds."""

    def checked(*inputs):
        result = rule(*inputs)
        values = result if isinstance(result, tuple) else (result,)
        try:
            numbers = tuple(map(_number, values))
        except (TypeError, ValueError):
            numbers = ()
        if len(numbers) != len(step.writes):
            raise InputError(
                f"rule {step.name} returns {len(step.writes)} finite number(s) ({', '.join(step.writes)}); it returned {result!r}"
            )
        if all(map(math.isfinite, numbers)):
            fault = overrides.odds_fault(step, numbers)
            if fault:
                raise overrides.OddsError(fault)
        return numbers if isinstance(result, tuple) else numbers[0]

    return checked


def _number(value) -> float:
    """A number or flag as a float; text and arrays, which compiled code refuses too, are none."""
    if isinstance(value, str | bytes) or getattr(value, "ndim", 0):
        raise TypeError
    return float(value)


def _reporter(name):
    if name not in _OWNER:
        raise InputError(f"collect names fields of the model; there is no {name!r}{nearest(name, _OWNER)}")
    return lambda model: model.value(name)

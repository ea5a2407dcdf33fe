"""The Mesa model: the rules interpreted one run at a time, to be watched and changed.

The agents (:mod:`crink_abm.agents.actors`) add no rule: each method ``rule_NAME``
is the rule NAME of its state, called with the values its arguments name. To
change one, subclass::

    class CautiousXi(crink.China):
        def rule_crisis_prob(self, pla_activity, grievance):   # ask for any names of the catalogue
            return 0.02

    crink.DeterrenceModel(agents=[CautiousXi])
"""

import copy
import html
import math
import pickle
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, SupportsIndex

import mesa
import pandas as pd

from ..model import arguments, overrides
from ..model import levers as policy
from ..model import parameters as coefficients
from ..model.draws import uniforms
from ..model.enums import Actor
from ..model.outcomes import RESULTS
from ..model.schedule import MONTH, Phase, Step
from ..typing import Drivers, PackageName, Parameters, Policy, Rules, Schedule
from ..util.errors import InputError, NotFiniteError, nearest, told
from . import narrative
from .actors import AGENTS, GIVEN, IS_TERM, OWNER, WHEN_MADE, Given, StateAgent, World, _given
from .explain import explain

if TYPE_CHECKING:
    import random

    import numpy as np

    from .actors import China, Iran, Japan, Monitors, NorthKorea, Russia, SouthKorea, Taiwan, UnitedStates

#: What a model keeps from its making on.
_MADE_WITH = ("levers", "parameters", "horizon", "start", "key", "holder", "record", "month")
#: What it is asked for with, under the names of its arguments.
_ASKED_WITH = ("seed", "run", "months", "drivers", "rules")
#: Models that are being pickled.
_being_pickled: list[Any] = []

#: What ``mesa.batch_run`` reports by default: the record of the run, and where the theatres stand.
COLLECTED = (*RESULTS, "taiwan_status", "korea_status", "grievance", "china_belief", "nk_belief", "arms_flow")


if TYPE_CHECKING:

    class MesaModel:
        """What type checkers know of Mesa's model, which says nothing of its types itself."""

        running: bool
        steps: int
        time: float
        agents: Any
        random: random.Random
        rng: np.random.Generator

        def __init__(self, *args: Any, **more: Any) -> None:
            """Mesa's own."""

        def __getattr__(self, name: str) -> Any:
            """All else that Mesa has."""
else:
    MesaModel = mesa.Model


class DeterrenceModel(MesaModel):
    """One run of the model, month by month.

    Parameters
    ----------
    levers : mapping, optional
        The policy vector, each in [0, 1] or a dated schedule; today's values where none is given.
    parameters : mapping, optional
        Coefficients and structural switches (switch levels by name or number); defaults elsewhere.
    seed, run : int
        Which random numbers: the same numbers in every engine and under every policy. ``seed=None`` counts as 0
        (``mesa.batch_run`` passes it). Replicates are run numbers: ``mesa.batch_run(DeterrenceModel,
        {"run": range(100)})``; Mesa's own ``iterations`` repeats one run.
    months : int
        Horizon. ``start`` is the first month, ``YYYY-MM``.
    drivers : mapping, optional
        What history supplies; see :data:`crink_abm.model.levers.DRIVERS`.
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

    Examples
    --------
    >>> import crink_abm as crink
    >>> model = crink.DeterrenceModel({"usfk_posture": 0.7}, seed=1, run=3, months=24)
    >>> model.step()
    >>> model
    DeterrenceModel(seed=1, run=3, month 1 of 24)
    >>> model.run().history.shape[0]
    24
    >>> model.history.index[[0, -1]].tolist()
    ['2026-01', '2027-12']
    >>> model.explain("china", month="2026-02").loc["grievance", "rule"]
    'china.grievance'

    What is not known is refused, with the nearest name:

    >>> crink.DeterrenceModel({"usfk_postur": 0.7})
    Traceback (most recent call last):
    crink_abm.util.errors.InputError: no lever is named 'usfk_postur' (did you mean usfk_posture?); they are ...
    """

    key: tuple[int, int]
    horizon: int
    start: str
    month: int
    running: bool
    levers: Given
    parameters: Given
    record: World
    holder: dict[Actor, Any]
    source: dict[str, Any]
    trace: list[list[tuple[Any, ...]]] | None
    datacollector: Any
    if TYPE_CHECKING:  # by __getattr__
        china: China
        north_korea: NorthKorea
        russia: Russia
        iran: Iran
        united_states: UnitedStates
        south_korea: SouthKorea
        japan: Japan
        taiwan: Taiwan
        monitors: Monitors
        world: World

    def __init__(
        self,
        levers: Policy | PackageName | None = None,
        *,
        parameters: Parameters | None = None,
        seed: int | None = 0,
        run: int = 0,
        months: int = policy.MONTHS,
        start: str = policy.START,
        drivers: Drivers | None = None,
        agents: Sequence[type[StateAgent]] = (),
        trace: bool = True,
        collect: Sequence[str] = COLLECTED,
        rules: Rules | None = None,
        **settings: float | str | Schedule,
    ) -> None:
        self.key = (arguments.seed(0 if seed is None else seed), arguments.whole("run", run))
        self.source = {}
        super().__init__(rng=self.key[0])
        chosen, values = _sorted(settings, arguments.levers(levers), arguments.parameters(parameters))
        self.horizon, self.start = arguments.months(months), arguments.month("start", start)
        self.month = 0
        self._calendar = policy.calendar(chosen, self.horizon, self.start, arguments.drivers(drivers, self.horizon))
        self.levers = _given(policy.checked(chosen))
        self.parameters = _given(coefficients.checked(values))
        self._draws = uniforms(*self.key, self.horizon)
        replaced = _replaced(agents)
        self.record = World()
        self.holder = {Actor.WORLD: self.record}
        for kind in AGENTS:
            self.holder[kind.actor] = replaced.get(kind.actor, kind)(self)
        for holder in self.holder.values():
            holder.start(self.parameters)
        self._rules = overrides.checked(arguments.rules(rules))
        self._plan = [_planned(phase, self.holder, self._rules) for phase in MONTH]
        self.trace = [] if arguments.flag("trace", trace) else None
        self._rows: list[list[float]] = []
        self.datacollector = mesa.DataCollector(
            model_reporters={name: partial(_report, name) for name in _collected(collect)}
        )

    def __setattr__(self, name: str, value: Any) -> None:
        """What a model was made with stays; fields are set on their agents."""
        if (name in _MADE_WITH and name in vars(self)) or (name in _ASKED_WITH and "_plan" in vars(self)):
            raise InputError(f"{name} of a model cannot be changed once it is made; {WHEN_MADE}")
        if name in GIVEN and name != "month":
            raise InputError(f"{name} of a model cannot be set; {WHEN_MADE}")
        if name in OWNER or name.upper() in Actor.__members__:
            owner = OWNER[name].name.lower() if name in OWNER else name
            raise InputError(f"a model has no {name} to set; the fields of an actor are set on it, model.{owner}.FIELD")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in _MADE_WITH:
            raise InputError(f"{name} of a model cannot be taken away; {WHEN_MADE}")
        super().__delattr__(name)

    def __copy__(self) -> "DeterrenceModel":
        return copy.deepcopy(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> "DeterrenceModel":
        """A model of its own: it goes on from the same month and drives its own agents."""
        made = memo[id(self)] = type(self).__new__(type(self))
        memo |= {id(kept): kept for kept in (self._rules, self.levers, self.parameters)}
        made.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return made

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Pickled whole, with the functions and classes of the user's own, wherever they are defined."""
        if self in _being_pickled:
            return super().__reduce_ex__(protocol)
        import cloudpickle

        _being_pickled.append(self)
        try:
            return pickle.loads, (cloudpickle.dumps(self, protocol=max(int(protocol), 2)),)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            raise InputError(f"this model holds what cannot be pickled: {error}") from None
        finally:
            _being_pickled.remove(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_plan"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._plan = [_planned(phase, self.holder, self._rules) for phase in MONTH]

    def __getattr__(self, name: str) -> Any:
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
                        if IS_TERM[name]:
                            vars(holder)[name] = 0.0
                    continue
                inputs = [given[name] if owner is None else getattr(owner, name) for owner, name in reads]
                result = rule(*inputs)
                outputs = tuple(map(float, result)) if isinstance(result, tuple) else (float(result),)
                if not math.isfinite(sum(outputs)) and not all(map(math.isfinite, outputs)):
                    raise NotFiniteError(step.name, step.writes, outputs, self.month)
                for name, value in zip(step.writes, outputs, strict=True):
                    if IS_TERM[name]:
                        vars(self.holder[OWNER[name]])[name] = value
                    else:
                        commits.append((self.holder[OWNER[name]], name, value))
                told.append((step, names, inputs, outputs))
            for holder, name, value in commits:
                vars(holder)[name] = value
        if self.trace is not None:
            self.trace.append(told)
        self.__dict__["month"] += 1
        self._rows.append([getattr(self.holder[owner], name) for name, owner in OWNER.items()])
        self.datacollector.collect(self)
        self.running = self.month < self.horizon

    def run(self) -> "DeterrenceModel":
        """Step to the horizon; returns the model."""
        while self.month < self.horizon:
            self.step()
        return self

    def value(self, name: str) -> float:
        """The present value of any field.

        Raises
        ------
        InputError
            If no field is named so.
        """
        if not isinstance(name, str) or name not in OWNER:
            raise InputError(f"no field is named {told(name)}{nearest(name, OWNER)}; `crink-abm info` says what one is")
        return getattr(self.holder[OWNER[name]], name)

    @property
    def history(self) -> pd.DataFrame:
        """Every field, one row a month; the index is the month's date."""
        dates = [policy.month_label(t, self.start) for t in range(len(self._rows))]
        return pd.DataFrame(self._rows, columns=list(OWNER), index=pd.Index(dates, name="month"), dtype=float)

    @property
    def outcome(self) -> dict[str, str | None]:
        """When each outcome first happened (``YYYY-MM``); None where deterrence held."""
        return narrative.outcome(self)

    @property
    def events(self) -> list[narrative.Event]:
        """What happened so far, in order, with the leaders' options where they decided."""
        return narrative.events(self)

    @property
    def story(self) -> str:
        """The run told month by month."""
        return narrative.story(self)

    def explain(self, actor: str, month: int | str) -> pd.DataFrame:
        """Every rule of one actor in one month, with its inputs; see :func:`explain.explain`."""
        return explain(self, actor, month)

    def __repr__(self) -> str:
        return f"DeterrenceModel(seed={self.key[0]}, run={self.key[1]}, month {self.month} of {self.horizon})"

    def _repr_html_(self) -> str:
        table = pd.DataFrame({"first month": {name: date or "held" for name, date in self.outcome.items()}})
        return f"<p><b>{html.escape(repr(self))}</b></p>" + table.to_html()


def _sorted(
    settings: Mapping[str, Any], levers: dict[str, Any], parameters: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keyword settings put with the levers or the parameters."""
    for name, value in settings.items():
        if name in levers or name in parameters:
            raise InputError(f"{name} is given twice; give it among the levers or parameters, or by its name alone")
        if name in policy.LEVERS:
            levers |= arguments.levers({name: value})
        elif name in coefficients.CATALOGUE:
            parameters |= arguments.parameters({name: value})
        else:
            known = (*policy.LEVERS, *coefficients.CATALOGUE)
            raise InputError(
                f"no lever or parameter is named {name!r}{nearest(name, known)}; `crink-abm info` lists them"
            )
    return levers, parameters


def _replaced(agents: Any) -> dict[Actor, type[StateAgent]]:
    """The classes that replace agents, by their actor; one alone is a list of one."""
    given, replaced = () if agents is None else [agents] if isinstance(agents, type) else agents, {}
    for kind in arguments.several("agents", given, least=0):
        if not (isinstance(kind, type) and issubclass(kind, StateAgent) and hasattr(kind, "actor")):
            raise InputError(f"agents are subclasses of China, NorthKorea and so on; {told(kind)} was given")
        kind.check_names()
        if kind.actor in replaced:
            raise InputError(f"two of agents are {kind.actor.name.lower()}; give one class an actor")
        replaced[kind.actor] = kind
    return replaced


def _collected(collect: Any) -> list[str]:
    """The fields that Mesa's collector keeps."""
    return arguments.names("collect", () if collect is None else collect, OWNER, kind="field", least=0)


def _report(name: str, model: DeterrenceModel) -> float:
    """The value of one field, for Mesa's collector."""
    return model.value(name)


def _planned(
    phase: Phase, holders: Mapping[Actor, Any], rules: Mapping[str, Callable[..., Any]]
) -> list[tuple[Any, ...]]:
    """A phase with its rules looked up: (step, holder, rule, [(owner or None, name)], names, when)."""
    planned = []
    for step in phase.steps:
        holder = holders[step.actor]
        rule = rules.get(step.name) or getattr(holder, f"rule_{step.rule.__name__}")
        given = rule
        if rule is not step.rule:
            rule = _guarded(step, rule)
        names = overrides.reads_of(step, given)
        reads = [(None if name in GIVEN else holders[OWNER[name]], name) for name in names]
        when = None if step.when is None else (holders[OWNER[step.when]], step.when)
        planned.append((step, holder, rule, reads, names, when))
    return planned


def _guarded(step: Step, rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule of the user's, held to what the model's rule returns: as many numbers, and odds where it states odds."""

    def checked(*inputs: float) -> float | tuple[float, ...]:
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


def _number(value: Any) -> float:
    """A number or flag as a float; text and arrays, which compiled code refuses too, are none."""
    if isinstance(value, str | bytes) or getattr(value, "ndim", False):
        raise TypeError
    return float(value)

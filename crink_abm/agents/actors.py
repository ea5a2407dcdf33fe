"""Those who act: nine Mesa agents and the world, each holder of its fields and of its rules."""

import itertools
import math
import weakref
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import mesa
import pandas as pd

from ..model import levers as policy
from ..model import parameters as coefficients
from ..model.draws import Draw
from ..model.enums import Actor
from ..model.fields import FIELDS
from ..model.schedule import steps
from ..util.errors import InputError, nearest, told
from ..util.scalars import real

IS_TERM = {field.name: not field.is_state for field in FIELDS}

GIVEN = {*policy.COLUMNS, *Draw.__members__, *coefficients.CATALOGUE, "month"}

OWNER = {field.name: field.owner for field in FIELDS}


class Holder:
    """What an actor owns: its fields as attributes, its rules as ``rule_…`` methods.

    A state that is set by hand holds from the next month on, until a rule changes it.
    """

    actor: ClassVar[Actor]

    def __setattr__(self, name: str, value: Any) -> None:
        """A state takes a number; what would change nothing is refused."""
        if name in OWNER:
            value = _by_hand(self.actor, name, value)
        elif name in GIVEN and name != "month":
            raise InputError(f"{name} is no state of an actor; {WHEN_MADE}")
        elif not name.startswith("_") and not hasattr(self, name) and (hint := nearest(name, OWNER, 0.85)):
            raise InputError(f"no field is named {told(name)}{hint}; name an attribute of your own otherwise")
        super().__setattr__(name, value)

    def __init_subclass__(cls, **options: Any) -> None:
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
                initial = 0.0 if field.initial is None else field.initial
                vars(self)[field.name] = values[initial] if isinstance(initial, str) else float(initial)

    @property
    def fields(self) -> dict[str, float]:
        """The owned fields and their present values."""
        return {f.name: getattr(self, f.name) for f in FIELDS if f.owner == self.actor}


#: Where levers and parameters are given.
WHEN_MADE = (
    "levers, drivers and parameters are given when the model is made; a lever that moves in mid-run is a dated schedule, "
    "for example {'2026-01': 0.5, '2027-06': 0.9}"
)


def _by_hand(actor: Actor, name: str, value: object) -> float:
    """A value that a user sets a field to, if that changes what follows."""
    owner = OWNER[name]
    if owner != actor:
        raise InputError(f"{name} belongs to {owner.name.lower()}; set model.{owner.name.lower()}.{name}")
    if IS_TERM[name]:
        raise InputError(f"{name} is worked out anew each month; give a rule of your own instead (agents= or rules=)")
    given = real(value)
    if given is None or not math.isfinite(given):
        raise InputError(f"{name} takes a finite number; {told(value)} was given")
    return given


class Given(dict[str, Any]):
    """What a model was made with, to be read: a change in mid-run would be told and not done, so it is refused."""

    def _refuse(self, *args: Any, **more: Any) -> NoReturn:
        raise InputError(f"a model's levers and parameters cannot be changed once it is made; {WHEN_MADE}")

    if not TYPE_CHECKING:
        __setitem__ = __delitem__ = __ior__ = update = pop = popitem = clear = setdefault = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return Given, (dict(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        """A plain dict: the copy is the user's own."""
        return {name: dict(value) if isinstance(value, dict) else value for name, value in self.items()}

    def __copy__(self) -> dict[str, Any]:
        return self.copy()


def _given(values: Mapping[str, Any]) -> Given:
    return Given({name: Given(value) if isinstance(value, dict) else value for name, value in values.items()})


class _Numbers:
    """The numbers of each model's agents. Mesa 3.3 holds them in a dict that keeps every model alive, three megabytes each."""

    def __init__(self) -> None:
        self._of: weakref.WeakKeyDictionary[mesa.Model, Iterator[int]] = weakref.WeakKeyDictionary()

    def __getitem__(self, model: mesa.Model) -> Iterator[int]:
        return self._of.setdefault(model, itertools.count(1))


if TYPE_CHECKING:
    from .model import DeterrenceModel

    class MesaAgent:
        """What type checkers know of Mesa's agent, which says nothing of its types itself."""

        model: DeterrenceModel
        unique_id: int

        def __init__(self, model: DeterrenceModel, *args: Any, **more: Any) -> None:
            """Mesa's own."""

        def __getattr__(self, name: str) -> Any:
            """The fields of the actor, and all else that Mesa has."""
else:
    MesaAgent = mesa.Agent


class StateAgent(Holder, MesaAgent):
    """A state with its leader; a Mesa agent."""

    _ids = _Numbers()

    def __init__(self, model: mesa.Model, *args: Any, **more: Any) -> None:
        if not isinstance(model, mesa.Model):
            raise InputError(f"agents are made by DeterrenceModel(agents=[...]), of a model; {told(model)} was given")
        super().__init__(model, *args, **more)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(month {self.model.month})"

    def _repr_html_(self) -> str:
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

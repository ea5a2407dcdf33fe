"""What a run came to: outcomes, their months, and the other figures readers ask for.

:data:`REGISTRY` is the one list of outcomes. Columns of results, months, causes, martingale residuals, labels of charts and
the aims of rare events are read from it by name. A new outcome is one entry here, the field that dates it and the rule
that writes this field.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .fields import BY_NAME


@dataclass(frozen=True)
class Outcome:
    """One outcome of a run.

    Attributes
    ----------
    name : as in tables of results
    meaning : in words, for readers
    label, short : for charts: in full, and for a narrow panel
    first : the field that dates it, its first month or -1; None of an outcome that has parts
    parts : outcomes of which it is the earliest
    is_cause : whether it is one of the competing ways in which deterrence first fails
    residuals : fields that sum its events less their odds (martingale residuals)
    options : leaders' options that lead to it at once, towards which rare events are tilted; any force if empty
    both_theatres : whether it needs force in both theatres
    chance : the field with its probability in a month, where nothing else in the model hangs on whether it comes
    story : a sentence that tells it in the story of a run; empty where a decision or an entry tells it already
    """

    name: str
    meaning: str
    label: str
    short: str
    first: str | None = None
    parts: tuple[str, ...] = ()
    is_cause: bool = False
    residuals: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    both_theatres: bool = False
    chance: str | None = None
    story: str = ""


@dataclass(frozen=True)
class Conditional:
    """One event after another.

    It is taken over the runs, and so the worlds, in which the condition happened: compared with anything else it says
    nothing about causes.

    Attributes
    ----------
    name : as in tables of results
    given : the outcome that comes first
    second : the field that dates the second event
    within : months from the first to the second at most
    label, short : for charts: in full, and for a narrow panel
    """

    name: str
    given: str
    second: str
    within: int
    label: str
    short: str


def _earliest(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where((a >= 0) & ((b < 0) | (a <= b)), a, b)


class Registry:
    """Outcomes in order, and all that follows from them.

    Parameters
    ----------
    outcomes : every outcome; one with parts after its parts
    conditionals : every conditional outcome
    others : fields returned of each run that date no outcome
    residuals : residuals that belong to no outcome
    fields : names of fields, in order; residuals are returned in this order

    Raises
    ------
    ValueError
        If a name stands twice, an outcome has neither a field nor parts, or a field or a part is not known.

    Attributes
    ----------
    names : the outcomes, in the order of :meth:`months`
    results : the fields returned of each run, in order
    residual_names : those of them that are residuals
    causes : the competing risks: ways in which deterrence first fails
    """

    def __init__(
        self, outcomes: Iterable[Outcome], conditionals: Iterable[Conditional], others: Iterable[str] = (),
        residuals: Iterable[str] = (), fields: Iterable[str] = tuple(BY_NAME),
    ):  # fmt: skip
        outcomes, conditionals, fields = tuple(outcomes), tuple(conditionals), tuple(fields)
        self.by_name = {outcome.name: outcome for outcome in outcomes}
        self.conditional = {one.name: one for one in conditionals}
        self.names = tuple(self.by_name)
        own = {*residuals, *(name for outcome in outcomes for name in outcome.residuals)}
        self.residual_names = tuple(name for name in fields if name in own)
        firsts = tuple(outcome.first for outcome in outcomes if outcome.first is not None)
        self.results = (*firsts, *others, *self.residual_names)
        self.causes = tuple(outcome.name for outcome in outcomes if outcome.is_cause)
        self._check(outcomes, conditionals, {*fields}, own)
        self._column = {name: k for k, name in enumerate(self.results)}
        self._residual_columns = [self._column[name] for name in self.residual_names]
        self._cause_columns = [self.names.index(name) for name in self.causes]

    def _check(
        self,
        outcomes: Iterable[Outcome],
        conditionals: Iterable[Conditional],
        fields: set[str],
        residuals: Iterable[str],
    ) -> None:
        every = [*(one.name for one in outcomes), *(one.name for one in conditionals)]
        if twice := sorted({name for name in every if every.count(name) > 1}):
            raise ValueError(f"two outcomes are named {', '.join(twice)}; give each a name of its own")
        known = set()
        for outcome in outcomes:
            if (outcome.first is None) == (not outcome.parts):
                raise ValueError(
                    f"outcome {outcome.name} has either a field that dates it (first) or parts; give one of the two"
                )
            if lost := [part for part in outcome.parts if part not in known]:
                raise ValueError(f"outcome {outcome.name}: the parts {lost} are no outcomes listed before it")
            known.add(outcome.name)
        asked = {
            *self.results,
            *residuals,
            *(o.chance for o in outcomes if o.chance),
            *(c.second for c in conditionals),
        }
        if lost := sorted(asked - fields):
            raise ValueError(f"the outcomes ask for {lost}, which are no fields of the model")
        if lost := [one.name for one in conditionals if one.given not in known or one.second not in self.results]:
            raise ValueError(f"the conditional outcomes {lost} ask for what a run does not return")

    def dated(self, name: str) -> tuple[str, ...]:
        """The outcomes with a field of their own of which an outcome is the earliest: itself, if it has one."""
        parts = self.by_name[name].parts
        return tuple(dict.fromkeys(one for part in parts for one in self.dated(part))) if parts else (name,)

    def options(self, name: str) -> tuple[str, ...]:
        """Leaders' options that lead to an outcome at once; () where any force may."""
        given = [self.by_name[part].options for part in self.dated(name)]
        return tuple(dict.fromkeys(option for options in given for option in options)) if all(given) else ()

    def column(self, results: np.ndarray, name: str) -> np.ndarray:
        """One column of the engine's results by name."""
        return results[:, self._column[name]]

    def residuals(self, results: np.ndarray) -> np.ndarray:
        """The martingale residuals of each run: array (n_runs, len(RESIDUALS)), mean 0 under every policy."""
        return np.round(results[:, self._residual_columns] / RESIDUAL_UNIT) * RESIDUAL_UNIT

    def months(self, results: np.ndarray) -> np.ndarray:
        """The first month of each outcome in each run: int16 array (n_runs, len(OUTCOMES)), -1 for never."""
        when = {}
        for name, outcome in self.by_name.items():
            if outcome.first is not None:
                when[name] = self.column(results, outcome.first).astype(np.int16)
            else:
                first, *rest = (when[part] for part in outcome.parts)
                for part in rest:
                    first = _earliest(first, part)
                when[name] = first
        return np.column_stack(list(when.values()))

    def observed(self, results: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a paired comparison needs of the baseline's runs: which outcomes happened, and their residuals."""
        return self.months(results) >= 0, self.residuals(results)

    def conditionals(
        self, results: np.ndarray, when: np.ndarray, n_months: int
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """For each conditional outcome, masks (given happened and could be followed up, and the second event followed).

        A run counts only if its first event leaves the whole window before the horizon of ``n_months``.
        """
        out = {}
        for name, one in self.conditional.items():
            first, second = when[:, self.names.index(one.given)], self.column(results, one.second)
            base = (first >= 0) & (first + one.within < n_months)
            out[name] = (base, base & (second >= first) & (second - first <= one.within))
        return out

    def first_cause(self, when: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of ``CAUSES`` came first (-1 none; a tie goes to the earlier in the list) and in which month."""
        causes = when[:, self._cause_columns].astype(np.int32)
        dated = np.where(causes < 0, np.iinfo(np.int32).max, causes)
        which = dated.argmin(axis=1)
        month = dated.min(axis=1)
        never = month == np.iinfo(np.int32).max
        return np.where(never, -1, which), np.where(never, -1, month)


#: The unit in which a run's residuals are kept: sums of a few thousand products of it are exact.
RESIDUAL_UNIT = 2.0**-18

REGISTRY = Registry(
    (
        Outcome(
            "taiwan_blockade", "Taiwan is blockaded", "Blockade of Taiwan", "Blockade", "first_blockade",
            is_cause=True, residuals=("residual_blockade",), options=("blockade",),
        ),
        Outcome(
            "taiwan_invasion", "Taiwan is invaded", "Invasion of Taiwan", "Invasion", "first_invasion",
            is_cause=True, residuals=("residual_invasion",), options=("invasion",),
        ),
        Outcome(
            "korea_attack", "a limited attack in Korea", "Limited attack in Korea", "Attack", "first_korea_attack",
            is_cause=True, residuals=("residual_attack",), options=("attack",),
        ),
        Outcome(
            "korea_war", "war in Korea", "War in Korea", "War", "first_korea_war",
            is_cause=True, residuals=("residual_war",), options=("war",),
        ),
        Outcome(
            "two_front", "force in both theatres within the window", "Force in both theatres", "Two fronts",
            "first_two_front", residuals=("residual_taiwan_second", "residual_korea_second"),
            options=("blockade", "invasion", "attack", "war"), both_theatres=True,
        ),
        Outcome(
            "russian_join", "Russia joins a war in Asia", "Russia joins", "Russia", "first_russian_join",
            residuals=("residual_russia",), options=("invasion", "war"),
        ),
        Outcome(
            "nuclear_use", "nuclear use", "Nuclear use", "Nuclear", "first_nuclear",
            residuals=("residual_nuclear",), options=("invasion", "war"), chance="nuclear_prob",
        ),
        Outcome(
            "taiwan_failure", "deterrence fails over Taiwan (blockade or invasion)", "Failure over Taiwan", "Taiwan",
            parts=("taiwan_blockade", "taiwan_invasion"), residuals=("residual_taiwan",),
        ),
        Outcome(
            "korea_failure", "deterrence fails in Korea (attack or war)", "Failure in Korea", "Korea",
            parts=("korea_attack", "korea_war"), residuals=("residual_korea",),
        ),
        Outcome(
            "any_failure", "deterrence fails in either theatre", "Any deterrence failure", "Any",
            parts=("taiwan_failure", "korea_failure"), residuals=("residual_taiwan_first", "residual_korea_first"),
        ),
    ),
    (
        Conditional(
            "korea_within_6_of_taiwan", "taiwan_failure", "korea_after_taiwan", 6, "Korea within 6 months of Taiwan",
            "Korea, 6 mo",
        ),
        Conditional(
            "korea_within_12_of_taiwan", "taiwan_failure", "korea_after_taiwan", 12, "Korea within 12 months of Taiwan",
            "Korea, 12 mo",
        ),
        Conditional(
            "taiwan_within_6_of_korea", "korea_failure", "taiwan_after_korea", 6, "Taiwan within 6 months of Korea",
            "Taiwan, 6 mo",
        ),
        Conditional(
            "taiwan_within_12_of_korea", "korea_failure", "taiwan_after_korea", 12, "Taiwan within 12 months of Korea",
            "Taiwan, 12 mo",
        ),
        Conditional(
            "korea_within_12_of_invasion", "taiwan_invasion", "korea_after_taiwan", 12,
            "Korea within 12 months of an invasion of Taiwan", "Korea | invasion",
        ),
        Conditional(
            "blockade_preferred", "taiwan_blockade", "preferred_blockade", 0, "Blockades that were Xi's best option",
            "Blockade wanted",
        ),
        Conditional(
            "invasion_preferred", "taiwan_invasion", "preferred_invasion", 0, "Invasions that were Xi's best option",
            "Invasion wanted",
        ),
        Conditional(
            "attack_preferred", "korea_attack", "preferred_attack", 0, "Limited attacks that were Kim's best option",
            "Attack wanted",
        ),
        Conditional(
            "war_preferred", "korea_war", "preferred_war", 0, "Wars in Korea that were Kim's best option", "War wanted",
        ),
    ),
    others=(
        "korea_after_taiwan", "taiwan_after_korea", "n_provocations", "n_launch_days", "highest_rung", "help_expected",
        "help_realised", "taiwan_resolved", "preferred_blockade", "preferred_invasion", "preferred_attack", "preferred_war",
    ),
    residuals=("residual_taiwan_crisis", "residual_korea_crisis", "residual_xi_type", "residual_kim_type"),
)  # fmt: skip

#: What the engine returns of each run: the values of these fields after the last month. In a *failed* run, one in which
#: a rule gave a number that is not finite, all of them are nan.
RESULTS = REGISTRY.results
#: Outcome -> what it means.
OUTCOMES: dict[str, str] = {name: outcome.meaning for name, outcome in REGISTRY.by_name.items()}
#: Conditional outcome -> what it asks.
CONDITIONALS = REGISTRY.conditional
#: The ways in which deterrence first fails: the competing risks.
CAUSES = REGISTRY.causes
#: The columns of a run's residuals.
RESIDUALS = REGISTRY.residual_names

column, residuals, months, observed = REGISTRY.column, REGISTRY.residuals, REGISTRY.months, REGISTRY.observed
conditionals, first_cause = REGISTRY.conditionals, REGISTRY.first_cause


def failed(results: np.ndarray) -> np.ndarray:
    """Which runs failed: boolean array (..., n_runs), from the engine's results (all nan in a failed run)."""
    return np.isnan(results[..., 0])

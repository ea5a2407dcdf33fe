"""Names and shapes that signatures speak of: levers, outcomes, packages, intervals, engines, policies, arrays.

A type checker knows by them that ``{"usfk_postur": 0.7}`` is no policy. They are written out, since no checker reads a table;
a test keeps each equal to the table it stands for. To write a policy down before it is passed, give it its type::

    from crink_abm.typing import Policy

    forward: Policy = {"usfk_posture": 0.8, "heavy_share": {"2026-01": 0.4, "2028-01": 0.7}}
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "AnyOutcome", "Array", "ArrayLike", "BoolArray", "CauseName", "ConditionalName", "DriverName", "Drivers",
    "EngineName", "ExperimentLike", "FloatArray", "IntArray", "Interval", "LeverName", "OutcomeName", "PackageName",
    "Parameters", "PathLike", "Policy", "Progress", "ReadExperiment", "Rules", "RunProgress", "Schedule",
    "Structures", "WorldsName",
]  # fmt: skip

#: Instruments of policy: ``crink_abm.LEVERS``.
LeverName: TypeAlias = Literal[
    "usfk_posture", "heavy_share", "dual_role", "maritime_posture", "trilateral_coordination", "exercise_tempo",
    "japan_burden_share", "sanctions_intensity", "exposure", "diplomatic_offramp", "china_engagement", "counter_hybrid",
    "porcupine_defence", "declared_resolve",
]  # fmt: skip

#: What history supplies: ``crink_abm.model.levers.DRIVERS``.
DriverName: TypeAlias = Literal[
    "driver_ukraine",
    "driver_us_crisis",
    "driver_veto",
    "driver_statement",
    "driver_exercise_season",
    "driver_borders",
    "driver_inauguration",
    "force_taiwan",
    "force_korea",
    "force_flow",
    "force_xi_belief",
    "force_kim_belief",
]

#: What a run may come to: ``crink_abm.OUTCOMES``.
OutcomeName: TypeAlias = Literal[
    "taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war", "two_front", "russian_join", "nuclear_use",
    "taiwan_failure", "korea_failure", "any_failure",
]  # fmt: skip

#: What may follow, given that something came first: ``crink_abm.model.outcomes.CONDITIONALS``.
ConditionalName: TypeAlias = Literal[
    "korea_within_6_of_taiwan", "korea_within_12_of_taiwan", "taiwan_within_6_of_korea", "taiwan_within_12_of_korea",
    "korea_within_12_of_invasion", "blockade_preferred", "invasion_preferred", "attack_preferred", "war_preferred",
]  # fmt: skip

#: Outcomes of both kinds: those of ``Results.estimates``.
AnyOutcome: TypeAlias = OutcomeName | ConditionalName

#: Ways in which deterrence first fails, competing risks: ``crink_abm.model.outcomes.CAUSES``.
CauseName: TypeAlias = Literal["taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war"]

#: Named policies: ``crink_abm.SCENARIOS``.
PackageName: TypeAlias = Literal[
    "today", "posture", "alliance", "policy", "hybrid", "article", "pressure", "reassurance", "withdrawal", "surge-2027"
]

#: Kinds of interval: ``crink_abm.estimation.intervals.KINDS``.
Interval: TypeAlias = Literal["best", "jeffreys", "clopper-pearson"]

#: Engines that a sweep may run on; batch is an old name of numba.
EngineName: TypeAlias = Literal["numba", "mesa", "batch"]

#: Ensembles of worlds by name.
WorldsName: TypeAlias = Literal["calibrated", "defaults", "prior"]

#: Structures to cross or to keep: all, the default one, or a table of switches and their levels.
Structures: TypeAlias = Literal["all", "default"] | Mapping[str, Any]

#: Months, written ``YYYY-MM``, and the levels at them.
Schedule: TypeAlias = Mapping[str, float]

#: A policy: levers that differ from today's, each a number in [0, 1] or a dated schedule.
Policy: TypeAlias = Mapping[LeverName, float | Schedule]

#: Coefficients by name; switches by the name or number of a level.
Parameters: TypeAlias = Mapping[str, float | str]

#: Functions in place of rules, by full name: ``{"china.crisis_prob": f}``.
Rules: TypeAlias = Mapping[str, Callable[..., Any]]


#: What is called as a sweep goes: with the runs done, those in all, and a few words.
Progress: TypeAlias = Callable[[int, int, str], object]

#: What is called as an estimate goes: with the runs done.
RunProgress: TypeAlias = Callable[[int], object]

#: A place on the disk.
PathLike: TypeAlias = str | os.PathLike[str]


class ReadExperiment(Protocol):
    """An experiment that was read: ``crink_abm.experiment.schema.Experiment``."""

    def key(self) -> str:
        """The hash of what it says."""


#: An experiment: the path of its file, tables of the same shape, or one that was read.
ExperimentLike: TypeAlias = PathLike | Mapping[str, Any] | ReadExperiment

Array: TypeAlias = npt.NDArray[Any]
ArrayLike: TypeAlias = npt.ArrayLike
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

#: What history supplies in a run: a number, dated steps, or a value a month, by driver.
Drivers: TypeAlias = Mapping[DriverName, float | Schedule | Sequence[float] | FloatArray]

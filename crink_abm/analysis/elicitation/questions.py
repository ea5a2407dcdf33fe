"""What is elicited: the tables of a file of beliefs, judged before anything is run."""

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from ...ensemble.worlds import Worlds
from ...estimation.measures import measures
from ...experiment.schema import MOST_AUDITED, Experiment
from ...model.parameters import CATALOGUE
from ...model.parameters.base import Parameter
from ...util.csv_cells import number as as_number
from ...util.errors import InputError, nearest, told
from ...util.schema import Strict, Whole
from .distributions import Quantiles, product_moment

_SHARE = Annotated[float, Field(ge=0, le=1)]
#: The least probability of a belief that lies in the declared range.
LEAST_INSIDE = 0.5


class BandTable(Strict):
    """A band on an outcome: the probability, said by ``inside``, that its risk at the baseline lies from low to high."""

    low: _SHARE
    high: _SHARE
    inside: Annotated[float, Field(gt=0, lt=1)] = 0.9


class Expert(Strict):
    """What one expert believes.

    Attributes
    ----------
    weight : against the other experts
    constants : parameter -> per cent -> value: at least two quantiles
    switches : switch -> level -> probability
    bands : outcome -> a band on its risk at the baseline
    correlations : "parameter, parameter" -> rank correlation
    """

    weight: Annotated[float, Field(gt=0)] = 1.0
    constants: dict[str, Annotated[dict[str, float], Field(min_length=2, max_length=20)]] = {}
    switches: dict[str, Annotated[dict[str, _SHARE], Field(min_length=2)]] = {}
    bands: Annotated[dict[str, BandTable], Field(max_length=20)] = {}
    correlations: Annotated[dict[str, Annotated[float, Field(gt=-1, lt=1)]], Field(max_length=200)] = {}


class ElicitTable(Strict):
    """``[elicit]``: how beliefs are pooled and put into worlds.

    Attributes
    ----------
    pool : mixture of the experts (linear), or the product of their densities (logarithmic)
    method : weigh the worlds that are there, or draw the elicited beliefs afresh and put them into these worlds
    replaces : what an expert's distribution stands for: the bare prior, with the record still counting, or the ensemble as it is
    size : worlds in the file that is made
    least_effective : the least number of different worlds that those weighed may be worth
    runs_per_world : runs of each world at the baseline, for bands and risks; even
    outcomes : risks that are shown before and after
    """

    pool: Literal["linear", "logarithmic"] = "linear"
    method: Literal["reweigh", "draw"] = "reweigh"
    replaces: Literal["prior", "ensemble"] = "prior"
    size: Annotated[Whole, Field(ge=20, le=100_000)] = 1000
    least_effective: Annotated[float, Field(ge=10)] = 50.0
    runs_per_world: Annotated[Whole, Field(ge=2, le=MOST_AUDITED)] = 400
    outcomes: list[str] = Field(
        default_factory=lambda: ["taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war"],
        min_length=1,
        max_length=100,
    )


class ElicitFile(Experiment):
    """A file of beliefs: an experiment file with ``[experts]``."""

    elicit: ElicitTable = ElicitTable()
    experts: Annotated[dict[str, Expert], Field(min_length=1, max_length=100)]

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
        ("elicit",): "is a table with pool, method, replaces, size, least_effective, runs_per_world and outcomes",
        ("elicit", "pool"): "is 'linear' or 'logarithmic'",
        ("elicit", "method"): "is 'reweigh' or 'draw'",
        ("elicit", "replaces"): "is 'prior' or 'ensemble'",
        ("elicit", "size"): "is a whole number from 20 to 100,000",
        ("elicit", "least_effective"): "is a number of at least 10",
        ("elicit", "runs_per_world"): f"is an even number from 2 to {MOST_AUDITED:,}",
        ("elicit", "outcomes"): "is a list of 1 to 100 measures",
        ("elicit", "outcomes", "#"): "is the name of a measure; `crink-abm info` lists the outcomes",
        ("experts",): "is a table of 1 to 100 named experts",
        ("experts", "*"): "is a table with weight, constants, switches, bands and correlations",
        ("experts", "*", "weight"): "is a number above 0",
        ("experts", "*", "constants"): "is a table of parameters, each with its quantiles",
        (
            "experts",
            "*",
            "constants",
            "*",
        ): "is a table of 2 to 20 quantiles by per cent, such as { 5 = 0.1, 50 = 0.4, 95 = 0.9 }",
        ("experts", "*", "constants", "*", "*"): "is a number",
        ("experts", "*", "switches"): "is a table of structural switches, each with the probabilities of its levels",
        ("experts", "*", "switches", "*"): "is a table of at least two levels, each with its probability",
        ("experts", "*", "switches", "*", "*"): "is a number from 0 to 1",
        ("experts", "*", "bands"): "is a table of at most 20 outcomes, each with a band",
        ("experts", "*", "bands", "*"): "is a band such as { low = 0.05, high = 0.25, inside = 0.9 }",
        ("experts", "*", "bands", "*", "low"): "is a number from 0 to 1",
        ("experts", "*", "bands", "*", "high"): "is a number from 0 to 1",
        ("experts", "*", "bands", "*", "inside"): "is a number between 0 and 1",
        (
            "experts",
            "*",
            "correlations",
        ): 'is a table of at most 200 pairs, such as { "sanctions_cost, coordination_cost" = 0.5 }',
        ("experts", "*", "correlations", "*"): "is a number between -1 and 1",
    }


@dataclass(frozen=True)
class Elicited:
    """What comes of beliefs.

    Attributes
    ----------
    worlds : the worlds as the pool believes them, equally weighted: for ``[worlds] ensemble``, or any function that takes worlds
    experts : a row an expert and the pool: weight, effective worlds, the largest weight of a world
    beliefs : a row a belief, a who and a quantile or level: what was said, what the worlds had, what the weighed worlds have
    risks : a row an outcome and a who: the ten-year risk at the baseline before and after, with intervals; bands
    densities : a row a belief, a who and a value: for charts
    effective : different worlds of equal weight that the weighed worlds are worth
    """

    worlds: Worlds
    experts: pd.DataFrame
    beliefs: pd.DataFrame
    risks: pd.DataFrame
    densities: pd.DataFrame
    effective: float
    effort: dict[str, Any] = field(default_factory=dict)

    #: The tables, by name.
    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {"experts": self.experts, "beliefs": self.beliefs, "risks": self.risks, "densities": self.densities}


@dataclass(frozen=True, eq=False)
class Believed:
    """One expert's beliefs, worked out.

    Attributes
    ----------
    name, weight : of the expert
    constants : parameter -> its distribution, on the scale of :func:`scale`
    matrix : correlation of the copula of ``constants``, in their order
    switches : switch -> array (n_levels,) of probabilities
    bands : outcome -> the band
    """

    name: str
    weight: float
    constants: dict[str, Quantiles]
    matrix: np.ndarray
    switches: dict[str, np.ndarray]
    bands: dict[str, BandTable]


def scale(p: Parameter, x: Any) -> Any:
    """Values on the scale on which the prior is even: logs where it is log-uniform."""
    return np.log(np.asarray(x, float)) if p.log else np.asarray(x, float)


def believed(file: ElicitFile) -> list[Believed]:
    """The experts of a file, judged.

    Raises
    ------
    InputError
        On what no expert can mean, saying who said it.
    """
    plan = file.elicit
    if plan.runs_per_world % 2:
        raise InputError(
            f"[elicit] runs_per_world is even, since runs fall into two halves; {plan.runs_per_world} was given"
        )
    measures(plan.outcomes)
    return [_expert(name, said, file) for name, said in file.experts.items()]


def _expert(name: str, said: Expert, file: ElicitFile) -> Believed:
    where = f"[experts.{name}]"
    if not (said.constants or said.switches or said.bands):
        raise InputError(f"{where} says nothing: give constants, switches or bands")
    for one in (*said.constants, *said.switches):
        if one not in CATALOGUE:
            raise InputError(
                f"{where}: no parameter is named {told(one)}{nearest(one, CATALOGUE)}; `crink-abm info` lists them"
            )
        if one in file.parameters:
            raise InputError(f"{where}: {one} is held by [parameters] in every world; leave one of them out")
        if (CATALOGUE[one].switch is None) == (one in said.switches):
            kind, table = ("switch", "switches") if one in said.constants else ("constant", "constants")
            raise InputError(f"{where}: {one} is a {kind}; say it under [experts.{name}.{table}]")
    constants = {one: _quantiles(one, quantiles, where) for one, quantiles in said.constants.items()}
    for outcome, band in said.bands.items():
        measures([outcome])
        if not band.low < band.high:
            raise InputError(
                f"{where}: the band on {outcome} goes from low to high; [{band.low:g}, {band.high:g}] was given"
            )
    switches = {one: _levels(one, levels, where) for one, levels in said.switches.items()}
    return Believed(name, said.weight, constants, _matrix(list(constants), said, where), switches, dict(said.bands))


def _quantiles(name: str, said: dict[str, float], where: str) -> Quantiles:
    p = CATALOGUE[name]
    pairs = []
    for key, value in said.items():
        per_cent = as_number(key)
        if per_cent is None or not 0.0 < per_cent < 100.0:
            raise InputError(
                f"{where}: {name} has quantiles by per cent, such as {{ 5 = 0.1, 50 = 0.4, 95 = 0.9 }}; {told(key)} was given"
            )
        pairs.append((per_cent / 100.0, float(value)))
    pairs.sort()
    levels, at = (np.array(column) for column in zip(*pairs, strict=True))
    if not (np.diff(at) > 0.0).all() or not (np.diff(levels) > 0.0).all():
        raise InputError(
            f"{where}: quantiles of {name} rise with their per cent; {', '.join(f'{100 * u:g} % {x:g}' for u, x in pairs)} was "
            "given"
        )
    if p.log and at[0] <= 0.0:
        raise InputError(f"{where}: {name} is above 0; a quantile of {at[0]:g} was given")
    made = Quantiles(scale(p, at), levels, float(scale(p, p.low)), float(scale(p, p.high)))
    if made.outside > LEAST_INSIDE:
        raise InputError(
            f"{where}: {100 * made.outside:.0f} % of what is believed of {name} lies beyond its declared range, [{p.low:g}, "
            f"{p.high:g}] ({p.unit}), in which worlds must lie; at most {100 * LEAST_INSIDE:.0f} % may. Lower the quantiles, "
            "or ask "
            "`crink-abm thresholds` with [thresholds] beyond, which imposes values past the range"
        )
    return made


def _levels(name: str, said: dict[str, float], where: str) -> np.ndarray:
    levels = {level.name.lower(): k for k, level in enumerate(CATALOGUE[name].drawn)}
    chances = np.zeros(len(levels))
    for level, chance in said.items():
        if level.lower() not in levels:
            raise InputError(f"{where}: {name} is one of {', '.join(levels)}; {told(level)} was given")
        chances[levels[level.lower()]] = chance
    if abs(chances.sum() - 1.0) > 1e-6:
        raise InputError(f"{where}: the probabilities of the levels of {name} sum to 1; to {chances.sum():g} as given")
    return chances


def _matrix(names: list[str], said: Expert, where: str) -> np.ndarray:
    ranks = np.eye(len(names))
    for words, r in said.correlations.items():
        pair = [name.strip() for name in words.split(",")]
        if len(set(pair)) != 2 or len(pair) != 2 or not set(pair) <= set(names):
            raise InputError(
                f"{where}: correlations are between two of this expert's constants ({', '.join(names) or 'none'}), such as "
                f'"sanctions_cost, coordination_cost" = 0.5; {told(words)} was given'
            )
        i, j = (names.index(name) for name in pair)
        ranks[i, j] = ranks[j, i] = r
    return product_moment(ranks, where)

"""What is asked of a finished sweep besides its counts: compact tables, measures of one's own, runs of interest."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..estimation import incidence
from ..estimation.means import row
from ..estimation.measures import Runs, condition, measures, numbers
from ..experiment.design import moves_in_words
from ..model import arguments, outcomes
from ..model.outcomes import RESULTS
from ..util.errors import InputError
from .compact import CompactTable, compact

if TYPE_CHECKING:
    from .results import Results

#: Policies of a compact table at most, where none are named.
MOST_ROWS = 40


def measured(results: "Results", given: Any, points: Any) -> pd.DataFrame:
    """Means of measures and their paired changes, from a sweep's runs: see :meth:`Results.measure`."""
    asked = measures(given)
    if states := [one.name for one in asked if one.fields]:
        raise InputError(f"a sweep stores no states of its runs: {states[0]!r} is had by compare(..., measures=[...])")
    n_points = len(results.plan.n_runs)
    chosen = range(n_points) if points is None else sorted(arguments.points(points, n_points))
    rows = []
    for point, mine, base, world, weight in _paired(results, chosen):
        here, there = _as_runs(results, mine), _as_runs(results, base)
        for one in asked:
            rows.append(
                {"point": point, "measure": one.name, **row(numbers(one, here), numbers(one, there), world, weight)}
            )
    return pd.DataFrame(rows).drop(columns=["n_only_policy", "n_only_baseline"])


def incidence_changes(results: "Results", points: Any, given: Any) -> pd.DataFrame:
    """Paired differences of cumulative incidences from the baseline: see :meth:`Results.incidence_change`."""
    chosen = outcomes.OUTCOMES if given is None else arguments.names("names", given, outcomes.OUTCOMES)
    n_months, frames = results.plan.head.months, []
    wanted = arguments.points(points, len(results.plan.n_runs))
    for point, mine, base, world, weight in _paired(results, wanted):
        here, there = (outcomes.months(one[list(RESULTS)].to_numpy(float)) for one in (mine, base))
        for name in chosen:
            k = list(outcomes.OUTCOMES).index(name)
            curve = incidence.paired(here[:, k], there[:, k], n_months, world, weight)
            columns = {("diff" if part == "diff" else f"diff_{part}"): values for part, values in curve.items()}
            of = {"point": point, "outcome": name, "month": np.arange(n_months)}
            frames.append(pd.DataFrame({**of, **columns, "n_runs": len(mine)}))
    return pd.concat(frames, ignore_index=True)


def _paired(results: "Results", points: Iterable[int]) -> Iterator[tuple[Any, ...]]:
    """Of each point (number, its runs, the same runs at the baseline, the world of each, what each counts)."""
    n_runs, worlds = results.plan.n_runs, results.plan.worlds
    base = results.runs([results.baseline]).set_index("run")
    for point in points:
        mine = results.runs([point]).set_index("run")
        both = mine.index.intersection(base.index)
        place = worlds.of(both.to_numpy())
        weight = worlds.weights(min(n_runs[point], n_runs[results.baseline]))[place]
        yield point, mine.loc[both], base.loc[both], worlds.number[place], weight


def found(results: "Results", where: Any, point: Any) -> pd.DataFrame:
    """Runs in which something happened: see :meth:`Results.find`."""
    chosen = condition(where)
    policy = results.baseline if point is None else arguments.whole("the number of a point", point)
    runs = results.runs([policy])
    dated = [one.first for one in outcomes.REGISTRY.by_name.values() if one.first]
    some = runs.loc[chosen(_as_runs(results, runs)), ["run", *dated]]
    some.insert(1, "world", results.plan.worlds.of(some["run"].to_numpy()))
    return some.reset_index(drop=True)


def _as_runs(results: "Results", frame: pd.DataFrame) -> Runs:
    return Runs(frame[list(RESULTS)].to_numpy(float), results.plan.head.months, {}, {})


def tabled(results: "Results", named: Any, policies: Any, interval: str, digits: int) -> CompactTable:
    """The changes of policies in outcomes ``named``, as a compact table: see :meth:`Results.table`."""
    names = _names(results)
    wanted = _few(results, names) if policies is None else _wanted(policies, names)
    rows = results.estimates[results.estimates["point"].isin({*wanted, results.baseline})]
    return compact(
        rows.assign(policy=rows["point"].map(names)), names[results.baseline], outcomes=named,
        policies=[names[point] for point in wanted], interval=interval, digits=digits, months=results.plan.head.months,
    )  # fmt: skip


def _names(results: "Results") -> dict[int, str]:
    """The name of each point: a package's own, or the levers that it moves; no two have the same."""
    names: dict[int, str] = {}
    taken = set()
    for point, policy in enumerate(results.design.policies):
        said = str(results.points.loc[point, "label"]) or moves_in_words(policy) or "today"
        names[point] = f"{said} (point {point})" if said in taken else said
        taken.add(names[point])
    return names


def _few(results: "Results", names: dict[int, str]) -> Sequence[int]:
    """The packages, or all points if there are none, where they are few enough."""
    packages = [point for point in names if results.points.loc[point, "family"] == "package"]
    wanted = packages or list(names)
    if len(wanted) > MOST_ROWS:
        raise InputError(
            f"{len(wanted):,} policies are too many for a table of at most {MOST_ROWS}; name some: policies=[...], by the names "
            "of packages or the numbers of points"
        )
    return wanted


def _wanted(policies: Any, names: dict[int, str]) -> Sequence[int]:
    """Points by the names of packages or by their numbers."""
    by_name = {name: point for point, name in names.items()}
    alone = isinstance(policies, str | int | float | np.number)
    given = arguments.several("policies", [policies] if alone else policies)
    return list(dict.fromkeys(
        by_name[arguments.outcome(one, by_name, kind="policy")] if isinstance(one, str)
        else arguments.whole("the number of a point", one, 0, len(names) - 1)
        for one in given
    ))  # fmt: skip

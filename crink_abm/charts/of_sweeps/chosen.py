"""What a chart of a sweep takes out of the results: levers, policies and their rows, as the reader asked for them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...model.levers import LEVERS
from ...util.errors import InputError, nearest, told
from .. import shape, style
from ..panels import HEADLINE, CannotDraw, base_of, rows_written

if TYPE_CHECKING:
    from ...results.results import Results


DETAIL = (*HEADLINE, "two_front", "russian_join", "nuclear_use", "any_failure")

#: Panels of a chart with one for each policy that has a name, and rows of one with a row for each.
MOST_PANELS, MOST_ROWS = 40, 150


def levers_asked() -> list[str]:
    """The levers that were asked for (``levers=``), or all.

    Raises
    ------
    InputError
        On a lever that there is not.
    """
    given = shape.now().more.get("levers")
    names = list(LEVERS) if given is None else [given] if isinstance(given, str) else list(given)
    for name in names:
        if name not in LEVERS:
            raise InputError(
                f"no lever is named {told(name)}{nearest(str(name), LEVERS)}; they are {', '.join(LEVERS)}"
            )
    return names


def along(results: "Results", lever: Any, names: Iterable[Any]) -> pd.DataFrame:
    rows = pd.concat([results.slice(name, lever) for name in names], ignore_index=True)
    return rows.dropna(subset=[lever])


def policies(results: "Results") -> dict[int, str]:
    """Point -> name of the policies that were asked for, in the reader's words; the packages in file order if none were.

    Raises
    ------
    InputError
        On a policy that there is not.
    """
    labels = dict(zip(results.points["label"], results.points["point"], strict=True))
    packages = [name for name in results.manifest["experiment"].get("packages", {}) if name in labels]
    wanted, found = shape.now().policies or packages, {}
    for one in wanted:
        if isinstance(one, str) and (one not in labels or not one):
            known = [name for name in labels if name]
            raise InputError(
                f"no policy is named {told(one)}{nearest(one, known)}; they are {', '.join(known)}, or numbers of points"
            )
        if isinstance(one, int) and not 0 <= one < len(results.points):
            raise InputError(f"points are numbered 0 to {len(results.points) - 1}; {one} was given")
        point = int(labels[one]) if isinstance(one, str) else one
        name = one if isinstance(one, str) else str(results.points["label"].iloc[point]) or f"point {point}"
        found[point] = shape.word(name)
    return found


def check_panels(n: int) -> None:
    if n > MOST_PANELS:
        raise CannotDraw(
            f"{n:,} policies with a name are more than the {MOST_PANELS} panels of a chart; see results.incidence"
        )


def rows_of(packages: dict[int, str]) -> tuple[dict[int, str], int]:
    """Point -> name as it is written in a row; and the most lines that one takes."""
    if len(packages) > MOST_ROWS:
        raise CannotDraw(
            f"{len(packages):,} packages are more than the {MOST_ROWS} rows of a chart; see results.estimates"
        )
    written, lines = rows_written(list(packages.values()))
    return dict(zip(packages, written, strict=True)), lines


def contents(results: "Results", packages: dict[int, str]) -> list[str]:
    """What each package sets, a line each; of a schedule only that it is one."""
    chosen, base = results.manifest["experiment"]["packages"], base_of(results)
    lines = []
    for point, name in packages.items():
        row = results.points.loc[results.points["point"] == point].iloc[0]
        moved = {lever: row[lever] for lever in LEVERS if pd.notna(row[lever]) and row[lever] != base[lever]}
        sets = (
            f"{shape.lever(lever)[0]} {'on a schedule' if isinstance(level, dict) else f'{level:g}'}"
            for lever, level in chosen.get(str(row["label"]), moved).items()
        )
        lines.append(f"{name}: {'; '.join(sets)}.")
    return lines


def lever_looks() -> dict[float, style.Look]:
    """The two ends of a lever's range."""
    return {
        0.0: style.Look(shape.word("Lever at 0"), "0", style.BLUE, marker="o"),
        1.0: style.Look(shape.word("Lever at 1"), "1", style.VERMILLION, marker="^"),
    }


def ends_of(results: "Results", names: Sequence[str]) -> pd.DataFrame:
    """Rows of each lever at 0 and at 1, the others at the baseline, with columns lever and level.

    Raises
    ------
    CannotDraw
        If there is no such point.
    """
    data = pd.concat([along(results, lever, names).assign(lever=lever) for lever in levers_asked()], ignore_index=True)
    data["level"] = [row[row["lever"]] for row in data[["lever", *LEVERS]].to_dict("records")]
    data = data[data["level"].isin((0.0, 1.0)) & (data["point"] != results.baseline)]
    if data.empty:
        raise CannotDraw("no lever stands at 0 or 1 with the others at the baseline ([one_at_a_time])")
    return data

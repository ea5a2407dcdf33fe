"""The manifest of a finished sweep, written and read; its tables as read: of the shape they are written in, or refused.

A seal shows damage, not who wrote: a folder from elsewhere may say anything under a seal that fits.
"""

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pandas.api import types
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..ensemble import structures
from ..estimation.tables import ADDED, COLUMNS
from ..experiment import design
from ..experiment.schema import Experiment
from ..model.keys import rules_hash
from ..model.levers import LEVERS
from ..util import ownership
from ..util.errors import InputError
from ..util.files import check_format, digest, read, table_of, unsealed
from ..util.ownership import MANIFEST_FORMAT
from ..version import __version__, library_versions
from .plan import SweepPlan

_Count = Annotated[int, Field(ge=0)]
_Number = Annotated[float, Field(allow_inf_nan=False)]


class _Said(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class _Replaced(_Said):
    names: list[str]
    fingerprint: str


class _Reached(_Said):
    asked: _Number


class _Dimension(_Said):
    name: str
    levels: Annotated[list[str] | list[float | int], Field(min_length=1)]
    labels: list[str]


class _Band(_Said):
    band: str
    low: _Number
    high: _Number
    share_passing: _Number


class _Screen(_Said):
    drawn: _Count
    kept: _Count
    share_kept: _Number
    share_low: _Number = 0.0
    share_high: _Number = 0.0
    share_if_undecided_fail: _Number = 0.0
    share_if_undecided_pass: _Number = 0.0
    undecided: _Count = 0
    bands: list[_Band]


class _Worlds(_Said):
    n: Annotated[int, Field(ge=1)]
    reached: Annotated[int, Field(ge=1)]
    origin: str
    screen: _Screen | None
    note: str | None
    sha256: str


class _Manifest(_Said):
    experiment: dict[str, Any]
    experiment_hash: str
    name: Annotated[str, Field(pattern=rf"^{ownership.NAME.pattern}$")]
    seed: _Count
    package: str
    rules_hash: str
    rules_replaced: _Replaced
    baseline_point: _Count
    baseline_moves: str
    n_points: Annotated[int, Field(ge=1)]
    n_runs_per_point: Annotated[int, Field(ge=1)]
    runs_of_points: list[Annotated[int, Field(ge=1)]] | None
    precision: _Reached | None
    n_detail_runs: _Count | None
    n_runs: _Count
    n_failed: _Count
    swept: list[str]
    grid: list[_Dimension]
    worlds: _Worlds
    worlds_table: Annotated[str, Field(pattern=rf"^{ownership.WORLDS.pattern}$")]
    files: dict[str, str]


#: Columns of text and of flags that a table has; every other column that is named here holds numbers.
_TEXT, _FLAGS = ("outcome", "label", "family", "metric", "cause", "method", "interval"), ("on_grid",)
_NULLABLE_FLAGS = ("discernible", "grid_discernible")
_COLUMNS = {
    "points": ("point", "label", "family", "on_grid", *LEVERS),
    "estimates": (
        "point", "label", "family", "on_grid", *LEVERS, "outcome", *COLUMNS, *(name for name in ADDED if name != "diff_method"),
    ),
    "metrics": ("point", "metric", "mean", "low", "high"),
    "first_months": ("point", "outcome", "month", "n_events"),
    "failures": ("point", "run", "world", "month", "cause"),
}  # fmt: skip
#: Whole numbers; events are weighed, and are none, where runs are no multiple of worlds.
_WHOLE = ("point", "run", "world", "month", "n_runs")


def _damaged(folder: Path, name: str) -> InputError:
    return InputError(
        f"the results in {str(folder)!r} are damaged, or a sweep is at work in them ({name} is not there as it was written); "
        "run the sweep again: only what is missing is redone"
    )


def foreign(folder: Path, what: str) -> InputError:
    """The error of results that no version of ours that is known here wrote."""
    return InputError(
        f"the results in {str(folder)!r} are not as this version of crink_abm writes them: {what}; run the sweep again, or "
        "ask for them where they come from"
    )


def load(folder: Path) -> dict[str, Any]:
    """The manifest of a finished sweep.

    Raises
    ------
    InputError
        If there is none, it is damaged, or it is of another format or shape.
    """
    data = read(folder / ownership.MANIFEST)
    if data is None:
        raise InputError(
            f"{str(folder)!r} holds no finished sweep (no manifest.json); run `crink-abm sweep FILE --out DIR` first"
        )
    said = unsealed(data)
    if said is None:
        raise _damaged(folder, ownership.MANIFEST)
    check_format(
        said, ownership.MANIFEST_FORMAT, f"manifest.json in {str(folder)!r}",
        "run the sweep again, which makes the results anew, or read them with the version that wrote them",
        "read the results with the version that wrote them, or run the sweep again into another folder",
    )  # fmt: skip
    try:
        _Manifest.model_validate(said)
        experiment = Experiment.model_validate(said["experiment"])
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])[:80]
        raise foreign(folder, f"{place!r} in manifest.json is missing or of another kind") from None
    said["experiment"] = experiment.model_dump(mode="json", by_alias=True)
    head, hashed = experiment.experiment, said["package"] != __version__ or experiment.key() == said["experiment_hash"]
    if not hashed or (head.name, head.seed) != (said["name"], said["seed"]):
        raise foreign(folder, "manifest.json and the experiment in it do not say the same")
    settled = said["runs_of_points"]
    if said["baseline_point"] >= said["n_points"] or (settled is not None and len(settled) != said["n_points"]):
        raise foreign(folder, "manifest.json counts its points in two ways")
    if settled is not None and said["precision"] is None:
        raise foreign(folder, "manifest.json settles the runs of points for no precision")
    if any(len(dimension["levels"]) != len(dimension["labels"]) for dimension in said["grid"]):
        raise foreign(folder, "manifest.json labels the levels of its grid in two ways")
    return said


def table(folder: Path, manifest: dict[str, Any], name: str) -> pd.DataFrame:
    """One table of a finished sweep, the bytes being those that the manifest was written for.

    Raises
    ------
    InputError
        If it is not there so, or is of another shape.
    """
    file = f"{name}.parquet"
    data = read(folder / file)
    if data is None or manifest["files"].get(file) != digest(data):
        raise _damaged(folder, file)
    found = table_of(data)
    if found is None or not found.columns.is_unique or not isinstance(found.index, pd.RangeIndex):
        raise foreign(folder, f"{file} is no such table")
    for column in _COLUMNS[name]:
        if column not in found or not _is_kind(column, found[column]):
            raise foreign(folder, f"column {column!r} of {file} is missing or of another kind")
    _check_rows(folder, manifest, name, found)
    return found


def _is_kind(name: str, column: pd.Series) -> bool:
    if name in _TEXT:
        return not column.isna().any() and (isinstance(column.dtype, pd.StringDtype) or set(map(type, column)) <= {str})
    if name in _FLAGS:
        return types.is_bool_dtype(column)
    if name in _NULLABLE_FLAGS:
        return types.is_bool_dtype(column) or set(map(type, column.dropna())) <= {bool}
    return types.is_integer_dtype(column) if name in _WHOLE else types.is_numeric_dtype(column)


def _holds(found: pd.DataFrame, dimension: dict[str, Any]) -> bool:
    """Whether the rows on the grid have a column for a dimension of it, with its levels."""
    if dimension["name"] not in found:
        return False
    column = found.loc[found["on_grid"], dimension["name"]]
    if isinstance(dimension["levels"][0], str):
        return set(dimension["levels"]) == set(column)
    return types.is_numeric_dtype(column)


def _check_rows(folder: Path, manifest: dict[str, Any], name: str, found: pd.DataFrame) -> None:
    """Refuse a table whose rows speak of other points, or months, than the manifest."""
    points, months = manifest["n_points"], manifest["experiment"]["experiment"]["months"]
    fits = found["point"].between(0, points - 1).all()
    if name == "points":
        fits = fits and len(found) == points and (found["point"] == found.index).all()
    if name == "estimates":
        fits = fits and found["point"].nunique() == points and not found.duplicated(["point", "outcome"]).any()
        fits = fits and (found["outcome"] == "any_failure").sum() == points and (found["n_runs"] >= 0).all()
        numbers = (found[name] for name in found.select_dtypes("number"))
        fits = fits and all(((column.abs() < 2.0**64) | column.isna()).all() for column in numbers)
        fits = fits and all(_holds(found, dimension) for dimension in manifest["grid"])
    if name == "first_months":
        fits = fits and found["month"].between(0, months - 1).all() and found["n_events"].between(0, 2.0**63).all()
    if not fits:
        raise foreign(folder, f"{name}.parquet and manifest.json do not speak of the same points and months")


def of(plan: SweepPlan, reached: dict[str, Any] | None, n_failed: int, files: dict[str, str]) -> dict[str, Any]:
    """What the manifest of a finished sweep says.

    Parameters
    ----------
    plan : what was asked
    reached : how near the runs came to the precision, if one was asked for (:func:`sample_size.reached`)
    n_failed : runs that failed
    files : name of each table -> its digest
    """
    head = plan.head
    return {
        "format": MANIFEST_FORMAT,
        "experiment": plan.experiment.model_dump(mode="json", by_alias=True),
        "experiment_hash": plan.experiment.key(),
        "name": head.name,
        "seed": head.seed,
        "package": __version__,
        "rules_hash": rules_hash(),
        "rules_replaced": {"names": sorted(plan.rules), "fingerprint": plan.fingerprint},
        "libraries": library_versions(),
        "baseline_point": plan.base,
        "baseline_moves": design.moves_in_words(plan.policies[plan.base]),
        "n_points": len(plan.policies),
        "n_runs_per_point": max(plan.n_runs) if head.precision else head.runs,
        "runs_of_points": list(plan.n_runs) if head.precision else None,
        "precision": reached,
        "n_detail_runs": head.detail_runs,
        "n_runs": plan.total,
        "n_failed": n_failed,
        "swept": plan.points.swept,
        "grid": [{"name": d.name, "levels": d.levels, "labels": d.labels} for d in plan.points.grid],
        "worlds": {
            "n": len(plan.worlds),
            "reached": min(len(plan.worlds), *plan.n_runs),
            "origin": plan.worlds.origin,
            "screen": plan.worlds.report,
            "note": plan.worlds.note,
            "sha256": plan.worlds_digest,
        },
        "worlds_table": f"{plan.worlds_name}.parquet",
        "files": files,
        "nesting": None if head.precision or head.runs is None else structures.nesting(plan.worlds, head.runs),
    }

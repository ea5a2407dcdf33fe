"""The calibrated ensemble, as frozen in the package: equally weighted worlds, and where they come from."""

import hashlib
import warnings
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..model.keys import rules_hash
from ..model.parameters import CATALOGUE
from ..typing import PathLike, Structures
from ..util.errors import InputError
from ..util.files import check_format, read_json, read_table, write_json, write_table
from .worlds import Worlds, chosen, held

NAME = "calibrated"
#: Of the ensemble's two files; raised where a column or an entry comes to mean another thing, or is in another unit.
FORMAT = 1
REMEDY = 'make it again with `crink-abm calibrate --freeze`, or use ensemble = "prior"'
#: What goes with every result where something is held in the worlds.
NOT_CALIBRATED = (
    "these are not the calibrated worlds: {} in every world, whatever the record says of such worlds; what calibration "
    "found does not hold for them"
)

_LOW = np.array([p.low for p in CATALOGUE.values()])
_HIGH = np.array([p.high for p in CATALOGUE.values()])


def freeze(folder: Path, values: np.ndarray, copies: np.ndarray, manifest: dict[str, Any]) -> None:
    """Write the ensemble as ``calibrated.parquet`` (a row a world, and how often it counts) and ``calibrated.json``.

    Numbers are kept in single precision: seven digits, far finer than any prior range.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(values.astype(np.float32), columns=list(CATALOGUE))
    table.insert(0, "copies", copies.astype(np.int32))
    write_table(folder / f"{NAME}.parquet", table)
    write_json(folder / f"{NAME}.json", {"format": FORMAT, **manifest})
    for kind in ("parquet", "json"):
        (folder / f"{NAME}.{kind}").chmod(0o644)


def fingerprint() -> str:
    """A hash of the package's ensemble: results that rest on it are keyed by it.

    Raises
    ------
    InputError
        If it is not there.
    """
    try:
        held = (files("crink_abm") / "data" / f"{NAME}.parquet").read_bytes()
    except OSError as error:
        raise InputError(f"the calibrated ensemble cannot be read ({error}); {REMEDY}") from None
    return hashlib.sha256(held).hexdigest()[:16]


def read(folder: PathLike | None = None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """(worlds with their ``copies``, manifest) from a folder, or the package's own.

    Raises
    ------
    InputError
        If they are not there whole, are of another format, or hold other parameters than this version's.
    """
    try:
        with as_file((files("crink_abm") / "data") if folder is None else Path(folder)) as place:
            table, manifest = read_table(place / f"{NAME}.parquet"), read_json(place / f"{NAME}.json")
    except (OSError, ValueError) as error:
        raise InputError(f"the calibrated ensemble cannot be read ({error}); {REMEDY}") from None
    check_format(
        manifest if isinstance(manifest, dict) else {}, FORMAT, f"the calibrated ensemble ({NAME}.json)", REMEDY,
        f"install the version of crink_abm that made it, or {REMEDY}",
    )  # fmt: skip
    missing = [name for name in CATALOGUE if name not in table]
    unknown = [name for name in table if name not in CATALOGUE and name != "copies"]
    if missing or unknown:
        said = ", ".join([f"lacks {name}" for name in missing[:3]] + [f"has {name}" for name in unknown[:3]])
        raise InputError(f"the calibrated ensemble is of another version of the model: it {said}; {REMEDY}")
    names = list(CATALOGUE)
    table[names] = np.clip(table[names].to_numpy(np.float64), _LOW, _HIGH)  # single precision may overstep an end
    return table, manifest


def load(which: Structures = "all", fixed: Mapping[str, Any] | None = None, folder: PathLike | None = None) -> Worlds:
    """The ensemble as equally weighted worlds, in an order shuffled once (any first so many are a fair part of it).

    Parameters
    ----------
    which : structures to keep, as in :func:`worlds.structures`: a filter, which leaves the record's say on the others
    fixed : parameters held at a value: the worlds are then no longer the calibrated ensemble, and their ``note`` says so

    Warns
    -----
    UserWarning
        If the rules have changed since it was made.

    Raises
    ------
    InputError
        If it is missing, of another version, or holds too few worlds of those structures (:func:`worlds.chosen`).
    """
    table, manifest = read(folder)
    if manifest["rules_hash"] != rules_hash():
        warnings.warn(
            f"the calibrated ensemble was made under other rules ({manifest['rules_hash']}, now {rules_hash()}): its worlds are "
            f"still valid draws, but what the record said of them may have changed; {REMEDY}",
            stacklevel=2,
        )
    values = table[list(CATALOGUE)].to_numpy()
    rows = np.random.default_rng(manifest["seed"]).permutation(np.repeat(np.arange(len(table)), table["copies"]))
    origin = f"calibrated ({manifest['n_unique']} worlds of {manifest['draws']} prior draws)"
    worlds = Worlds(values[rows], origin, manifest["draws"], manifest["screen"], in_turn=True)
    return held(chosen(worlds, which, "calibrated worlds", fixed), fixed, NOT_CALIBRATED)

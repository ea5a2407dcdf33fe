"""The worlds an experiment asks for: made, named by what decides them, kept in a folder, and read again."""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ..model import arguments
from ..model.keys import worlds_hash
from ..model.overrides import fingerprint
from ..model.parameters import CATALOGUE
from ..util.cache import cache_directory
from ..util.errors import InputError, told
from ..util.files import digest, read, read_sealed, table_of, write_sealed, write_table
from . import calibrated, from_file, screening, spec, structures
from . import worlds as ensembles
from .spec import WorldsTable


def worlds_name(table: WorldsTable, fixed=None, rules=None) -> str:
    """The name of a set of worlds: a hash of all that decides them."""
    said = [worlds_hash(), fingerprint(rules or {}), table.model_dump(mode="json"), fixed or {}]
    if table.ensemble == "calibrated":
        said.append(calibrated.fingerprint())
    if table.file is not None:
        said.append(table.sha256 or from_file.digest(table.file))
    return f"worlds-{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]}"


def make_worlds(table: WorldsTable, fixed=None, rules=None) -> ensembles.Worlds:
    """The worlds an experiment asks for, screened if it says so; a screen is made once a machine.

    Raises
    ------
    InputError
        If no draw passes the screen, a file of worlds cannot be taken, worlds cannot be crossed as asked, or they are too
        many or too few.
    """
    structures.checked(table, fixed)
    if table.crossing == "full":
        return structures.crossed(_to_cross(table, fixed), table.structures, fixed)
    if table.file is not None:
        return from_file.load(table.file, table.structures, fixed, table.sha256).first(table.size)
    if table.ensemble == "defaults":
        return ensembles.defaults(fixed)
    if table.ensemble == "calibrated":
        return calibrated.load(table.structures, fixed).first(table.size)
    folder, name = cache_directory(), worlds_name(table, fixed, rules)
    kept = None
    with contextlib.suppress(OSError):  # a cache that cannot be read or written costs time, nothing else
        kept = read_worlds(folder, name)
    if kept is None:
        kept = ensembles.prior(table.draws, seed=table.seed, which=table.structures, fixed=fixed)
        if table.screen == "elicited":
            try:
                kept = screening.elicited(kept, runs=table.screen_runs, seed=table.seed, rules=rules)
            except ValueError as error:
                raise InputError(str(error)) from None
        kept = kept.first(table.size)
        with contextlib.suppress(OSError, InputError):
            folder.mkdir(parents=True, exist_ok=True)
            write_worlds(folder, name, kept)
    return kept


def _to_cross(table: WorldsTable, fixed) -> ensembles.Worlds:
    """The parameter draws that are crossed with the structures: nothing may have chosen among them by structure."""
    if table.size is not None:
        raise InputError('[worlds] size would break crossing = "full"; give fewer draws, or fewer levels in structures')
    if table.ensemble == "defaults":
        return ensembles.defaults(fixed)
    if table.file is not None:
        if from_file.has_switches(table.file):
            raise InputError(
                f'{table.file} says the switches of its worlds, and crossing = "full" all of them; drop one'
            )
        return from_file.load(table.file, fixed=fixed, sha256=table.sha256)
    if table.ensemble == "calibrated" or table.screen != "none":
        kind = "calibrated worlds were" if table.ensemble == "calibrated" else "screened draws are"
        raise InputError(
            f'{kind} chosen together with the switches, which crossing = "full" would tear apart; take '
            'ensemble = "prior" with screen = "none", "defaults", or a file of parameters'
        )
    return ensembles.prior(table.draws, seed=table.seed, which="default", fixed=fixed)


#: Of worlds that are kept; raised where a column or an entry comes to mean another thing.
FORMAT = 1
#: What is kept of a set of worlds besides their values, and what each is.
_SAID = {"origin": str, "n_drawn": int, "report": dict | None, "note": str | None, "in_turn": bool}


def write_worlds(folder: Path, name: str, worlds: ensembles.Worlds) -> dict[str, str]:
    """Keep worlds as NAME.parquet and NAME.json; the second is written last and seals both.

    Returns the digests of the two files, by name.
    """
    table = write_table(
        folder / f"{name}.parquet", pd.DataFrame(np.asarray(worlds.values, np.float64), columns=list(CATALOGUE))
    )
    said = {part: getattr(worlds, part) for part in _SAID}
    said = {"format": FORMAT, "name": name, **said, "table": table}
    return {f"{name}.parquet": table, f"{name}.json": write_sealed(folder / f"{name}.json", said)}


def read_worlds(folder: Path, name: str) -> ensembles.Worlds | None:
    """Worlds kept by :func:`write_worlds`; None if they are not there as they were written, in this format."""
    said, data = read_sealed(folder / f"{name}.json"), read(folder / f"{name}.parquet")
    if said is None or data is None or said.get("format") != FORMAT:
        return None
    if said.get("name") != name or said.get("table") != digest(data):
        return None
    table = table_of(data)
    if not all(part in said and isinstance(said[part], kind) for part, kind in _SAID.items()):
        return None
    if table is None or list(table) != list(CATALOGUE) or not len(table) or not (table.dtypes == np.float64).all():
        return None
    return ensembles.Worlds(np.ascontiguousarray(table.to_numpy()), **{part: said[part] for part in _SAID})


def ensemble(worlds="calibrated", parameters: Mapping | None = None) -> ensembles.Worlds:
    """Worlds by name: ``"calibrated"``, ``"defaults"``, or ``"prior"``, screened as sweeps do; a ``Worlds`` is returned as it is.

    Raises
    ------
    InputError
        On any other name, a ``Worlds`` that is no table of the catalogue's parameters, or one with ``parameters`` beside it.
    """
    parameters = arguments.parameters(parameters)
    if isinstance(worlds, ensembles.Worlds):
        if parameters:
            raise InputError(
                "parameters mean nothing beside a Worlds, which has every parameter of every world; leave them out, or take "
                "crink_abm.ensemble.worlds.held(worlds, parameters)"
            )
        return worlds
    if isinstance(worlds, str) and worlds == "defaults":
        return ensembles.defaults(parameters)
    if isinstance(worlds, str) and worlds in ("calibrated", "prior"):
        return make_worlds(spec.WorldsTable(ensemble=worlds), parameters)
    raise InputError(f"worlds is 'calibrated', 'defaults', 'prior' (screened) or a Worlds; {told(worlds)} was given")

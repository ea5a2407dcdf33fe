"""The worlds an experiment asks for: made, named by what decides them, kept in a folder, and read again."""

import contextlib
import hashlib
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa

from . import calibrated, crossing, screening, world_file
from . import worlds as ensembles
from .cache import cache_directory
from .errors import InputError
from .experiment import WorldsTable
from .overrides import fingerprint
from .parameters import CATALOGUE
from .rules_key import worlds_hash
from .store import read_json, read_table, write_json, write_table


def worlds_name(table: WorldsTable, fixed=None, rules=None) -> str:
    """The name of a set of worlds: a hash of all that decides them."""
    said = [worlds_hash(), fingerprint(rules or {}), table.model_dump(mode="json"), fixed or {}]
    if table.ensemble == "calibrated":
        said.append(calibrated.fingerprint())
    if table.file is not None:
        said.append(table.sha256 or world_file.digest(table.file))
    return f"worlds-{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]}"


def make_worlds(table: WorldsTable, fixed=None, rules=None) -> ensembles.Worlds:
    """The worlds an experiment asks for, screened if it says so; a screen is made once a machine.

    Raises
    ------
    InputError
        If no draw passes the screen, a file of worlds cannot be taken, worlds cannot be crossed as asked, or they are too
        many or too few.
    """
    crossing.checked(table, fixed)
    if table.crossing == "full":
        return crossing.crossed(_to_cross(table, fixed), table.structures, fixed)
    if table.file is not None:
        return world_file.load(table.file, table.structures, fixed, table.sha256).first(table.keep)
    if table.ensemble == "defaults":
        return ensembles.defaults(fixed)
    if table.ensemble == "calibrated":
        return calibrated.load(table.structures, fixed).first(table.keep)
    folder, name = cache_directory(), worlds_name(table, fixed, rules)
    kept = read_worlds(folder, name)
    if kept is None:
        kept = ensembles.prior(table.draws, seed=table.seed, which=table.structures, fixed=fixed)
        if table.screen == "elicited":
            try:
                kept = screening.elicited(kept, runs=table.screen_runs, seed=table.seed, rules=rules)
            except ValueError as error:
                raise InputError(str(error)) from None
        kept = kept.first(table.keep)
        with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
            folder.mkdir(parents=True, exist_ok=True)
            write_worlds(folder, name, kept)
    return kept


def _to_cross(table: WorldsTable, fixed) -> ensembles.Worlds:
    """The parameter draws that are crossed with the structures: nothing may have chosen among them by structure."""
    if table.keep is not None:
        raise InputError('[worlds] keep would break crossing = "full"; give fewer draws, or fewer levels in structures')
    if table.ensemble == "defaults":
        return ensembles.defaults(fixed)
    if table.file is not None:
        if world_file.has_switches(table.file):
            raise InputError(
                f'{table.file} says the switches of its worlds, and crossing = "full" all of them; drop one'
            )
        return world_file.load(table.file, fixed=fixed, sha256=table.sha256)
    if table.ensemble == "calibrated" or table.screen != "none":
        kind = "calibrated worlds were" if table.ensemble == "calibrated" else "screened draws are"
        raise InputError(
            f'{kind} chosen together with the switches, which crossing = "full" would tear apart; take '
            'ensemble = "prior" with screen = "none", "defaults", or a file of parameters'
        )
    return ensembles.prior(table.draws, seed=table.seed, which="default", fixed=fixed)


def write_worlds(folder: Path, name: str, worlds: ensembles.Worlds) -> None:
    """Keep worlds as NAME.parquet and NAME.json; the second is written last and vouches for the first."""
    write_table(folder / f"{name}.parquet", pd.DataFrame(worlds.values, columns=list(CATALOGUE)))
    said = {"origin": worlds.origin, "n_drawn": worlds.n_drawn, "report": worlds.report}
    write_json(folder / f"{name}.json", {**said, "note": worlds.note, "in_turn": worlds.in_turn})


def read_worlds(folder: Path, name: str) -> ensembles.Worlds | None:
    """Worlds kept by :func:`write_worlds`; None if they are not there, whole."""
    try:
        said = read_json(folder / f"{name}.json")
        values = read_table(folder / f"{name}.parquet")[list(CATALOGUE)].to_numpy()
        return ensembles.Worlds(values, *(said[key] for key in ("origin", "n_drawn", "report", "note", "in_turn")))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None

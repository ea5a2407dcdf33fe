"""Finished estimates of rare events, kept in a folder and found again by what decides them."""

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from .errors import InputError
from .rules_key import rare_hash
from .store import alone, read_json, write_json, write_table

#: What the folder of a sweep holds.
_OF_A_SWEEP = ("manifest.json", "estimates.parquet", "runs")


def key_of(calendar: np.ndarray, worlds: np.ndarray, said: dict) -> str:
    """A hash of all that decides an estimate: code, calendar, worlds, and what else is said (outcome, seed, precision)."""
    digest = hashlib.sha256()
    for part in (np.ascontiguousarray(calendar), np.ascontiguousarray(worlds)):
        digest.update(repr((part.shape, part.dtype.str)).encode() + part.tobytes())
    digest.update(json.dumps([rare_hash(), said], sort_keys=True).encode())
    return digest.hexdigest()[:24]


def _seal(key: str, found: dict) -> str:
    return hashlib.sha256(json.dumps([key, found], sort_keys=True).encode()).hexdigest()[:24]


class Kept:
    """The folder of a ``rare`` command: ``kept/KEY.json`` an estimate, ``rare.parquet`` at the end.

    Raises
    ------
    InputError
        If the folder is a sweep's.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.place = self.folder / "kept"
        if any((self.folder / name).exists() for name in _OF_A_SWEEP):
            raise InputError(
                f"{str(self.folder)!r} holds a sweep, and estimates of rare events are kept apart from it; "
                "choose another folder with --out"
            )

    @contextmanager
    def work(self) -> Iterator[None]:
        """Hold the folder for one command, and remove writes that were cut short.

        Raises
        ------
        InputError
            If the folder cannot be written, or another command is at work in it.
        """
        with alone(self.folder, self.place, "command"):
            yield

    def read(self, key: str) -> dict | None:
        """A kept estimate; None if it is not there, whole and as it was written."""
        try:
            held = read_json(self.place / f"{key}.json")
            found, seal = held["found"], held["seal"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if seal != _seal(key, found):
            return None
        return {name: math.nan if value is None else value for name, value in found.items()}

    def write(self, key: str, found: dict) -> None:
        """Keep an estimate, whole or not at all."""
        plain = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in found.items()}
        write_json(self.place / f"{key}.json", {"found": plain, "seal": _seal(key, plain)})

    def finish(self, table: pd.DataFrame) -> None:
        """Write the table of all estimates as ``rare.parquet``."""
        write_table(self.folder / "rare.parquet", table)

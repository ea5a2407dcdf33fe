"""Finished estimates of rare events, kept in a folder and found again by what decides them."""

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..model.keys import rare_hash
from ..util import files, ownership
from ..util.errors import InputError
from ..util.files import read, write_json, write_table
from ..util.folders import owned

#: Of a kept estimate; raised where an entry comes to mean another thing. What is of another is made again.
FORMAT = 1
#: What the folder of a sweep holds.
_OF_A_SWEEP = ("manifest.json", "estimates.parquet", "runs")


def key_of(calendar: np.ndarray, worlds: np.ndarray, said: dict[str, Any]) -> str:
    """A hash of all that decides an estimate: code, calendar, worlds, and what else is said (outcome, seed, precision)."""
    digest = hashlib.sha256()
    for part in (np.ascontiguousarray(calendar), np.ascontiguousarray(worlds)):
        digest.update(repr((part.shape, part.dtype.str)).encode() + part.tobytes())
    digest.update(json.dumps([FORMAT, rare_hash(), said], sort_keys=True).encode())
    return digest.hexdigest()[:24]


def _seal(key: str, found: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps([key, found], sort_keys=True).encode()).hexdigest()[:24]


#: What an estimate says, and of which kind.
_SAID = {
    "outcome": str, "prob": float, "low": float, "high": float, "relative_error": float, "reached": bool, "n_runs": int,
    "brute_force_runs": float, "method": str,
}  # fmt: skip


def _is_estimate(found: Any) -> bool:
    """Whether what a file says is an estimate: names and plain values, those that are read of their kind."""
    if not isinstance(found, dict) or any(isinstance(value, list | dict) for value in found.values()):
        return False
    return all(_is_kind(found.get(name, ...), kind) for name, kind in _SAID.items())


def _is_kind(value: Any, kind: Any) -> bool:
    return value is None or type(value) is int or type(value) is float if kind is float else type(value) is kind


class Kept:
    """The folder of a ``rare`` command: ``kept/KEY.json`` an estimate, ``rare.parquet`` at the end.

    Raises
    ------
    InputError
        If the folder is a sweep's, or holds estimates that are not marked as ours.
    """

    folder: Path
    place: Path

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.place = self.folder / "kept"
        self._check()

    def _check(self) -> None:
        if any((self.folder / name).exists() for name in _OF_A_SWEEP) and not self._is_ours():
            raise InputError(
                f"{str(self.folder)!r} holds a sweep, and estimates of rare events are kept apart from it; "
                "choose another folder with --out"
            )
        for path in (self.place, self.folder / "rare.parquet", self.folder / ".lock", self.folder / ownership.MARK):
            files.refuse_link(path)
        if ownership.is_marked(self.folder):
            ownership.check(self.folder, "rare")
        elif any(path.exists() for path in (self.place, self.folder / "rare.parquet")):
            raise InputError(
                f"{str(self.folder)!r} holds estimates, or other things under their names, and is not marked as ours "
                f"({ownership.MARK}); choose another folder with --out"
            )

    def _is_ours(self) -> bool:
        return (ownership.owner(self.folder) or (None,))[0] == "rare"

    @contextmanager
    def work(self) -> Iterator[None]:
        """Hold the folder for one command, and remove writes that were cut short.

        Raises
        ------
        InputError
            If the folder cannot be written, or another command is at work in it.
        """
        with owned(self.folder, self.place, "rare", self._check):
            yield

    def read(self, key: str) -> dict[str, Any] | None:
        """A kept estimate; None if it is not there, whole and as it was written, in this format."""
        data = read(self.place / f"{key}.json")
        if data is None:
            return None
        try:
            held = json.loads(data)
            found, seal = held["found"], held["seal"]
            if held.get("format") != FORMAT or seal != _seal(key, found) or not _is_estimate(found):
                return None
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return {name: math.nan if value is None else value for name, value in found.items()}

    def write(self, key: str, found: dict[str, Any]) -> None:
        """Keep an estimate, whole or not at all."""
        plain = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in found.items()}
        write_json(self.place / f"{key}.json", {"format": FORMAT, "found": plain, "seal": _seal(key, plain)})

    def finish(self, table: pd.DataFrame) -> None:
        """Write the table of all estimates as ``rare.parquet``."""
        write_table(self.folder / "rare.parquet", table)

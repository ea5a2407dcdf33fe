"""What an analysis has computed, kept in its folder piece by piece: killed at any moment, the same command takes up there."""

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..model import arguments
from ..model.keys import answers_hash
from ..typing import PathLike
from ..util import files, ownership
from ..util.folders import owned

#: Of a kept piece; raised where a piece comes to mean another thing.
FORMAT = 1


def key_of(*parts: Any) -> str:
    """A hash of all that decides a piece: arrays by their bytes, the rest by what it says, and the code that makes it."""
    digest = hashlib.sha256(json.dumps([FORMAT, answers_hash()]).encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            part = np.ascontiguousarray(part)
            digest.update(repr((part.shape, part.dtype.str)).encode() + part.tobytes())
        else:
            digest.update(json.dumps(part, sort_keys=True, default=str).encode())
        digest.update(b"|")
    return digest.hexdigest()[:24]


class Kept:
    """The folder of an analysis: ``kept/KEY.npy`` a piece, and its tables beside.

    Parameters
    ----------
    folder : where results go
    command : the command that owns it

    Raises
    ------
    InputError
        If the folder is another command's, or a stranger's.
    """

    def __init__(self, folder: str | Path, command: str) -> None:
        self.folder, self.command = Path(folder), command
        self.place = self.folder / "kept"
        self._check()

    def _check(self) -> None:
        for path in (self.place, self.folder / ".lock", self.folder / ownership.MARK):
            files.refuse_link(path)
        ownership.check(self.folder, self.command)

    @contextmanager
    def work(self) -> Iterator["Kept"]:
        """Hold the folder for one command, and remove writes that were cut short.

        Raises
        ------
        InputError
            If the folder cannot be written, or another command is at work in it.
        """
        with owned(self.folder, self.place, self.command, self._check):
            yield self

    def read(self, key: str) -> np.ndarray | None:
        """A kept array; None if it is not there, whole and as it was written."""
        data = files.read(self.place / f"{key}.npy")
        if data is None or len(data) < 64 or data[:64] != hashlib.sha256(data[64:]).hexdigest().encode():
            return None
        array: np.ndarray = np.load(io.BytesIO(data[64:]), allow_pickle=False)
        return array

    def write(self, key: str, array: np.ndarray) -> None:
        """Keep an array, whole or not at all."""
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        data = buffer.getvalue()
        files.write_bytes(self.place / f"{key}.npy", hashlib.sha256(data).hexdigest().encode() + data)

    def finish(self, **tables: pd.DataFrame) -> None:
        """Write tables of results, each as ``NAME.parquet``."""
        for name, table in tables.items():
            files.refuse_link(self.folder / f"{name}.parquet")
            files.write_table(self.folder / f"{name}.parquet", table)


@contextmanager
def keeping(out: PathLike | None, command: str) -> Iterator[Kept | None]:
    """The folder of a study, held while it runs; None where nothing is to be kept.

    Raises
    ------
    InputError
        As of :class:`Kept`.
    """
    if out is None:
        yield None
        return
    with Kept(arguments.path("out", out), command).work() as kept:
        yield kept

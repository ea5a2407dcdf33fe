"""The only module that writes results: whole files or none, each checked when read.

A part is one immutable Parquet file named by the hash of what it holds; it
appears by rename after it reached the disk. A part that cannot be read whole is
worth nothing and is made again.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .errors import InputError

_SUFFIX = ".tmp"


def _write(path: Path, save) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=_SUFFIX)
    try:
        with os.fdopen(handle, "wb") as file:
            save(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def write_table(path: Path, table: pd.DataFrame | pa.Table) -> None:
    """One Parquet file, whole or not at all, with page checksums; no times in it, so equal data give equal bytes."""
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    _write(path, lambda file: pq.write_table(table, file, compression="zstd", write_page_checksum=True))


def write_json(path: Path, data) -> None:
    """One JSON file, whole or not at all."""
    _write(path, lambda file: file.write((json.dumps(data, indent=1) + "\n").encode()))


class Store:
    """The folder of one sweep.

    Raises
    ------
    InputError
        If the folder cannot be made or written.
    """

    def __init__(self, folder: str | Path, *, read_only: bool = False):
        self.folder = Path(folder)
        self.parts = self.folder / "runs"
        self.read_only = read_only
        if read_only:
            return
        try:
            self.parts.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.parts):
                pass
        except OSError as error:
            raise InputError(
                f"results cannot be written to {str(self.folder)!r} ({error.strerror}); choose another folder with --out"
            ) from None
        for left in (*self.folder.glob(f".*{_SUFFIX}"), *self.parts.glob(f".*{_SUFFIX}")):
            left.unlink(missing_ok=True)  # a write that was cut short

    def claim(self, name: str, key: str) -> None:
        """Make the folder this experiment's: refuse another's, drop what an earlier version of it concluded.

        The runs stay: those that the new version shares are not made again.
        """
        manifest = self.folder / "manifest.json"
        try:
            held = read_json(manifest)
        except (OSError, ValueError):
            return
        if held.get("name") != name:
            raise InputError(
                f"{str(self.folder)!r} holds the sweep {held.get('name')!r}, not {name!r}; choose another folder with --out"
            )
        if held.get("experiment_hash") != key:
            figures = self.folder / "figures"
            for path in (manifest, *self.folder.glob("*.parquet"), *figures.glob("*.*")):
                if not path.name.startswith("worlds-"):
                    path.unlink()

    def part_path(self, key: str) -> Path:
        """Where the part with this key is or would be."""
        return self.parts / f"{key}.parquet"

    def read_part(self, key: str) -> pa.Table | None:
        """A part, or None if it is missing or damaged (then it is made again, and takes the old one's place).

        Bytes that cannot be fetched are the disk's trouble, not damage: that error is raised, and nothing is lost.
        """
        try:
            data = self.part_path(key).read_bytes()
        except FileNotFoundError:
            return None
        try:
            return pq.read_table(pa.BufferReader(data), page_checksum_verification=True)
        except (OSError, pa.ArrowException):
            return None


def read_table(path: Path) -> pd.DataFrame:
    """A Parquet table of finished results."""
    return pq.read_table(path, page_checksum_verification=True).to_pandas()


def read_json(path: Path):
    """A JSON file of finished results."""
    return json.loads(path.read_text(encoding="utf-8"))

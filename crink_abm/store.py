"""The only module that writes results: whole files or none, each checked when read.

Runs are kept as *blocks*: some consecutive runs of one policy, addressed by what decides them (rules, worlds,
seed, policy: the *key*) and their first run. Blocks made together share a *pack*: one immutable Parquet file named
by the hash of its bytes, which appears by rename after it reached the disk. The listing of packs is the truth;
the index is read from their footers. A pack whose bytes are not those of its name is worth nothing, and what it
held is made again.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from . import readback
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


#: Rows of a row group: coded in some hundredths of a second, during which an interrupt waits.
_GROUP = 32_768


def _parquet(table: pa.Table, target, **options) -> None:
    with pq.ParquetWriter(target, table.schema, compression="zstd", write_page_checksum=True, **options) as writer:
        for first in range(0, max(len(table), 1), _GROUP):
            writer.write_table(table.slice(first, _GROUP))


def write_table(path: Path, table: pd.DataFrame | pa.Table) -> None:
    """One Parquet file, whole or not at all, with page checksums; no times in it, so equal data give equal bytes."""
    if isinstance(table, pd.DataFrame):
        table = readback.noted(pa.Table.from_pandas(table, preserve_index=False), table)
    _write(path, lambda file: _parquet(table, file))


def write_json(path: Path, data) -> None:
    """One JSON file, whole or not at all."""
    _write(path, lambda file: file.write((json.dumps(data, indent=1) + "\n").encode()))


def read_table(path: Path) -> pd.DataFrame:
    """A Parquet table of finished results."""
    return readback.frame(pq.read_table(path, page_checksum_verification=True))


def read_json(path: Path):
    """A JSON file of finished results."""
    return json.loads(path.read_text(encoding="utf-8"))


def prepare(folder: Path, place: Path) -> None:
    """Make ``place`` in ``folder``, and try to write in it.

    Raises
    ------
    InputError
        If that fails.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise InputError(
            f"results cannot be written to {str(folder)!r} ({error.strerror}); choose another folder with --out"
        ) from None


@contextlib.contextmanager
def alone(folder: Path, place: Path, who: str) -> Iterator[int]:
    """Hold a folder for one command; yields how many writes cut short were removed from it and from ``place``.

    Raises
    ------
    InputError
        If the folder cannot be written, or another command (``who`` says which kind) is at work in it.
    """
    prepare(folder, place)
    try:
        with FileLock(folder / ".lock", timeout=0):
            left = [*folder.glob(f".*{_SUFFIX}"), *place.glob(f".*{_SUFFIX}")]
            for path in left:
                path.unlink(missing_ok=True)
            yield len(left)
    except Timeout:
        raise InputError(
            f"another {who} is at work in {str(folder)!r}; wait for it, or choose another folder with --out"
        ) from None


@dataclass(frozen=True)
class Block:
    """Where some runs lie: rows ``offset`` to ``offset + n`` of a pack hold the key's runs from ``first`` on."""

    pack: str
    offset: int
    first: int
    n: int


@dataclass
class Found:
    """What a start found in a folder: whole packs and their runs, damaged packs, writes that were cut short."""

    packs: int = 0
    runs: int = 0
    damaged: list[str] = field(default_factory=list)
    cut_short: int = 0
    shards: int = 0

    def __str__(self):
        if not (self.packs or self.damaged or self.cut_short):
            return "nothing yet"
        parts = [f"{self.runs:,} runs in {self.packs} pack{'s' * (self.packs != 1)}"]
        if self.shards:
            parts.append(f"{self.shards} shard{'s' * (self.shards != 1)} gathered")
        if self.damaged:
            parts.append(f"{len(self.damaged)} damaged (made again)")
        if self.cut_short:
            parts.append(f"{self.cut_short} write{'s' * (self.cut_short != 1)} cut short (removed)")
        return ", ".join(parts)


class Store:
    """The folder of one sweep. Making one touches no file; reading needs no lock; writing goes on inside ``work``.

    A *shard* is a folder in the sweep's folder, in which one of several commands keeps the runs that it works out. It has a
    lock of its own and reads the sweep's packs; the sweep itself, when it begins, takes the packs of finished shards over.

    Parameters
    ----------
    folder : of the sweep
    shard : name of the shard, if this is the store of one
    """

    def __init__(self, folder: str | Path, shard: str | None = None):
        self.sweep_folder = Path(folder)
        self.folder = self.sweep_folder / "shards" / shard if shard else self.sweep_folder
        self.packs = self.folder / "runs"
        self.found = Found()
        self.writing = False
        self._table = lru_cache(maxsize=4)(self._read_pack)

    def prepare(self) -> None:
        """Make the folder, and try to write in it: :func:`prepare`."""
        prepare(self.folder, self.packs)

    @contextlib.contextmanager
    def work(self, name: str, key: str) -> Iterator[Found]:
        """Hold the folder for one sweep, and say what was found in it.

        Raises
        ------
        InputError
            If the folder cannot be written, holds another experiment, or another sweep is at work in it.
        """
        try:
            with alone(self.folder, self.packs, "sweep") as self.found.cut_short:
                held = self._held(name)
                if self.folder == self.sweep_folder:
                    self._gather()
                    self._claim(held, key)
                self.writing = True
                vars(self).pop("_index", None)
                _ = self._index
                yield self.found
        finally:
            self.writing = False

    def _held(self, name: str) -> dict:
        """The manifest that the folder holds, if any; another sweep's is refused."""
        try:
            held = read_json(self.sweep_folder / "manifest.json")
        except (OSError, ValueError):
            return {}
        if held.get("name") != name:
            raise InputError(
                f"{str(self.sweep_folder)!r} holds the sweep {held.get('name')!r}, not {name!r}; choose another folder with --out"
            )
        return held

    def _claim(self, held: dict, key: str) -> None:
        """Make the folder this experiment's: drop what an earlier version of it (``held``) concluded.

        The runs stay: those that the new version shares are not made again.
        """
        if held and held.get("experiment_hash") != key:
            figures = self.folder / "figures"
            for path in (self.folder / "manifest.json", *self.folder.glob("*.parquet"), *figures.glob("*.*")):
                if not path.name.startswith("worlds-"):
                    path.unlink()

    def _gather(self) -> None:
        """Take the packs of all shards over; one that is cut short here goes on the next time."""
        for shard in sorted(path for path in self.folder.glob("shards/*") if path.is_dir()):
            with alone(shard, shard / "runs", "shard of this sweep"):
                for path in shard.glob("runs/*.parquet"):
                    os.replace(path, self.packs / path.name)
                shutil.rmtree(shard, ignore_errors=True)
            self.found.shards += 1
        with contextlib.suppress(OSError):  # none is left, or was there
            (self.folder / "shards").rmdir()

    @cached_property
    def _index(self) -> dict[str, dict[int, Block]]:
        """Key -> first run -> the longest block that begins there, from the packs' footers."""
        self.found.packs = self.found.runs = 0
        self._blocks = defaultdict(dict)
        for folder in dict.fromkeys((self.sweep_folder / "runs", self.packs)):
            for path in sorted(folder.glob("*.parquet")):
                self._register(path)
        return self._blocks

    def _register(self, path: Path) -> None:
        """Put a pack's blocks into the index, from its footer; its bytes are checked when they are read."""
        try:
            blocks = json.loads(pq.read_schema(path).metadata[b"blocks"])
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            self._damaged(path)
            return
        offset = 0
        for key, first, n in blocks:
            held = self._blocks[key].get(first)
            if held is None or held.n < n:
                self._blocks[key][first] = Block(path.stem, offset, first, n)
            offset += n
        self.found.packs += 1
        self.found.runs += offset

    def _damaged(self, path: Path) -> None:
        self.found.damaged.append(path.name)
        for blocks in self._blocks.values():
            for first in [first for first, block in blocks.items() if block.pack == path.stem]:
                del blocks[first]
        if self.writing and path.parent == self.packs:
            path.unlink(missing_ok=True)

    def _read_pack(self, name: str) -> pa.Table | None:
        """A whole pack, or None if it is gone or its bytes are not those of its name.

        Bytes that cannot be fetched are the disk's trouble, not damage: that error is raised, and nothing is lost.
        """
        path = self.packs / f"{name}.parquet"
        if not path.exists():
            path = self.sweep_folder / "runs" / path.name
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        if _name(data) != name:
            self._damaged(path)
            return None
        return pq.read_table(pa.BufferReader(data))

    def held(self, key: str, first: int, most: int) -> int:
        """How many of the key's runs from ``first`` on (up to ``most``) a block that begins there holds."""
        block = self._index[key].get(first)
        return 0 if block is None else min(block.n, most)

    def read(self, key: str, first: int, n: int) -> pa.Table | None:
        """``n`` runs of the key from ``first`` on, from the block that begins there; None if it is damaged."""
        block = self._index[key].get(first)
        table = None if block is None else self._table(block.pack)
        return None if table is None else table.slice(block.offset, n)

    def write(self, blocks: list[tuple[str, int, int]], table: pa.Table) -> None:
        """Keep blocks ``(key, first, n)``, whose rows follow one another in ``table``, as one pack."""
        table = table.replace_schema_metadata({"blocks": json.dumps(blocks)})
        sink = pa.BufferOutputStream()
        _parquet(
            table, sink, use_dictionary=False
        )  # of numbers that hardly repeat: half the time, two thirds of the bytes
        data = sink.getvalue()
        path = self.packs / f"{_name(data)}.parquet"
        _write(path, lambda file: file.write(data))
        self._register(path)


def _name(data) -> str:
    return hashlib.sha256(data).hexdigest()[:24]

"""The store of runs: one folder a sweep, held by one command at a time, and the packs of runs in it.

Runs are kept as *blocks*: some consecutive runs of one policy, addressed by what decides them (rules, worlds,
seed, policy: the *key*) and their first run. Blocks made together share a *pack*: one immutable Parquet file named
by the hash of its bytes, which appears by rename after it reached the disk. The listing of packs is the truth;
the index is read from their footers. A pack whose bytes are not those of its name is worth nothing, and what it
held is made again. A pack of another format is never read: it stays, and its runs are made again. A file that is no
pack of ours is left alone, and so is one whose bytes cannot be fetched.
"""

import contextlib
import errno
import hashlib
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from ..util import files, ownership
from ..util.errors import DiskError, InputError
from ..util.files import (
    UNREADABLE,
    entries,
    parquet,
    read,
    read_sealed,
    tail,
    trouble,
)
from ..util.files import write as _write
from ..util.folders import alone, prepare

#: Of packs; raised where rows or footers are laid out in another way. Which results are kept, and in which units, is in the
#: keys of runs (:meth:`plan.SweepPlan.key`).
PACK_FORMAT = 1
#: How long a shard waits, in seconds, for another that marks the folder at the same time.
_PATIENCE = 30.0


@dataclass(frozen=True)
class Block:
    """Where some runs lie: rows ``offset`` to ``offset + n`` of a pack hold the key's runs from ``first`` on."""

    pack: str
    offset: int
    first: int
    n: int


@dataclass
class Found:
    """What a start found in a folder: whole packs and their runs, damaged ones, writes that were cut short, packs of another
    format."""

    packs: int = 0
    runs: int = 0
    damaged: list[str] = field(default_factory=list)
    cut_short: int = 0
    shards: int = 0
    other_format: int = 0

    def __str__(self) -> str:
        if not (self.packs or self.damaged or self.cut_short or self.other_format):
            return "nothing yet"
        parts = [f"{self.runs:,} runs in {self.packs} pack{'s' * (self.packs != 1)}"]
        if self.shards:
            parts.append(f"{self.shards} shard{'s' * (self.shards != 1)} gathered")
        if self.other_format:
            parts.append(
                f"{self.other_format} of another format than {PACK_FORMAT} (left alone, their runs made again)"
            )
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

    sweep_folder: Path
    folder: Path
    packs: Path
    found: Found
    writing: bool
    is_held: bool

    def __init__(self, folder: str | Path, shard: str | None = None):
        self.sweep_folder = Path(folder)
        self.folder = self.sweep_folder / "shards" / shard if shard else self.sweep_folder
        self.packs = self.folder / "runs"
        self.found = Found()
        self.writing = self.is_held = False
        self._table = lru_cache(maxsize=4)(self._read_pack)

    def prepare(self) -> None:
        """Make the folder, and try to write in it: :func:`prepare`."""
        prepare(self.folder, self.packs)

    def check(self, name: str) -> None:
        """Refuse a folder that the sweep ``name`` may not have, as far as that can be seen without writing.

        Raises
        ------
        InputError
            If it is another's, neither empty nor ours, no folder, or cannot be written.
        """
        try:
            ownership.check(self.sweep_folder, "sweep", name)
            if self.folder != self.sweep_folder:
                files.refuse_link(self.folder)
                ownership.check(self.folder, "sweep", name)
            near = next(path for path in (self.packs, *self.packs.parents) if path.exists())
            with tempfile.TemporaryFile(dir=near):
                pass
        except (OSError, ValueError) as error:
            if isinstance(error, InputError | DiskError) and getattr(error, "errno", None) != errno.ENOTDIR:
                raise
            number = getattr(error, "errno", None)
            why = os.strerror(number) if number else "no folder can have that name"
            raise InputError(
                f"results cannot be written to {str(self.sweep_folder)!r} ({why}); choose another folder with --out"
            ) from None

    @contextlib.contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold the folder for the whole of one command, as the sweep ``name``; :meth:`work` goes on inside it.

        Raises
        ------
        InputError
            If the folder cannot be written, is not ours, holds another sweep, or another command is at work in it.
        """
        self.check(name)
        new = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        if self.folder != self.sweep_folder:
            self._mark_sweep(name)
        with alone(self.folder, self.packs, "sweep") as self.found.cut_short:
            ownership.check(self.folder, "sweep", name)
            ownership.mark(self.folder, "sweep", name)
            self.found.cut_short += len(ownership.remove(ownership.cut_short(self.folder / "figures")))
            self.is_held = True
            try:
                yield
            except InputError:  # refused: nothing is left of it
                for folder in new:
                    ownership.discard(folder)
                raise
            finally:
                self.is_held = False

    def _mark_sweep(self, name: str) -> None:
        """Mark the sweep's folder, on behalf of a shard; others may be about to do the same."""
        until = time.monotonic() + _PATIENCE
        while not ownership.is_marked(self.sweep_folder):
            try:
                with alone(self.sweep_folder, self.sweep_folder, "command"):
                    ownership.check(self.sweep_folder, "sweep", name)
                    ownership.mark(self.sweep_folder, "sweep", name)
            except InputError:
                ownership.check(self.sweep_folder, "sweep", name)
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
        ownership.check(self.sweep_folder, "sweep", name)

    @contextlib.contextmanager
    def work(
        self, name: str, key: str, rules: tuple[str, str] | None = None, say: Callable[[str], object] | None = None
    ) -> Iterator[Found]:
        """Hold the folder for one sweep, unless it is held, and say what was found in it.

        Parameters
        ----------
        name, key : of the experiment
        rules : hashes of the rules and of those in their place
        say : told what an earlier version of the sweep concluded, before it is dropped

        Raises
        ------
        InputError
            As of :meth:`hold`.
        """
        with contextlib.nullcontext() if self.is_held else self.hold(name):
            try:
                if self.folder == self.sweep_folder:
                    self._gather(name, say or (lambda text: None))
                    self._claim(key, rules, say or (lambda text: None))
                self.writing = True
                vars(self).pop("_index", None)
                _ = self._index
                yield self.found
            finally:
                self.writing = False

    def _claim(self, key: str, rules: tuple[str, str] | None, say: Callable[[str], object]) -> None:
        """Make the folder this version's of the experiment: drop what another version of it concluded, the manifest last.

        The runs stay: those that the new version shares are not made again.
        """
        held = read_sealed(self.folder / ownership.MANIFEST)
        if held and held.get("format") == ownership.MANIFEST_FORMAT and _version(held, rules) == (key, rules):
            return
        old = ownership.conclusions(self.folder)
        if not old:
            return
        n_charts = len(ownership.charts(self.folder))
        charts = f" and {n_charts} chart file{'s' * (n_charts != 1)}" if n_charts else ""
        say(
            f"{_told(held)} in {self.folder}: its tables{charts} are dropped; its runs stay, and those shared are not made again"
        )
        ownership.remove(old)

    def _gather(self, name: str, say: Callable[[str], object]) -> None:
        """Take the packs of all shards over; one that is cut short here goes on the next time."""
        for shard in entries(self.folder / "shards"):
            if not ownership.SHARD.fullmatch(shard.name) or not shard.is_dir():
                continue
            for place in (shard, shard / "runs"):
                files.refuse_link(place)
            try:
                ownership.check(shard, "sweep", name)
            except InputError as error:
                if ownership.is_marked(shard):
                    raise
                say(f"left alone: {error}")
                continue
            with alone(shard, shard / "runs", "shard of this sweep"):
                for path in entries(shard / "runs"):
                    if ownership.PACK.fullmatch(path.name) and ownership.is_file(path):
                        with _moving(path):
                            os.replace(path, self.packs / path.name)
                ownership.remove(path for path in entries(shard) if ownership.WORLDS.fullmatch(path.name))
                ownership.discard(shard)
            self.found.shards += 1
        with contextlib.suppress(OSError):  # none is left, or was there
            (self.folder / "shards").rmdir()

    @cached_property
    def _index(self) -> defaultdict[str, defaultdict[int, list[Block]]]:
        """Key -> first run -> the blocks that begin there, the longest first, from the packs' footers."""
        self.found.packs = self.found.runs = self.found.other_format = 0
        self._blocks: defaultdict[str, defaultdict[int, list[Block]]] = defaultdict(lambda: defaultdict(list))
        for folder in dict.fromkeys((self.sweep_folder / "runs", self.packs)):
            for path in entries(folder):
                if ownership.PACK.fullmatch(path.name) and path.is_file():
                    self._register(path)
        return self._blocks

    def _register(self, path: Path) -> None:
        """Put a pack's blocks into the index, from its footer; its bytes are checked when they are read."""
        end = tail(path)
        if end is None:
            return
        blocks = _blocks(end)
        if blocks is None:
            self._judge(path)
            return
        if blocks == _OTHER:
            self.found.other_format += 1
            return
        offset = 0
        for key, first, n in blocks:
            begun = self._blocks[key][first]
            begun.append(Block(path.stem, offset, first, n))
            begun.sort(key=lambda block: -block.n)
            offset += n
        self.found.packs += 1
        self.found.runs += offset

    def _judge(self, path: Path) -> None:
        """Tell a pack of ours that is damaged from a file of another's, which is left alone."""
        data = read(path)
        if data is None or _name(data) == path.stem:
            return  # gone, or just as it was written, by something else
        try:
            pq.read_metadata(pa.BufferReader(data))
        except UNREADABLE:  # no whole Parquet file
            if b"PAR1" in (data[:4], data[-4:]) or not any(data):
                self._damaged(path)

    def _damaged(self, path: Path) -> None:
        self.found.damaged.append(path.name)
        self._forget(path.stem)
        if self.writing and path.parent == self.packs:
            ownership.remove([path])

    def _forget(self, pack: str) -> None:
        """Take a pack's blocks out of the index."""
        for blocks in self._blocks.values():
            for begun in blocks.values():
                begun[:] = [block for block in begun if block.pack != pack]

    def _read_pack(self, name: str) -> pa.Table | None:
        """A whole pack, or None if it is gone or its bytes are not those of its name.

        Bytes that cannot be fetched are the disk's trouble, not damage: that error is raised, and nothing is lost.
        """
        path = self.packs / f"{name}.parquet"
        data = read(path)
        if data is None:
            path = self.sweep_folder / "runs" / path.name
            data = read(path)
        if data is None:
            self._forget(name)
            return None
        if _name(data) != name:
            self._damaged(path)
            return None
        try:
            return pq.read_table(pa.BufferReader(data))
        except MemoryError as error:
            raise trouble(path, "read", error) from error
        except UNREADABLE:  # as it was written, and not by us
            self._forget(name)
            return None

    def held(self, key: str, first: int, most: int) -> int:
        """How many of the key's runs from ``first`` on (up to ``most``) a block that begins there holds."""
        block = self._block(key, first)
        return 0 if block is None else min(block.n, most)

    def _block(self, key: str, first: int) -> Block | None:
        begun = self._index[key].get(first) if key in self._index else None
        return begun[0] if begun else None

    def read(
        self, key: str, first: int, n: int, fits: Callable[[pa.Table], bool] = lambda table: True
    ) -> pa.Table | None:
        """``n`` runs of the key from ``first`` on, from the block that begins there.

        None if it is damaged, or is not what ``fits`` a run: another wrote it. That block is then forgotten, and
        :meth:`held` tells of the next.
        """
        block = self._block(key, first)
        if block is None or (table := self._table(block.pack)) is None:
            return None
        rows = table.slice(block.offset, n)
        if len(rows) == n and fits(rows):
            return rows
        self._forget(block.pack)
        return None

    def write(self, blocks: list[tuple[str, int, int]], table: pa.Table) -> None:
        """Keep blocks ``(key, first, n)``, whose rows follow one another in ``table``, as one pack."""
        table = table.replace_schema_metadata({"format": str(PACK_FORMAT), "blocks": json.dumps(blocks)})
        # of numbers that hardly repeat: half the time, two thirds of the bytes
        data = parquet(table, use_dictionary=False)
        path = self.packs / f"{_name(data)}.parquet"
        _write(path, lambda file: file.write(data))
        self._register(path)


@contextlib.contextmanager
def _moving(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise trouble(path, "moved", error) from error


def _version(held: dict[str, Any], rules: tuple[str, str] | None) -> tuple[Any, ...]:
    """What a manifest says it is of: (key of the experiment, rules as in :meth:`Store.work`)."""
    replaced = held.get("rules_replaced")
    of = (held.get("rules_hash"), replaced.get("fingerprint") if isinstance(replaced, dict) else None)
    return held.get("experiment_hash"), None if rules is None else of


def _told(held: dict[str, Any] | None) -> str:
    """What a manifest is of, in words."""
    if held is None:
        return "found results without a whole manifest"
    policies, runs, seed = (str(held.get(part))[:20] for part in ("n_points", "n_runs", "seed"))
    return f"found another version of this sweep ({policies} policies, {runs} runs, seed {seed})"


#: What stands for the blocks of a pack of another format: they are not looked at.
_OTHER: Final = "of another format"


def _blocks(end: bytes) -> list[tuple[str, int, int]] | Literal["of another format"] | None:
    """The blocks of a pack, from the end of its bytes; ``_OTHER`` of one of another format; None if they are no pack's."""
    try:
        footer = pq.read_metadata(pa.BufferReader(end))
        said = footer.metadata[b"blocks"]
        if footer.metadata.get(b"format", b"") != str(PACK_FORMAT).encode():
            return _OTHER
        blocks = json.loads(said)
        for key, first, n in blocks:
            if not (type(key) is str and type(first) is int and type(n) is int and first >= 0 and n > 0):
                return None
        return blocks if sum(n for *_, n in blocks) == footer.num_rows else None
    except UNREADABLE:
        return None


def _name(data: Any) -> str:
    return hashlib.sha256(data).hexdigest()[:24]

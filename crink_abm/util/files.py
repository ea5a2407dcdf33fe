"""Files, whole or not at all: written beside their place and renamed, never through links, and sealed by what they say.

Bytes that cannot be fetched are the disk's trouble (:class:`errors.DiskError`), and say nothing of the file. Bytes in hand
are judged: what does not carry its seal counts as absent.
"""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from . import readback
from .errors import DiskError, InputError, told

#: How the name of a write that is under way ends.
SUFFIX = ".tmp"
#: What bytes that are no such file, or are damaged, make a reader raise.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, pa.ArrowException)

_REMEDIES = {
    errno.EACCES: "give yourself the right to read and write there",
    errno.EPERM: "give yourself the right to read and write there",
    errno.EROFS: "the disk is read-only: choose another folder",
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the quota is used up: make room",
    errno.EFBIG: "files of this size are not allowed here: raise the limit (ulimit -f)",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n), or end other programs",
    errno.ENFILE: "too many files are open on this machine: end other programs",
    errno.ENOMEM: "memory is short: end other programs",
}


def trouble(path: Path, doing: str, error: BaseException) -> DiskError:
    """The error of a disk that does not let ``path`` be read or written, in a sentence that names place and remedy."""
    number = getattr(error, "errno", None) or (errno.ENOMEM if isinstance(error, MemoryError) else None)
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    remedy = _REMEDIES.get(number or 0, "see to the disk, or to the network drive")
    told = DiskError(f"{str(path)!r} cannot be {doing} ({why}), and nothing of it was removed; {remedy}")
    told.errno = number
    return told


@contextlib.contextmanager
def _at(path: Path, doing: str) -> Iterator[None]:
    """Work on ``path``: what the disk refuses is told with its place and remedy."""
    try:
        yield
    except DiskError:
        raise
    except (OSError, MemoryError) as error:
        raise trouble(path, doing, error) from error


def refuse_link(path: Path) -> None:
    """Refuse a symbolic link: nothing is written or removed through one.

    Raises
    ------
    InputError
        If ``path`` is one.
    """
    if path.is_symlink():
        raise InputError(
            f"{str(path)!r} is a link, and nothing is written or removed through links; remove it, or choose another folder "
            "with --out"
        )


def write(path: Path, save: Callable[..., Any]) -> None:
    """One file, whole or not at all, with the rights that the umask leaves; ``save`` is called with it, open."""
    refuse_link(path)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}{SUFFIX}")
    with _at(path, "written"):
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            with os.fdopen(handle, "wb") as file:
                save(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise


def write_bytes(path: Path, data: bytes) -> str:
    """One file of these bytes; returns their digest."""
    write(path, lambda file: file.write(data))
    return digest(data)


#: Rows of a row group: coded in some hundredths of a second, during which an interrupt waits.
_GROUP = 32_768


def parquet(table: pa.Table, **options: Any) -> pa.Buffer:
    """A table as the bytes of a Parquet file, with page checksums; no times in it, so equal data give equal bytes."""
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, compression="zstd", write_page_checksum=True, **options) as writer:
        for first in range(0, max(len(table), 1), _GROUP):
            writer.write_table(table.slice(first, _GROUP))
    return sink.getvalue()


def write_table(path: Path, table: pd.DataFrame | pa.Table) -> str:
    """One Parquet file, whole or not at all; returns the digest of its bytes."""
    if isinstance(table, pd.DataFrame):
        table = readback.noted(pa.Table.from_pandas(table, preserve_index=False), table)
    return write_bytes(path, parquet(table))


def _as_json(data: Any) -> bytes:
    return (json.dumps(data, indent=1) + "\n").encode()


def as_sealed(data: dict[str, Any]) -> bytes:
    """A JSON file that carries the seal of what it says."""
    return _as_json({**data, "seal": seal(data)})


def check_format(said: dict[str, Any], known: int, what: str, older: str, newer: str) -> None:
    """Refuse what a file says under another ``format`` than is known here; none is older than any.

    Parameters
    ----------
    what : the file, in words
    older, newer : what to do about one

    Raises
    ------
    InputError
        If the format is not ``known``.
    """
    held = said.get("format")
    if type(held) is int and held == known:
        return
    of = (
        "carries no format number, as older versions of crink_abm left it"
        if held is None
        else f"is of format {told(held)}"
    )
    remedy = newer if type(held) is int and held > known else older
    raise InputError(f"{what} {of}; this version of crink_abm reads format {known}; {remedy}")


def is_newer(said: dict[str, Any] | None, known: int) -> bool:
    """Whether a newer version of the package than knows ``known`` wrote what a file says."""
    held = (said or {}).get("format")
    return type(held) is int and held > known


def write_sealed_table(path: Path, table: pd.DataFrame, form: int) -> None:
    """One Parquet file that carries, in its footer, its format and the seal of its columns and numbers."""
    footer = {"seal": _seal_of(table), "format": str(form)}
    said = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(footer)
    write_bytes(path, parquet(said))


def read_sealed_table(path: Path, form: int) -> pd.DataFrame | None:
    """A table written by :func:`write_sealed_table`; None if it is not there so, in that format."""
    data = read(path)
    try:
        if data is None:
            return None
        said = pq.read_table(pa.BufferReader(data), page_checksum_verification=True)
        table, footer = said.to_pandas(), said.schema.metadata
        whole = footer[b"seal"].decode() == _seal_of(table) and footer[b"format"].decode() == str(form)
        return table if whole else None
    except UNREADABLE:
        return None


def _seal_of(table: pd.DataFrame) -> str:
    """SHA-256 of the names, kinds and numbers of a table's columns."""
    columns = [(str(name), str(table[name].dtype), digest(table[name].to_numpy().tobytes())) for name in table]
    return seal([len(table), columns])


def write_json(path: Path, data: Any) -> str:
    """One JSON file, whole or not at all; returns the digest of its bytes."""
    return write_bytes(path, _as_json(data))


def write_sealed(path: Path, data: dict[str, Any]) -> str:
    """One JSON file that carries the seal of what it says; returns the digest of its bytes."""
    return write_bytes(path, as_sealed(data))


def read(path: Path) -> bytes | None:
    """The bytes of a file; None if no file is there.

    Raises
    ------
    DiskError
        If a file is there, and its bytes cannot be fetched.
    """
    with _at(path, "read"):
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return None
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


def tail(path: Path) -> bytes | None:
    """The end of a Parquet file, its footer whole if its length is to be believed; None if no file is there."""
    with _at(path, "read"):
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return None
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - 65_536))
                end = file.read()
                length = int.from_bytes(end[-8:-4], "little") + 8
                if len(end) < length <= size and end[-4:] == b"PAR1":
                    file.seek(size - length)
                    end = file.read()
                return end
        except (FileNotFoundError, NotADirectoryError):
            return None


def entries(folder: Path) -> list[Path]:
    """What a folder holds, sorted; nothing if it is not there. A listing that fails is no empty folder.

    Raises
    ------
    DiskError
        If the folder is there, and cannot be listed.
    """
    with _at(folder, "read"):
        try:
            return sorted(folder.iterdir())
        except FileNotFoundError:
            return []


def table_of(data: bytes) -> pd.DataFrame | None:
    """The table that the bytes of a Parquet file hold; None if they are none."""
    try:
        return readback.frame(pa.BufferReader(data))
    except MemoryError:
        raise
    except UNREADABLE:
        return None


def read_table(path: Path) -> pd.DataFrame:
    """A Parquet table."""
    with path.open("rb") as file:
        return readback.frame(file)


def read_json(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_sealed(path: Path) -> dict[str, Any] | None:
    """What a sealed JSON file says; None if it is not there, or does not carry the seal of what it says."""
    data = read(path)
    return None if data is None else unsealed(data)


def unsealed(data: bytes) -> dict[str, Any] | None:
    """What the bytes of a sealed JSON file say, without the seal; None if they do not carry the seal of it."""
    try:
        said = json.loads(data)
        held = said.pop("seal")
        return said if held == seal(said) else None
    except UNREADABLE:
        return None


def digest(data: bytes | memoryview) -> str:
    """SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def seal(data: Any) -> str:
    """SHA-256 of what a JSON file says, its order included."""
    return digest(json.dumps(data).encode())

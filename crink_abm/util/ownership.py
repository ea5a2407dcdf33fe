"""What in a folder is ours: the mark that says so, the names that we write there, and the removal of these alone."""

import contextlib
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from .errors import InputError
from .files import as_sealed, entries, is_newer, read, read_sealed, refuse_link, trouble, unsealed, write_bytes

#: The file that marks a folder as ours: written first, so that nothing else ever stands in an unmarked folder of ours.
MARK = "crink_abm.json"
#: Commands that a folder may belong to.
COMMANDS = (
    "sweep", "rare", "thresholds", "ablate", "claims", "sensitivity", "discover", "portfolio", "information", "causes", "elicit",
)  # fmt: skip
#: Of the mark; raised where an older version could take a folder that it does not understand for one of its own.
MARK_FORMAT = 1
#: Names in the folder of a sweep, besides the mark, the lock, the packs and the worlds.
MANIFEST, TABLES = "manifest.json", ("estimates", "metrics", "points", "first_months", "failures")
#: Of the manifest and the tables that it seals; raised where an entry or a column comes to mean another thing, is in another
#: unit, or is gone. One that is added raises nothing.
MANIFEST_FORMAT = 1
#: Folders in it: none of them may be a link.
PLACES = ("runs", "figures", "shards", "pilot", "kept")

PACK = re.compile(r"[0-9a-f]{24}\.parquet")
WORLDS = re.compile(r"worlds-[0-9a-f]{16}\.(parquet|json)")
SHARD = re.compile(r"[0-9]+-of-[0-9]+")
NAME = re.compile(r"[A-Za-z0-9_-]+")
CHART = re.compile(
    r"((heat|sample)(_[a-z0-9_]+)?|ranking|icons|responses|incidence|first_failures|levers|frontier|packages|spreads"
    r"|difference_spreads|factors)\.(png|svg|pdf)"
)
#: A write that was cut short.
CUT_SHORT = re.compile(r"\..+\.(parquet|json|npy|png|svg|pdf)-[0-9a-z_]{1,16}\.tmp")
#: What may stand in a folder before a sweep takes it: what systems and schedulers leave, words for people, experiment files.
_HARMLESS = re.compile(r"\..*|README.*|Thumbs\.db|desktop\.ini|lost\+found|.+\.(toml|log|out|err)", re.IGNORECASE)


def is_file(path: Path) -> bool:
    """Whether a file stands there that is no link."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def remove(paths: Iterable[Path]) -> list[Path]:
    """Remove files, and nothing that is a link or a folder; returns those that were there."""
    gone = []
    for path in paths:
        if is_file(path):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise trouble(path, "removed", error) from error
            gone.append(path)
    return gone


def cut_short(folder: Path) -> list[Path]:
    """Our writes in a folder that were cut short."""
    return [path for path in entries(folder) if CUT_SHORT.fullmatch(path.name) and is_file(path)]


def charts(folder: Path) -> list[Path]:
    """Our charts in the folder of a sweep."""
    place = folder / "figures"
    if place.is_symlink() or not place.is_dir():
        return []
    return [path for path in entries(place) if CHART.fullmatch(path.name) and is_file(path)]


def conclusions(folder: Path) -> list[Path]:
    """What a sweep concluded, of the files there: charts and tables first, the manifest last."""
    tables = [folder / f"{name}.parquet" for name in TABLES]
    return [path for path in (*charts(folder), *tables, folder / MANIFEST) if is_file(path)]


def owner(folder: Path) -> tuple[str | None, str | None] | None:
    """(command, name of its experiment) that a folder belongs to; None for what is not known; None if to none of ours."""
    mark = read(folder / MARK)
    said = None if mark is None else unsealed(mark)
    if said and said.get("command") in COMMANDS and _is_name(said.get("name")):
        return said["command"], said["name"]
    held = read_sealed(folder / MANIFEST)
    if held and isinstance(held.get("name"), str) and _is_name(held["name"]):
        return "sweep", held["name"]
    return None if mark is None else (None, None)


def _is_name(name: object) -> bool:
    return name is None or (isinstance(name, str) and NAME.fullmatch(name) is not None)


def check(folder: Path, command: str, name: str | None = None) -> None:
    """Refuse a folder that is not ours to write to: neither empty nor marked, or marked by another. Nothing is written.

    Raises
    ------
    InputError
        If it is so, if a newer version wrote it, or if a place in it is a link.
    """
    for place in (*PLACES, ".lock", MARK, MANIFEST):
        refuse_link(folder / place)
    _refuse_newer(folder)
    held = owner(folder)
    if held is None:
        _refuse_strangers(folder)
        return
    if held[0] not in (None, command):
        what = "a sweep" if held[0] == "sweep" else f"results of `crink-abm {held[0]}`"
        raise InputError(f"{str(folder)!r} holds {what}, which is kept apart; choose another folder with --out")
    if held[1] not in (None, name):
        raise InputError(f"{str(folder)!r} holds the sweep {held[1]!r}, not {name!r}; choose another folder with --out")


def _refuse_newer(folder: Path) -> None:
    """Refuse a folder whose mark or manifest a newer version wrote: what it concluded would be dropped."""
    for name, known in ((MARK, MARK_FORMAT), (MANIFEST, MANIFEST_FORMAT)):
        said = read_sealed(folder / name)
        if said is not None and is_newer(said, known):
            raise InputError(
                f"{name} in {str(folder)!r} is of format {said['format']}, and this version of crink_abm writes format {known}; "
                "go on with the version that wrote it, or choose another folder with --out"
            )


def mark(folder: Path, command: str, name: str | None = None) -> None:
    """Mark a folder as ours, unless it is marked as it would be."""
    said = {
        "format": MARK_FORMAT,
        "command": command,
        "name": name,
        "about": "kept by crink-abm; docs/files.md says which files it may remove",
    }
    data = as_sealed(said)
    if read(folder / MARK) != data:
        write_bytes(folder / MARK, data)


def is_marked(folder: Path) -> bool:
    """Whether the folder carries a mark, whole or damaged."""
    return owner(folder) is not None


def _refuse_strangers(folder: Path) -> None:
    strange = [path.name for path in entries(folder) if not _is_nothing(path)]
    if strange:
        more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
        told = ", ".join(repr(name[:60]) for name in strange[:5]) + more
        raise InputError(
            f"{str(folder)!r} is neither empty nor a folder of results of ours ({MARK} marks these): it holds {told}; "
            "choose another folder with --out"
        )


def _is_nothing(path: Path, depth: int = 3) -> bool:
    """Whether a name in an unmarked folder means nothing: harmless, or a folder with nothing in it, not in a file's place."""
    if path.is_symlink():
        return path.name.startswith(".")
    if _HARMLESS.fullmatch(path.name):
        return path.name.startswith(".") or path.name == "lost+found" or not path.is_dir()
    if not path.is_dir() or not depth or path.suffix in (".json", ".parquet"):
        return False
    return all(_is_nothing(inner, depth - 1) for inner in entries(path))


def discard(folder: Path) -> None:
    """Take away a folder in which nothing is left but mark and lock; the mark goes last."""
    for place in (folder / "runs", folder / "kept", folder / "shards"):
        with contextlib.suppress(OSError):
            place.rmdir()
    with contextlib.suppress(OSError):
        if {path.name for path in entries(folder)} <= {MARK, ".lock"}:
            remove([folder / ".lock", folder / MARK])
            folder.rmdir()

"""One small file of a finished sweep, without its runs: it reads, draws and replays elsewhere.

A bundle is a zip of the manifest, the tables and the worlds, and says in RO-Crate what each file is. The runs, nine tenths of the
size, are made again from the seed: by replay one at a time, by the same sweep all of them.
"""

import hashlib
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from ..ensemble.build import read_worlds
from ..model import arguments
from ..sweeps import manifest
from ..typing import PathLike
from ..util import files, ownership
from ..util.cache import cache_directory
from ..util.errors import InputError, told
from ..version import __version__

#: The file by which RO-Crate knows a folder, and the one that says to people how to read it.
CRATE, HOW = "ro-crate-metadata.json", "README.txt"
#: Bytes of an opened bundle at most.
MOST = 2 * 10**9
#: Of every entry, so that the same sweep gives the same bytes.
_DATE = (2026, 1, 1, 0, 0, 0)

_MEANS = {
    "estimates": "Probabilities of each outcome under each policy with intervals, and paired changes from the baseline",
    "metrics": "Means of counts by policy", "points": "The policies", "first_months": "First months of outcomes, counted",
    "failures": "Runs that failed, with their cause",
}  # fmt: skip


def bundle(folder: PathLike, out: PathLike | None = None) -> Path:
    """Write the bundle of a finished sweep; the same sweep gives the same bytes.

    Parameters
    ----------
    folder : of the sweep
    out : the file; ``NAME.crink.zip`` beside the folder if None

    Raises
    ------
    InputError
        If the folder holds no finished sweep, or its worlds are missing.
    """
    folder = arguments.path("the folder of a sweep", folder)
    place = None if out is None else arguments.path("out", out)
    said = manifest.load(folder)
    name = said["worlds_table"].removesuffix(".parquet")
    if read_worlds(folder, name) is None:
        raise InputError(f"the worlds of {str(folder)!r} ({name}) are missing or damaged; run the sweep again")
    for table in ownership.TABLES:
        manifest.table(folder, said, table)  # whole, or refused
    names = [ownership.MARK, ownership.MANIFEST, *(f"{table}.parquet" for table in ownership.TABLES)]
    content = {one: (folder / one).read_bytes() for one in [*names, f"{name}.parquet", f"{name}.json"]}
    content[CRATE] = _crate(said, content)
    content[HOW] = _how(said).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for one in sorted(content):
            archive.writestr(zipfile.ZipInfo(one, _DATE), content[one], zipfile.ZIP_DEFLATED, 9)
    place = place or folder.parent / f"{said['name']}.crink.zip"
    files.write_bytes(place, buffer.getvalue())
    return place


def opened(path: Path) -> Path:
    """The folder of a bundle, unpacked where this machine keeps what it can make again.

    Only names that a bundle has are taken, and none that leads elsewhere.

    Raises
    ------
    InputError
        If the file is no bundle, or unpacks to more than it may.
    """
    data = files.read(path)
    if data is None:
        raise InputError(f"there is no file {str(path)!r}")
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise _foreign(path, "it is no zip")
    content = _unzipped(path, data)
    folder = cache_directory() / "bundles" / hashlib.sha256(data).hexdigest()[:24]
    for name in sorted(content, key=lambda one: one == ownership.MANIFEST):  # the manifest last
        if files.read(folder / name) != content[name]:
            folder.mkdir(parents=True, exist_ok=True)
            files.write_bytes(folder / name, content[name])
    return folder


def _unzipped(path: Path, data: bytes) -> dict[str, bytes]:
    """The entries of a zip, if they are those of a bundle."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError):  # ValueError: names that are no text
        raise _foreign(path, "it is damaged") from None
    strange = [one.filename for one in entries if not _is_ours(one)]
    if strange or ownership.MANIFEST not in archive.namelist():
        raise _foreign(path, f"it holds {told(strange[0])}" if strange else "it has no manifest")
    if sum(one.file_size for one in entries) > MOST:
        raise InputError(f"{str(path)!r} unpacks to more than {MOST // 10**9} GB; it is no bundle of ours")
    try:
        return {one.filename: archive.read(one) for one in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise _foreign(path, "it is damaged") from None


def is_bundle(folder: Path) -> bool:
    """Whether a folder was unpacked from a bundle, so that it has no runs."""
    return ownership.is_file(folder / CRATE)


def _is_ours(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry has a name of a bundle's, and is packed as ours are: neither encrypted nor in another way."""
    if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        return False
    name = entry.filename
    tables = {f"{table}.parquet" for table in ownership.TABLES}
    return name in {ownership.MARK, ownership.MANIFEST, CRATE, HOW, *tables} or bool(ownership.WORLDS.fullmatch(name))


def _foreign(path: Path, what: str) -> InputError:
    return InputError(f"{str(path)!r} is no bundle of a sweep ({what}); `crink-abm bundle DIR` makes one")


def _crate(said: dict[str, Any], content: dict[str, bytes]) -> bytes:
    """The RO-Crate 1.1 metadata of the files."""
    head = said["experiment"]["experiment"]
    parts = [
        {
            "@id": name, "@type": "File", "contentSize": str(len(data)), "sha256": hashlib.sha256(data).hexdigest(),
            "encodingFormat": "application/vnd.apache.parquet" if name.endswith(".parquet") else "application/json",
            "description": _MEANS.get(name.removesuffix(".parquet"), "Worlds, manifest or mark of the sweep"),
        }
        for name, data in sorted(content.items())
    ]  # fmt: skip
    described = {
        "@id": CRATE, "@type": "CreativeWork", "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }  # fmt: skip
    root = {
        "@id": "./", "@type": "Dataset", "name": said["name"], "description": head.get("description") or said["name"],
        "license": "MIT", "hasPart": [{"@id": one["@id"]} for one in parts],
        "isBasedOn": {"@id": "#crink_abm"}, "seed": str(said["seed"]),
        "experiment": json.dumps(said["experiment"], sort_keys=True),
    }  # fmt: skip
    made_by = {"@id": "#crink_abm", "@type": "SoftwareApplication", "name": "crink_abm", "softwareVersion": __version__}
    graph = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": [described, root, made_by, *parts]}
    return json.dumps(graph, indent=1, sort_keys=True).encode()


def _how(said: dict[str, Any]) -> str:
    return (
        f"The sweep {said['name']!r} of crink_abm {said['package']}, without its runs. Theoretical exploration, no forecast.\n\n"
        "Read it:       crink_abm.Results('THIS FILE').table()\n"
        "Draw it:       crink-abm plot THIS-FILE --out DIR\n"
        "Open a run:    crink-abm replay THIS-FILE --point I --run K\n"
        "All the runs:  are made again by the same experiment (in manifest.json) with `crink-abm sweep`.\n"
    )

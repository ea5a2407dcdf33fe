"""Figures that remember: manifest and alternative text in a PNG, SVG or PDF, written and read; digests of what was drawn."""

import hashlib
import html
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image, UnidentifiedImageError

from ..util.errors import InputError, told
from ..util.files import read as read_bytes
from ..util.files import write_bytes
from .fonts import quiet
from .layout import footer_of, title_of

__all__ = ["FORMATS", "KEY", "Memory", "attach", "digest", "form_of", "of", "read", "rendered", "write_bytes"]

FORMATS = ("png", "svg", "pdf")
#: The name under which a file carries its manifest, and the format of it.
KEY, FORMAT = "crink-abm", 1
_SVG = f'<metadata id="{KEY}">'
#: What a manifest has, and of which kind.
_PARTS = {
    "format": int,
    "package": str,
    "rules": str,
    "experiment": dict,
    "seed": int,
    "chart": str,
    "arguments": dict,
    "digest": str,
}


@dataclass(frozen=True)
class Memory:
    """What a figure remembers: how it was made, what it says in words, and the numbers drawn."""

    manifest: dict[str, Any]
    text: str
    tables: tuple[pd.DataFrame, ...] = ()
    style: Any = "house"
    more: dict[str, Any] = field(default_factory=dict)


def attach(fig: Figure, memory: Memory) -> Figure:
    """Give a figure its memory; returns it."""
    fig.crink_memory = memory
    return fig


def of(fig: Figure) -> Memory | None:
    """What a figure remembers; None of one that is no chart of ours."""
    found = getattr(fig, "crink_memory", None)
    return found if isinstance(found, Memory) else None


def digest(tables: Iterable[pd.DataFrame]) -> str:
    """A hash of the numbers of tables, to the bit: names of columns, text, and each number as 64 bits."""
    seen = hashlib.sha256()
    for table in tables:
        for name in sorted(map(str, table.columns)):
            column = table[name]
            seen.update(f"{name}:{len(column)}:".encode())
            if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
                values = pd.to_numeric(column.astype("Float64"), errors="coerce").to_numpy(float, na_value=np.nan)
                seen.update(np.where(np.isnan(values), np.nan, values).astype("<f8").tobytes())
            else:
                seen.update(json.dumps([None if pd.isna(one) else str(one) for one in column.astype(object)]).encode())
        seen.update(b"|")
    return seen.hexdigest()


def rendered(fig: Figure, form: str, dpi: float) -> bytes:
    """A figure as the bytes of a file, with what it remembers; the same figure gives the same bytes."""
    memory = of(fig)
    title, text = title_of(fig), footer_of(fig) if memory is None else memory.text
    said = None if memory is None else json.dumps(memory.manifest, sort_keys=True, separators=(",", ":"))
    metadata: dict[str, dict[str, Any]] = {
        "png": {"Software": None, "Title": title, "Description": text, **({KEY: said} if said else {})},
        "svg": {"Date": None, "Title": title, "Description": text},
        "pdf": {
            "CreationDate": None,
            "Title": title,
            "Subject": text,
            **({"Keywords": f"{KEY} {said}"} if said else {}),
        },
    }
    buffer = io.BytesIO()
    with quiet():
        Figure.savefig(fig, buffer, format=form, dpi=dpi, metadata=metadata[form])
    data = buffer.getvalue()
    return _with_words(data, title, text, said) if form == "svg" else data


def _with_words(data: bytes, title: str, text: str, said: str | None) -> bytes:
    """An SVG with its title and description as elements, for readers of screens, and the manifest as metadata."""
    svg = data.decode()
    svg = re.sub(r"\s*<title>.*?</title>", "", svg, count=1, flags=re.DOTALL)
    start = re.search(r"<svg\b[^>]*>", svg)
    if start is None:
        return data
    opened = start[0].replace("<svg", '<svg role="img" aria-labelledby="crink-title crink-desc"', 1)
    words = (
        f'\n <title id="crink-title">{html.escape(title)}</title>\n <desc id="crink-desc">{html.escape(text)}</desc>'
    )
    kept = f"\n {_SVG}{html.escape(said, quote=False)}</metadata>" if said else ""
    return (svg[: start.start()] + opened + words + kept + svg[start.end() :]).encode()


def form_of(path: Path) -> str:
    """The format of a figure's file, by its first bytes."""
    data = read_bytes(path) or b""
    return "png" if data.startswith(b"\x89PNG") else "pdf" if data.startswith(b"%PDF") else "svg"


def read(path: Path) -> dict[str, Any]:
    """The manifest that a figure carries.

    Raises
    ------
    InputError
        If there is no such file, it is no figure, or it carries no manifest that can be read.
    """
    data = read_bytes(path)
    if data is None:
        raise InputError(f"there is no file {str(path)!r}; give a PNG, SVG or PDF that this package wrote")
    if data.startswith(b"\x89PNG"):
        said = _of_png(data)
    elif data.startswith(b"%PDF"):
        said = _of_pdf(data)
    elif b"<svg" in data[:2000]:
        said = _of_svg(data)
    else:
        raise InputError(f"{str(path)!r} is no PNG, SVG or PDF; give a figure that this package wrote")
    if said is None:
        raise InputError(
            f"{str(path)!r} carries no manifest: another program wrote it, or took it out (converters and screenshots do); "
            "give the file as crink-abm wrote it"
        )
    try:
        manifest = json.loads(said)
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict) or any(not isinstance(manifest.get(name), kind) for name, kind in _PARTS.items()):
        raise InputError(f"the manifest in {str(path)!r} is damaged; give the file as crink-abm wrote it")
    if manifest["format"] != FORMAT:
        raise InputError(
            f"{str(path)!r} has a manifest of format {told(manifest['format'])}, and this version reads {FORMAT}; "
            f"reproduce it with crink_abm {told(manifest['package'])}"
        )
    return manifest


def _of_png(data: bytes) -> str | None:
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            found = getattr(image, "text", {}).get(KEY)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError):
        return None
    return None if found is None else str(found)


def _of_svg(data: bytes) -> str | None:
    if b"<!ENTITY" in data:
        return None
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        return None
    for one in root.iter("{http://www.w3.org/2000/svg}metadata"):
        if one.get("id") == KEY:
            return one.text
    return None


def _of_pdf(data: bytes) -> str | None:
    start = data.find(f"/Keywords ({KEY} ".encode())
    if start < 0:
        return None
    text, k = bytearray(), start + len(f"/Keywords ({KEY} ")
    while k < len(data) and data[k] != ord(")"):
        if data[k] == ord("\\"):
            k += 1
            text += {ord("n"): b"\n", ord("r"): b"\r", ord("t"): b"\t"}.get(data[k], data[k : k + 1])
        else:
            text.append(data[k])
        k += 1
    return text.decode("latin-1")

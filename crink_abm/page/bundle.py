"""One HTML file of the page's sources: modules joined in the order of their imports, all inline and hashed, nothing fetched."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from ..engine.wasm.module import module as wasm_module
from ..ensemble.worlds import Worlds
from .tables import Document, document

#: Bytes of a page at most.
MOST = 5_000_000
_IMPORT = re.compile(r'^import\s+[^;]*?from\s+"\./([\w.]+)";\n', re.M | re.S)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let))", re.M)
_TOP = re.compile(r"^(?:async )?(?:function|class|const|let) (\w+)", re.M)


def _source(name: str) -> str:
    return (files("crink_abm") / "page" / "src" / name).read_text(encoding="utf-8")


def joined(name: str) -> str:
    """A module and all that it imports as one script, each once, those imported first.

    Raises
    ------
    ValueError
        If two of them give one name to two things.
    """
    parts: dict[str, str] = {}

    def take(one: str) -> None:
        if one in parts:
            return
        text = _source(one)
        parts[one] = ""  # a circle would end here; the order below has each after what it imports
        for other in _IMPORT.findall(text):
            take(other)
        del parts[one]
        parts[one] = _EXPORT.sub("", _IMPORT.sub("", text))

    take(name)
    names = [found for text in parts.values() for found in _TOP.findall(text)]
    if twice := sorted({x for x in names if names.count(x) > 1}):
        raise ValueError(f"the page's modules give two things the name {', '.join(twice)}")
    return "\n".join(f"// --- {PurePosixPath(one).name} ---\n{text}" for one, text in parts.items())


def _hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(text: str) -> str:
    """Text for a block of data within a page: nothing in it ends the block."""
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")


def page(told: Mapping[str, Any], worlds: bytes, engine: bytes) -> str:
    """The page of a document (:func:`crink_abm.page.tables.document`), its worlds and its engine."""
    script = f'"use strict";\n{joined("app.js")}'
    style = _source("style.css")
    policy = (
        f"default-src 'none'; script-src {_hashed(script)} 'wasm-unsafe-eval'; style-src {_hashed(style)}; worker-src blob:; "
        "img-src blob: data:; base-uri 'none'; form-action 'none'"
    )
    # In the order in which a browser reads them: what is looked at first is there first.
    filled = {
        "policy": html.escape(policy),
        "style": style,
        "model": _data(json.dumps(told, ensure_ascii=False)),
        "worlds": base64.b64encode(worlds).decode(),
        "engine": base64.b64encode(engine).decode(),
        "worker": _data(joined("worker.js")),
        "clerk": _data(joined("clerk.js")),
        "script": script,
        "license": html.escape(str(told["license"])),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: filled[found[1]], _source("page.html"))


def made(worlds: Worlds, rules: Any = None, **more: Any) -> tuple[str, Document]:
    """The page of some worlds and rules, as text, and what it was told.

    Parameters
    ----------
    worlds : the worlds that it carries
    rules : functions in place of rules, as in ``simulate``; making their engine takes the extra ``page`` and a minute
    more : as in :func:`crink_abm.page.tables.document`

    Raises
    ------
    InputError
        As :func:`crink_abm.engine.wasm.module.module`.
    ValueError
        If the page is larger than :data:`MOST`.
    """
    engine = wasm_module(rules)
    told, values = document(worlds, engine, **more)
    text = page(told, values, engine)
    if (size := len(text.encode())) > MOST:
        raise ValueError(f"the page has {size:,} bytes, of {MOST:,} at most; give it fewer worlds")
    return text, told

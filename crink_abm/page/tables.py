"""What the page is told of the model, as one document of plain values: nothing is said in JavaScript that Python says."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np

from ..engine.wasm.module import said
from ..ensemble.worlds import Worlds
from ..model import levers as policy
from ..model.fields import FIELDS
from ..model.keys import kernel_hash, rules_hash
from ..model.levers import DRIVERS, LEVERS, SEASON
from ..model.outcomes import CAUSES, REGISTRY, RESIDUALS, RESULTS
from ..model.parameters import CATALOGUE, SWITCHES
from ..model.scenarios import SCENARIOS
from ..model.spec import MODEL
from ..version import __version__
from .story import tables as story_tables
from .words import LABELS, LEVELS, PILLARS, PLAIN, UNITS
from .words import SWITCHES as QUESTIONS

Document = dict[str, Any]


def _lever(name: str) -> Document:
    lever, unit = LEVERS[name], UNITS.get(name)
    said = None if unit is None else {"per": unit[0], "one": unit[1], "digits": unit[2]}
    return {
        "name": name, "label": LABELS[name], "today": lever.today, "pillar": PILLARS[lever.pillar], "low": lever.low,
        "high": lever.high, "unit": said,
    }  # fmt: skip


def _outcomes() -> list[Document]:
    return [
        {
            "name": name, "meaning": one.meaning, "label": one.label, "short": one.short, "plain": PLAIN[name],
            "first": one.first, "parts": list(one.parts), "residuals": list(one.residuals),
        }
        for name, one in REGISTRY.by_name.items()
    ]  # fmt: skip


def _switches() -> list[Document]:
    names = list(CATALOGUE)
    out = []
    for p in SWITCHES:
        words = LEVELS.get(p.name, {})
        levels = [
            {"value": int(level), "name": words.get(level.name, level.name.lower().replace("_", " "))}
            for level in p.drawn
        ]
        one = {"name": p.name, "label": QUESTIONS[p.name], "meaning": p.meaning, "levels": levels}
        out.append(one | {"column": names.index(p.name)})
    return out


def compact(worlds: Worlds) -> tuple[bytes, list[int]]:
    """The different worlds in single precision, as the frozen ensemble keeps them, and which of them stands in each row."""
    _, first, number = np.unique(worlds.values, axis=0, return_index=True, return_inverse=True)
    return np.ascontiguousarray(worlds.values[first], "<f4").tobytes(), number.ravel().tolist()


def shape() -> dict[str, int]:
    """The sizes that an engine is told."""
    return {
        "columns": len(MODEL.columns), "parameters": len(MODEL.parameters), "results": len(MODEL.results),
        "fields": len(MODEL.fields),
    }  # fmt: skip


def document(
    worlds: Worlds, module: bytes, *, packages: Mapping[str, Mapping[str, Any]] | None = None,
    baseline: Mapping[str, Any] | None = None, seed: int = 0, months: int = policy.MONTHS, start: str = policy.START,
    experiment: str | None = None,
) -> tuple[Document, bytes]:  # fmt: skip
    """The document, and the worlds in binary."""
    values, rows = compact(worlds)
    names = list(CATALOGUE)
    shown = {name: (meaning, levers) for name, (meaning, levers) in SCENARIOS.items()}
    shown |= {name: ("of the experiment", dict(levers)) for name, levers in (packages or {}).items()}
    return {
        "version": __version__, "kernel": kernel_hash(), "rules": rules_hash(), "module": said(module), "shape": shape(),
        "origin": worlds.origin, "note": worlds.note, "start": start, "months": months, "seed": seed,
        "levers": [_lever(name) for name in LEVERS], "columns": list(MODEL.columns),
        "drivers": {name: default for name, (default, _) in DRIVERS.items()},
        "season": {str(month): weight for month, weight in SEASON.items()},
        "results": list(RESULTS), "residuals": list(RESIDUALS), "outcomes": _outcomes(), "causes": list(CAUSES),
        "switches": _switches(),
        "packages": [{"name": name, "meaning": meaning, "levers": levers} for name, (meaning, levers) in shown.items()],
        "baseline": dict(baseline or {}), "apart": [names.index(switch) for switch, _ in MODEL.apart.values()],
        "parameters": names, "low": [p.low for p in CATALOGUE.values()], "high": [p.high for p in CATALOGUE.values()],
        "fields": [{"name": f.name, "meaning": f.meaning, "unit": f.unit,
                    "initial": f.initial if isinstance(f.initial, int | float) else 0.0} for f in FIELDS],
        "worlds": {"unique": len(values) // (4 * len(names)), "rows": rows}, "story": story_tables(),
        "license": _license(), "experiment": experiment,
    }, values  # fmt: skip


def _license() -> str:
    text = files("crink_abm") / "page" / "src" / "LICENSE"
    return text.read_text(encoding="utf-8")

"""What a name means, and what there is: data for ``info``."""

import platform
from typing import Any

from ..engine import compiled, threads
from ..model.costs import COSTS
from ..model.fields import BY_NAME
from ..model.keys import rules_hash
from ..model.levers import LEVERS
from ..model.outcomes import OUTCOMES
from ..model.parameters import CATALOGUE
from ..model.scenarios import SCENARIOS
from ..model.sources import SOURCES
from ..util.cache import cache_directory
from ..util.errors import InputError, nearest
from ..version import __version__, library_versions


def lookup(name: str) -> dict[str, Any]:
    """What one name of the model means.

    Raises
    ------
    InputError
        If nothing is named so.
    """
    if name in LEVERS:
        v = LEVERS[name]
        c = COSTS[name]
        return {"lever": name, "pillar": v.pillar, "today": v.today, "0 means": v.low, "1 means": v.high,
                "costs from 0 to 1": f"{c.money[1]:g} [{c.money[0]:g}, {c.money[2]:g}] billion USD a year ({c.payer}), "
                f"political capital {c.politics[1]:g} [{c.politics[0]:g}, {c.politics[2]:g}] of 10; {c.source}"}  # fmt: skip
    if name in CATALOGUE:
        p = CATALOGUE[name]
        levels = {int(level): level.name.lower() for level in p.switch} if p.switch else None
        return {"parameter": name, "meaning": p.meaning, "default": p.default, "range": f"{p.low:g} to {p.high:g}",
                "unit": levels or p.unit, "source": f"{p.source}: {SOURCES[p.source]}"}  # fmt: skip
    if name in BY_NAME:
        f = BY_NAME[name]
        return {
            "state" if f.is_state else "term": name,
            "owner": f.owner.name.lower(),
            "unit": f.unit,
            "meaning": f.meaning,
        }
    if name in OUTCOMES:
        return {"outcome": name, "meaning": OUTCOMES[name]}
    if name in SCENARIOS:
        return {"scenario": name, "meaning": SCENARIOS[name][0], "levers": SCENARIOS[name][1]}
    known = (*LEVERS, *CATALOGUE, *BY_NAME, *OUTCOMES, *SCENARIOS)
    raise InputError(f"nothing is named {name!r}{nearest(name, known)}; `crink-abm info` lists the names")


def overview() -> dict[str, Any]:
    """Versions, where compiled code is kept, and every name with its meaning."""
    return {
        "versions": {"crink_abm": __version__, "python": platform.python_version(), **library_versions()},
        "engine": {"rules": rules_hash(), "threads": threads.n_threads(), "cache": str(cache_directory()),
                   "kernel": "compiled" if compiled.is_warm() else "not yet compiled"},
        "levers": [{"name": v.name, "today": v.today, "0": v.low, "1": v.high} for v in LEVERS.values()],
        "outcomes": dict(OUTCOMES),
        "scenarios": {name: text for name, (text, _) in SCENARIOS.items()},
        "parameters": [{"name": p.name, "default": p.default, "range": f"[{p.low:g}, {p.high:g}]", "unit": p.unit,
                        "meaning": p.meaning, "source": p.source} for p in CATALOGUE.values()],
        "sources": dict(SOURCES),
    }  # fmt: skip

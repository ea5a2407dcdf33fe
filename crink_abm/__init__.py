"""crink_abm: deterrence across Taiwan and Korea, run by run and by the million.

Importing this package reads no file, writes nothing and sets nothing; each
public name loads what it needs when it is first used.
"""

from importlib import import_module

from .version import __version__

_HOME = {
    "DeterrenceModel": "agents.model",
    "China": "agents.actors", "NorthKorea": "agents.actors", "Russia": "agents.actors", "Iran": "agents.actors",
    "UnitedStates": "agents.actors", "SouthKorea": "agents.actors", "Japan": "agents.actors", "Taiwan": "agents.actors",
    "Monitors": "agents.actors",
    "simulate": "api", "compare": "api", "Batch": "results.simulated",
    "sweep": "api", "Results": "results.results",
    "rare": "rare_events.study",
    "InputError": "util.errors",
    "LEVERS": "model.levers", "CATALOGUE": "model.parameters", "OUTCOMES": "model.outcomes", "SCENARIOS": "model.scenarios",
}  # fmt: skip

__all__ = ["__version__", *_HOME]


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f"{__name__}.{_HOME[name]}")
    return getattr(home, name)


def __dir__():
    return __all__

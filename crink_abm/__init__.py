"""crink_abm: deterrence across Taiwan and Korea, run by run and by the million.

Importing this package reads no file, writes nothing and sets nothing; each
public name loads what it needs when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .version import __version__

if TYPE_CHECKING:  # for type checkers and editors, what _HOME says; a test keeps the three lists equal
    from .agents.actors import China, Iran, Japan, Monitors, NorthKorea, Russia, SouthKorea, Taiwan, UnitedStates
    from .agents.model import DeterrenceModel
    from .analysis.ablation import ablate
    from .analysis.causes.but_for import but_for
    from .analysis.causes.study import causes
    from .analysis.claims.run import claims
    from .analysis.discovery.study import discover
    from .analysis.elicitation.study import elicit
    from .analysis.information.study import information
    from .analysis.portfolio.study import portfolio
    from .analysis.sensitivity.study import sensitivity
    from .analysis.thresholds.study import thresholds
    from .api import compare, costs, simulate, sweep
    from .estimation.measures import loss
    from .model.levers import Lever
    from .model.parameters import CATALOGUE
    from .rare_events.study import rare
    from .results.results import Results
    from .results.simulated import Batch
    from .typing import LeverName, OutcomeName, PackageName, Policy
    from .util.errors import InputError

    LEVERS: dict[LeverName, Lever]
    OUTCOMES: dict[OutcomeName, str]
    SCENARIOS: dict[PackageName, tuple[str, Policy]]

__all__ = [
    "CATALOGUE", "LEVERS", "OUTCOMES", "SCENARIOS", "Batch", "China", "DeterrenceModel", "InputError", "Iran",
    "Japan", "Monitors", "NorthKorea", "Results", "Russia", "SouthKorea", "Taiwan", "UnitedStates", "__version__",
    "ablate", "but_for", "causes", "claims", "compare", "costs", "discover", "elicit", "information", "loss",
    "portfolio", "rare", "sensitivity", "simulate", "sweep", "thresholds",
]  # fmt: skip

_HOME = {
    "DeterrenceModel": "agents.model",
    "China": "agents.actors", "NorthKorea": "agents.actors", "Russia": "agents.actors", "Iran": "agents.actors",
    "UnitedStates": "agents.actors", "SouthKorea": "agents.actors", "Japan": "agents.actors", "Taiwan": "agents.actors",
    "Monitors": "agents.actors",
    "simulate": "api", "compare": "api", "costs": "api", "Batch": "results.simulated",
    "sweep": "api", "Results": "results.results",
    "loss": "estimation.measures",
    "rare": "rare_events.study",
    "elicit": "analysis.elicitation.study", "thresholds": "analysis.thresholds.study",
    "discover": "analysis.discovery.study", "causes": "analysis.causes.study", "but_for": "analysis.causes.but_for",
    "sensitivity": "analysis.sensitivity.study", "information": "analysis.information.study",
    "ablate": "analysis.ablation", "claims": "analysis.claims.run",
    "portfolio": "analysis.portfolio.study",
    "InputError": "util.errors",
    "LEVERS": "model.levers", "CATALOGUE": "model.parameters", "OUTCOMES": "model.outcomes", "SCENARIOS": "model.scenarios",
}  # fmt: skip


if not TYPE_CHECKING:  # hidden from type checkers, which would take any name for one that is there

    def __getattr__(name):
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = import_module(f"{__name__}.{_HOME[name]}")
        return getattr(home, name)


def __dir__() -> list[str]:
    return __all__

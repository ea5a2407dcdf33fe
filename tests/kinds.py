"""Kinds of experiment files, by the table that tells them."""

from typing import Any

from crink_abm.analysis.ablation import AblationFile
from crink_abm.analysis.causes.study import CausesFile
from crink_abm.analysis.claims.spec import ClaimFile
from crink_abm.analysis.discovery.study import DiscoverFile
from crink_abm.analysis.elicitation.questions import ElicitFile
from crink_abm.analysis.information.study import InformationFile
from crink_abm.analysis.portfolio.plan import PortfolioFile
from crink_abm.analysis.sensitivity.study import SensitivityFile
from crink_abm.analysis.sign_audit import AuditFile
from crink_abm.analysis.thresholds.questions import ThresholdsFile
from crink_abm.experiment.schema import Experiment
from crink_abm.rare_events.study import RareFile

KINDS = {
    "ablate": AblationFile, "audit": AuditFile, "causes": CausesFile, "claim": ClaimFile, "discover": DiscoverFile,
    "experts": ElicitFile, "information": InformationFile, "portfolio": PortfolioFile, "rare": RareFile,
    "sensitivity": SensitivityFile, "thresholds": ThresholdsFile,
}  # fmt: skip


def kind_of(tables: dict[str, Any]) -> type[Experiment]:
    """The kind of an experiment file that has these tables."""
    return next((kind for table, kind in KINDS.items() if table in tables), Experiment)

"""Scenario discovery as a Markdown page."""

from pathlib import Path
from typing import Any

import pandas as pd

from ...agents.model import DeterrenceModel
from ...analysis.discovery.study import Discovered, Opened, what
from ...util.markdown import markdown_table


def markdown(found: Discovered) -> str:
    """The questions and the boxes that passed, as Markdown."""
    parts = [_questions(found)]
    for row, run in zip(found.boxes.itertuples(), found.opened, strict=True):
        if not row.reported:
            continue
        parts.append(
            f"**{row.sentence}**\n\nOf the worlds there, {_share(row, 'density')} fail ({_share(row, 'coverage')} of all failing "
            f"worlds lie there; lift {row.lift:.2f} [{row.lift_low:.2f}, {row.lift_high:.2f}]; {100 * row.mass:.0f} % of the "
            f"worlds, {row.n_worlds} of those it was judged in; Holm p = {row.p_holm:.3g}). By the labels of either half of the "
            f"runs: {100 * row.density_first:.0f} and {100 * row.density_second:.0f} %. Found by {row.method}; the box from the "
            f"other half of the worlds that is most like it shares {100 * row.again:.0f} % of their joint mass."
        )
        if run is not None:
            parts.append(_run(run))
    if not found.boxes.empty and not found.boxes["reported"].any():
        parts.append("No box passed the test in worlds that it was not found in.")
    return "\n\n".join(parts)


def document(found: Discovered, file: str | Path) -> str:
    """The whole finding as a page."""
    head = (
        f"Made by `crink-abm discover {file}`.\n\nEach box was found in one half of the worlds and judged in the other."
    )
    return f"# Where a policy fails\n\n{head}\n\n{markdown(found)}\n"


def _questions(found: Discovered) -> str:
    rows = []
    for q in found.questions.itertuples():
        verdict = (
            f"{q.n_reported} of {q.n_tried} boxes" if q.searched
            else f"not searched: fewer than {q.least_failing} failing worlds, or others, in a part"
        )  # fmt: skip
        rows.append(
            (f"`{q.package}`", what(q.outcome, q.fails, q.beyond), f"{100 * q.base:.1f} %", f"{q.n_failing} of {q.n_worlds}",
             f"{100 * q.agree:.0f} %", f"{100 * q.doubtful:.0f} %", q.runs_per_world, verdict)
        )  # fmt: skip
    head = ("package", "fails where", "of the ensemble", "different worlds", "halves of the runs agree", "near the threshold",
            "runs a world", "reported")  # fmt: skip
    return markdown_table(head, rows)


def _share(row: object, name: str) -> str:
    value, low, high = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    return f"{100 * value:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def _run(run: Opened) -> str:
    made_with: dict[str, Any] = {
        "levers": dict(run.levers), "parameters": dict(run.parameters), "seed": run.seed, "run": run.run,
        "months": run.months, "start": run.start, "drivers": dict(run.drivers) or None,
    }  # fmt: skip
    model = DeterrenceModel(**made_with, trace=False, collect=()).run()
    told = [
        f"{event.date}: {event.text}" for event in model.events if event.calculus is not None or event.actor == "World"
    ]
    made = f"seed {run.seed}, run {run.run}, world {run.world}"
    return f"One such run ({made}):\n\n" + "\n".join(f"* {line}" for line in told[:8])


def table(found: Discovered) -> pd.DataFrame:
    """The boxes without their places, for reading."""
    return found.boxes.drop(columns=["limits"])

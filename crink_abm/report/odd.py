"""Writes the model description (ODD) from the package: tables, schedule and equations.

``python -m crink_abm.report.odd docs/odd.md`` fills ``docs/odd_template.md``.
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..model import numerics
from ..model.draws import STRATA, STRATIFIED, Draw
from ..model.enums import Actor
from ..model.fields import FIELDS
from ..model.levers import DRIVERS, LEVERS, SEASON
from ..model.parameters import GROUPS, SWITCHES
from ..model.rules import building_blocks as common
from ..model.rules import residuals
from ..model.schedule import MONTH
from ..model.sources import SOURCES
from ..util.markdown import markdown_table

_BLOCKS = (
    common.approach, common.contest, numerics.power, numerics.logistic_noise, common.weight, common.prospect,
    common.lottery, common.sure, common.quantal, common.satisfice, common.pick, common.build_up, common.pull,
    common.join_prob, common.crisis_month, common.first_month, common.type_due, common.log_logistic, common.precision,
    common.best, common.first_passing, common.begins, common.recovered, residuals.surprise, residuals.recent,
    common.opening, common.forced, common.statement, common.fought, common.shifted,
    common.estimated,
)  # fmt: skip


def docstring(function: Callable[..., Any]) -> str:
    """A docstring as Markdown: indented blocks become fenced equations."""
    source = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(source, ast.FunctionDef)
    out, fenced = [], False
    for line in re.sub(r"(?m)^    ", "", ast.get_docstring(source, clean=False) or "").rstrip().splitlines():
        inside = line.startswith("    ")
        if inside and not fenced:
            out.append("```")
        if not inside and fenced and line.strip():
            while out[-1] == "":
                out.pop()
            out += ["```", ""]
        if inside or line.strip():
            fenced = inside
        out.append(line[4:] if inside else line)
    if fenced:
        out.append("```")
    return "\n".join(line if line == "```" else line.replace("``", "`") for line in out)


def state_table() -> str:
    """Every field by owner, with unit, start and meaning."""
    parts = []
    for actor in Actor:
        rows = [
            (f"`{f.name}`", "state" if f.is_state else "term", f.initial if f.is_state else "", f.unit, f.meaning)
            for f in FIELDS
            if f.owner == actor
        ]
        parts.append(f"**{actor.name}**\n\n" + markdown_table(("name", "kind", "start", "unit", "meaning"), rows))
    return "\n\n".join(parts)


def schedule() -> str:
    """The phases and their rules in order."""
    lines = []
    for number, phase in enumerate(MONTH, 1):
        lines.append(f"{number}. **{phase.title}**")
        for step in phase.steps:
            where = f" *where {step.when}*" if step.when else ""
            lines.append(f"   - `{step.name}` → {', '.join(f'`{name}`' for name in step.writes)}{where}")
    return "\n".join(lines)


def submodels() -> str:
    """Each rule's text and equation, phase by phase."""
    parts = []
    for number, phase in enumerate(MONTH, 1):
        parts.append(f"### Phase {number}: {phase.title}")
        for step in phase.steps:
            where = f", where {step.when} > 0" if step.when else ""
            parts.append(f"#### `{step.name}` → {', '.join(f'`{n}`' for n in step.writes)}{where}")
            parts.append(docstring(step.rule))
            parts.append("Reads: " + ", ".join(f"`{name}`" for name in step.reads) + ".")
    return "\n\n".join(parts)


def parameter_table() -> str:
    """Every parameter with default, range, unit, source and meaning."""
    parts = []
    for group, rows in GROUPS.items():
        cells = [
            (
                f"`{p.name}`",
                p.default,
                f"{p.low:g} … {p.high:g}{' (log)' if p.log else ''}",
                p.unit,
                p.source,
                p.meaning,
            )
            for p in rows
        ]
        parts.append(
            f"**{group}**\n\n" + markdown_table(("name", "default", "range", "unit", "source", "meaning"), cells)
        )
    return "\n\n".join(parts)


def _switches() -> str:
    return "; ".join(
        f"`{p.name}` " + ", ".join(f"{int(level)} = {level.name.lower()}" for level in p.switch or ()) for p in SWITCHES
    )


def odd(template: str) -> str:
    """The template with every placeholder filled."""
    fill = {
        "state_table": state_table(),
        "lever_table": markdown_table(
            ("lever", "pillar", "today", "0 means", "1 means"),
            [(f"`{v.name}`", v.pillar, v.today, v.low, v.high) for v in LEVERS.values()],
        ),
        "driver_table": markdown_table(
            ("driver", "default", "meaning"),
            [(f"`{k}`", "the season below" if "season" in k else v[0], v[1]) for k, v in DRIVERS.items()],
        ),
        "schedule": schedule(),
        "stratified": " and ".join(map(str, STRATIFIED)),
        "strata": str(STRATA),
        "season": ", ".join(f"month {k}: {v}" for k, v in SEASON.items()),
        "switches": _switches(),
        "blocks": "\n\n".join(
            f"#### `{b.__name__}({', '.join(inspect.signature(b).parameters)})`\n\n{docstring(b)}" for b in _BLOCKS
        ),
        "submodels": submodels(),
        "parameters": parameter_table(),
        "sources": markdown_table(("key", "source"), SOURCES.items()),
    }
    draws = markdown_table(
        ("draw", "actor", "number", "block", "word"),
        [(f"`{d.name}`", d.actor.name, int(d), d.block, d.word) for d in Draw],
    )
    text = template
    for name, value in fill.items():
        text = text.replace("{{" + name + "}}", value)
    return text.replace("### Building blocks", f"### Draws\n\n{draws}\n\n### Building blocks", 1)


def main(path: str) -> None:
    """Fill ``odd_template.md`` beside ``path`` and write it to ``path``."""
    target = Path(path)
    target.write_text(odd((target.parent / "odd_template.md").read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])

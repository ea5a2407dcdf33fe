"""Pathways, and the causes of one war, as Markdown."""

from itertools import groupby
from pathlib import Path

from ...analysis.causes.but_for import War
from ...analysis.causes.hinges import Change
from ...analysis.causes.pathways import STAGES
from ...analysis.causes.study import Pathways
from ...model.levers import month_label
from ...util.markdown import markdown_table

#: Pathways, and sets of changes, told at most.
MOST = 8


def markdown(found: Pathways) -> str:
    """The tables of pathways, and of what averts."""
    parts = []
    for row in found.table.itertuples():
        parts.append(
            f"**{row.package}**: {row.n_failures:,} failures in {row.n_runs:,} runs; risk {100 * row.rate:.1f} % "
            f"[{100 * row.low:.1f}, {100 * row.high:.1f}] over {row.n_worlds} different worlds."
        )
        if not row.n_failures:
            parts.append("No run failed; there is no pathway to count.")
            continue
        paths = found.paths[found.paths["package"] == row.package].head(MOST)
        head = (*(STAGES[name].title for name in found.stages), "failures", "share [95 %]", "one run (world)")
        rows = [
            (*(path[name] for name in found.stages), f"{path['count']:,}", _share(path["share"], path["low"], path["high"]),
             f"{path['run']} ({path['world']})")
            for _, path in paths.iterrows()
        ]  # fmt: skip
        parts.append(markdown_table(head, rows))
        averting = found.averting[found.averting["package"] == row.package]
        if len(averting):
            n = int(averting["n_failures"].iloc[0])
            some = averting[averting["averted"] > 0].sort_values("averted", ascending=False, kind="stable")
            lines = [
                (f"`{one.rule}`" if one.rule != "none" else "no single change", _share(one.averted, one.low, one.high))
                for one in some.itertuples()
            ]
            parts.append(
                f"Of {n} failures, replayed with every single change: the share that a change of this kind averts."
            )
            parts.append(markdown_table(("turned in one month", "averts [95 %]"), lines))
    return "\n\n".join(parts)


def document(found: Pathways, file: str | Path) -> str:
    """The whole finding as a page."""
    return f"# By which way deterrence fails\n\nMade by `crink-abm causes {file}`.\n\n{markdown(found)}\n"


def war(one: War) -> str:
    """The causes of one war as Markdown: what would have averted it, and the story's sentences."""
    parts = [one.verdict()]
    if one.singles:
        parts.append("Each of these by itself, all else as drawn:")
        parts.append("\n".join(f"* {line}" for line in _singles(one)))
    if one.pairs:
        parts.append("Pairs that avert it, where neither change does by itself:")
        parts.append("\n".join(f"* {_said(a, one)}; and {_said(b, one)}" for a, b in one.pairs[:MOST]))
        if len(one.pairs) > MOST:
            parts.append(f"... and {len(one.pairs) - MOST} more pairs.")
    if one.month >= 0:
        n, decisions = len(one.changes), int(one.changes["decision"].sum())
        parts.append(f"{n} single changes make some difference to the run; {decisions} of them are leaders' decisions.")
        model = one.model().run()
        told = [event for event in model.events if event.month <= one.month and event.calculus is not None][-3:]
        parts.append("The run's last decisions:\n\n" + "\n".join(f"* {event.date}: {event.text}" for event in told))
    return "\n\n".join(parts)


def _singles(one: War) -> list[str]:
    """Averting changes; months in a row of one kind in one line."""
    rows = one.changes[one.changes["averts"]].sort_values(["rule", "month"], kind="stable").to_dict("records")
    lines = []
    for _, group in groupby(enumerate(rows), key=lambda pair: (pair[1]["rule"], pair[1]["month"] - pair[0])):
        some = [row for _, row in group]
        first, last = some[0], some[-1]
        when = first["date"] if len(some) == 1 else f"in any month from {first['date']} to {last['date']}"
        lines.append(f"{when}: {first['happened']}; instead, {first['instead']} (`{first['rule']}`)")
    return sorted(lines)


def _said(change: Change, one: War) -> str:
    found = one.changes[(one.changes["month"] == change.month) & (one.changes["rule"] == change.rule)]
    date = month_label(change.month, one.start)
    if len(found):
        row = found.iloc[0]
        return f"{date}: {row['happened']}; instead, {row['instead']} (`{change.rule}`)"
    return f"{date}: `{change.rule}` is turned in the run that the other change leaves"


def _share(value: float, low: float, high: float) -> str:
    return f"{100 * value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"

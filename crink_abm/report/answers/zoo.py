"""The claims on planted faults, as a Markdown page."""

import pandas as pd

from ...analysis.claims import zoo
from ...analysis.claims.zoo import Zoo
from ...estimation.intervals import jeffreys
from ...util.markdown import markdown_table


def _sets(rows: pd.DataFrame) -> dict[str, list[str]]:
    """The claims of a fault by what became of them."""
    touched, found = rows["touched"], rows["found"]
    return {
        "caught": rows.loc[touched & (found == "caught"), "claim"].tolist(),
        "missed": rows.loc[touched & (found == "clear"), "claim"].tolist(),
        "open": rows.loc[touched & (found == "open"), "claim"].tolist(),
        "extra": rows.loc[~touched & (found == "caught"), "claim"].tolist(),
    }


def exact(found: Zoo) -> list[str]:
    """The faults that are caught by exactly the claims they touch."""
    return [name for name, rows in found.confusion.groupby("fault", sort=False) if _is_exact(_sets(rows))]


def _is_exact(sets: dict[str, list[str]]) -> bool:
    return bool(sets["caught"]) and not (sets["missed"] or sets["open"] or sets["extra"])


def alarm_rate(found: Zoo) -> tuple[int, int, float, float]:
    """False alarms among claims and splits: how many, of how many; and the share of splits with any, the worst claim's share."""
    alarms = found.alarms
    return (
        int(alarms["alarm"].sum()), len(alarms), float(alarms.groupby("split")["alarm"].any().mean()),
        float(alarms.groupby("claim")["alarm"].mean().max()),
    )  # fmt: skip


def summary(found: Zoo) -> str:
    """A line a fault, and the false alarms."""
    lines = []
    for name, rows in found.confusion.groupby("fault", sort=False):
        sets = _sets(rows)
        lines.append(f"{name:<26}" + "; ".join(f"{word} {' '.join(some)}" for word, some in sets.items() if some))
    alarms, n, any_, worst = alarm_rate(found)
    lines.append(f"exactly: {len(exact(found))} of {len(found.faults)} faults")
    lines.append(
        f"false alarms: {alarms} of {n}; splits with any: {100 * any_:.1f} %; the worst claim {100 * worst:.1f} %"
    )
    return "\n".join(lines)


def document(found: Zoo) -> str:
    """The whole page."""
    by_fault = {str(name): _sets(rows) for name, rows in found.confusion.groupby("fault", sort=False)}
    table = found.confusion
    cells = pd.crosstab(table["touched"], table["found"]).reindex(
        index=[True, False], columns=["caught", "open", "clear"], fill_value=0
    )
    alarms, n, any_, worst = alarm_rate(found)
    low, high = (float(x) for x in jeffreys(alarms, n))
    noticed = sum(bool(sets["caught"]) for sets in by_fault.values())
    parts = [
        "# The claims on planted faults",
        "Made by `crink-abm claims --zoo --markdown docs/zoo.md`.",
        "A test that cannot fail says nothing. Here the model is broken on purpose: signs are turned, mechanisms "
        "killed, theatres swapped, "
        "months lost, chance leaked. Each fault touches the claims that rest on the mechanism it breaks, by the registry "
        "(`crink_abm/model/mechanisms.py`), and should be caught by exactly these.",
        "A claim *catches* a fault if its estimate, or that of its counter-claim, moves beyond the claim's margin: the "
        "paired difference of "
        "the faulty and the clean model is called above or below the margin by its interval, 95 % over all claims at "
        "once (Bonferroni). It is *clear* of it if both "
        "differences lie within the margin, else *open*. "
        f"{zoo.PLANTED.worlds} worlds, {zoo.PLANTED.runs_per_world} runs each and arm, seed {zoo.PLANTED.seed}, common "
        "random numbers.",
        "The registry is not independent of the model: it was corrected after mechanisms were switched off and faults "
        "planted with other "
        "seeds, and after this planting for *nothing persists* (C17), *leaked chance* and *door closed a year early*. "
        "Most of what is "
        "touched and not caught is *open*: the interval is too wide at this size, not near 0.",
        f"**{noticed} of {len(found.faults)} faults are caught, {len(exact(found))} by exactly the claims they touch.**",
        markdown_table(
            ("", "caught", "open", "clear"),
            [(word, *cells.loc[touched]) for touched, word in ((True, "touched claims"), (False, "other claims"))],
        ),
        "## Fault by fault",
        markdown_table(
            ("fault", "kind", "what is wrong", "caught by", "open", "missed", "caught besides"),
            [
                (one.name, one.kind, one.meaning,
                 *(" ".join(by_fault[one.name][word]) for word in ("caught", "open", "missed", "extra")))
                for one in found.faults
            ],
        ),
        "*Open*: touched, and the interval reaches across the margin at this size. *Missed*: touched, and within the "
        "margin. *Caught "
        "besides*: not touched by the registry, and moved beyond the margin all the same.",
        "## False alarms",
        f"The clean model is run with {len(zoo.SEEDS)} seeds ({zoo.CLEAN.worlds} worlds, {zoo.CLEAN.runs_per_world} "
        "runs each and arm). "
        f"{zoo.SPLITS} times the seeds are split at random into two halves, one of which stands for a faulty model. "
        "Splits share runs, so "
        "they are not independent: the rate is right, its interval is too narrow.",
        f"{alarms} of {n:,} comparisons of a claim give alarm ({100 * alarms / n:.2f} % [{100 * low:.2f}, {100 * high:.2f}]); "
        f"{100 * any_:.1f} % of the splits have any among the claims; the worst claim has {100 * worst:.1f} %.",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"

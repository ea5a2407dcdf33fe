"""The chart of an ablation: levers by mechanisms, the effect before and after."""

import pandas as pd
from matplotlib.figure import Figure

from ...model.outcomes import REGISTRY
from .. import primitives, style

#: Marks of verdicts in a cell.
MARKS = {
    "carries the effect": "C", "adds to it": "+", "works against it": "\N{MINUS SIGN}", "offset by others": "o",
    "cannot be told": "?",
    "no part within the margin": "",
}  # fmt: skip


def before_after(effects: pd.DataFrame, outcome: str) -> Figure:
    """The change of a risk by every package: as the model has it in the first column, then with each mechanism switched off.

    Parameters
    ----------
    effects : the effects of :class:`crink_abm.analysis.ablation.Ablation`
    outcome : which of its outcomes is shown
    """
    rows = effects[effects["outcome"] == outcome]
    packages, mechanisms = list(dict.fromkeys(rows["package"])), list(dict.fromkeys(rows["mechanism"]))
    after = rows.pivot(index="package", columns="mechanism", values="after").loc[packages, mechanisms]
    said = rows.pivot(index="package", columns="mechanism", values="verdict").loc[packages, mechanisms]
    before = rows.groupby("package", sort=False)["before"].first().loc[packages]
    table = 100 * pd.concat([before.rename("as it is"), after], axis=1)
    fig = style.figure(0.24 * len(packages) + 1.6)
    ax = fig.add_subplot()
    most = float(table.abs().max().max()) or 1.0
    image = ax.imshow(table.to_numpy(), cmap=style.DIVERGING, vmin=-most, vmax=most, aspect="auto")
    for i, package in enumerate(packages):
        for j, name in enumerate(table.columns):
            value = table.loc[package, name]
            mark = MARKS[said.loc[package, name]] if j else ""
            shown = f"{value:+.1f}".replace("-", "\N{MINUS SIGN}") if round(value, 1) else "0"
            ax.text(j, i, f"{shown}\n{mark}" if j else shown, ha="center", va="center", fontsize=5.2, linespacing=1.0,
                    color="white" if abs(value) > 0.6 * most else style.INK)  # fmt: skip
    ax.axvline(0.5, color=style.INK, linewidth=1.0)
    ax.set_yticks(range(len(packages)), [name.replace("_", " ") for name in packages])
    ax.set_xticks(
        range(len(table.columns)),
        [name.replace("_", " ") for name in table.columns],
        rotation=55,
        ha="right",
        fontsize=6,
    )
    ax.tick_params(length=0)
    bar = fig.colorbar(image, ax=ax, shrink=0.7, pad=0.01)
    bar.set_label(primitives.CHANGE)
    bar.outline.set_visible(False)
    first = rows.iloc[0]
    style.caption(
        fig, f"What each lever does to the risk of {_words(outcome)}, with every mechanism and without each",
        [
            "First column: the change of the ten-year risk in percentage points as the model has it; others: with the "
            "mechanism named "
            "below switched off in every world. Below the number: C it carries the effect, + it adds to it, − it works "
            "against it, o others offset it, "
            f"? cannot be told; nothing: no part within {100 * first['margin']:g} points. {first['n_worlds']} worlds "
            f"({first['n_different']} different), {first['runs_per_world']} runs each and arm, common random numbers.",
        ],
    )  # fmt: skip
    return style.settle(fig)


def _words(outcome: str) -> str:
    """An outcome as a title has it."""
    known = REGISTRY.by_name.get(outcome)
    return known.label.lower().replace("taiwan", "Taiwan").replace("korea", "Korea") if known else outcome

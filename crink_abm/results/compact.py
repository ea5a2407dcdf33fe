"""Compact tables for papers: a policy a row, an outcome a column, "+0.52 [+0.36, +0.68]" in a cell.

What is shown is the change from the baseline in percentage points with its 95 % interval, and before it the baseline's risk.
"""

import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..model import arguments
from ..model.outcomes import CONDITIONALS, OUTCOMES, REGISTRY
from ..typing import PathLike
from ..util.errors import InputError, told
from ..util.files import write_bytes
from ..util.markdown import markdown_table

#: The outcomes shown where none are named: the four kinds of force.
FOUR = ("taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war")
#: Kinds of interval -> what stands in the columns of a table of estimates, and in words.
INTERVALS = {
    "ensemble": ("ensemble_", "over the ensemble of worlds (what is believed about the parameters and structures is part of it)"),
    "runs": ("", "for Monte Carlo noise, the worlds given"),
}  # fmt: skip
#: What is said of a change whose interval excludes 0, or does not.
LOWER, HIGHER, UNCLEAR = "lower", "higher", "cannot be told"
_MARK = {LOWER: "\u2193", HIGHER: "\u2191", UNCLEAR: "", "": ""}


def label(outcome: str) -> str:
    """An outcome, or a conditional one, in words; what is neither as it is written."""
    if outcome in OUTCOMES:
        return REGISTRY.by_name[outcome].label
    return CONDITIONALS[outcome].label if outcome in CONDITIONALS else outcome


def verdict(low: float, high: float) -> str:
    """What the interval of a change says of its sign: lower, higher, cannot be told; nothing where there is no interval."""
    if np.isnan(low) or np.isnan(high):
        return ""
    return LOWER if high < 0.0 else HIGHER if low > 0.0 else UNCLEAR


class CompactTable:
    """A table of changes to be read, printed and pasted.

    Attributes
    ----------
    numbers : DataFrame, a row a policy and outcome: policy, outcome, label, risk, risk_low, risk_high, change, low, high (shares,
        not points), verdict, n_runs
    frame : DataFrame of text, a row a policy, a column an outcome
    note : what the cells are

    Examples
    --------
    >>> import crink_abm as crink
    >>> table = crink.compare({}, {"usfk_posture": 0.9}, names=["today", "more"], runs=500, worlds="defaults").table(digits=0)
    >>> table.frame.index.tolist()
    ['today (risk)', 'more']
    >>> print(table.latex().splitlines()[0])
    \\begin{tabular}{lllll}
    """

    numbers: pd.DataFrame
    frame: pd.DataFrame
    note: str

    def __init__(self, numbers: pd.DataFrame, baseline: str, digits: int, note: str) -> None:
        self.numbers, self.note = numbers, note
        cells: dict[str, dict[str, str]] = {}
        for one in numbers.itertuples():
            if one.policy == baseline:
                text = _cell(one.risk, one.risk_low, one.risk_high, digits, "")
            elif np.isnan(one.change):  # a conditional: no pairs of runs to compare
                text = _cell(one.risk, one.risk_low, one.risk_high, digits, "") + " (risk)"
            else:
                text = _cell(one.change, one.low, one.high, digits, "+") + f" {_MARK[one.verdict]}"
            row = f"{baseline} (risk)" if one.policy == baseline else str(one.policy)
            cells.setdefault(row, {})[one.label] = text.strip()
        self.frame = pd.DataFrame.from_dict(cells, orient="index").rename_axis("policy")

    def text(self) -> str:
        """For a terminal."""
        return f"{self.frame.to_string()}\n{self.note}"

    def markdown(self) -> str:
        """A Markdown table with the note below."""
        rows = [[_plain(name), *map(_plain, cells)] for name, *cells in self.frame.itertuples()]
        return f"{markdown_table(['', *map(_plain, self.frame)], rows)}\n\n{self.note}\n"

    def latex(self) -> str:
        """A ``tabular`` for a paper; nothing but booktabs-free LaTeX is asked for."""
        lines = [" & ".join(["", *map(_tex, self.frame)]) + r" \\", r"\hline"]
        lines += [" & ".join([_tex(str(name)), *map(_tex, cells)]) + r" \\" for name, *cells in self.frame.itertuples()]
        body = "\n".join([r"\hline", *lines, r"\hline"])
        return f"\\begin{{tabular}}{{{'l' * (1 + len(self.frame.columns))}}}\n{body}\n\\end{{tabular}}\n% {self.note}\n"

    def html(self) -> str:
        """An HTML table with the note below."""
        return self.frame.rename_axis(None).to_html(escape=True) + f"\n<p>{html.escape(self.note)}</p>\n"

    def csv(self) -> str:
        """The numbers, tidy."""
        text: str = self.numbers.to_csv(index=False)
        return text

    def save(self, path: PathLike) -> Path:
        """Write the table; the name's end says how: .txt, .md, .tex, .html, .csv, .docx (python-docx) or .xlsx (openpyxl).

        Raises
        ------
        InputError
            On another end, or where the library for it is not installed.
        """
        place = arguments.path("path", path)
        write = _WRITERS.get(place.suffix.lower())
        if write is None:
            raise InputError(f"a table is written as {', '.join(_WRITERS)}; {told(place.name)} ends in none of them")
        write_bytes(place, write(self))
        return place

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


def compact(
    estimates: pd.DataFrame, baseline: str, *, outcomes: Sequence[str] | str | None = None,
    policies: Sequence[str] | str | None = None, interval: str = "ensemble", digits: int = 1, months: int | None = None,
) -> CompactTable:  # fmt: skip
    """A compact table of estimates.

    Parameters
    ----------
    estimates : a row a policy and outcome, with a column ``policy`` of names
    baseline : the policy that the others are compared with
    outcomes : which, by name; the four kinds of force if None
    policies : which, by name; all if None
    interval : ``"ensemble"``, the worlds as the sample; ``"runs"``, the worlds given
    digits : of a percentage point
    months : length of a run, for the note

    Raises
    ------
    InputError
        On an outcome or a policy that there is not.
    """
    known = list(dict.fromkeys(estimates["outcome"]))
    chosen = (
        [name for name in FOUR if name in known] if outcomes is None else arguments.names("outcomes", outcomes, known)
    )
    named = list(dict.fromkeys(map(str, estimates["policy"])))
    wanted = named if policies is None else arguments.names("policies", policies, named, kind="policy")
    kind = arguments.one_of("interval", interval, INTERVALS)
    digits = arguments.whole("digits", digits, 0, 6)
    prefix, words = INTERVALS[
        "runs" if estimates["ensemble_low"].isna().all() else kind
    ]  # one world is no sample of worlds
    table, rows = estimates.assign(policy=estimates["policy"].astype(str)).set_index(["policy", "outcome"]), []
    for policy in dict.fromkeys([baseline, *wanted]):
        for outcome in chosen:
            one = table.loc[(policy, outcome)]
            one = one.iloc[-1] if isinstance(one, pd.DataFrame) else one
            ends = [_end(one, f"{start}{prefix}", end) for start in ("", "diff_") for end in ("low", "high")]
            change = float("nan") if policy == baseline else float(one["diff"])
            rows.append(
                (policy, outcome, label(outcome), float(one["prob"]), *ends[:2], change, *ends[2:],
                 "" if policy == baseline else verdict(*ends[2:]), int(one["n_runs"]))
            )  # fmt: skip
    columns = [
        "policy",
        "outcome",
        "label",
        "risk",
        "risk_low",
        "risk_high",
        "change",
        "low",
        "high",
        "verdict",
        "n_runs",
    ]
    numbers = pd.DataFrame(rows, columns=columns)
    runs = f"{numbers['n_runs'].min():,}" + (
        "" if numbers["n_runs"].nunique() == 1 else f" to {numbers['n_runs'].max():,}"
    )
    over = f" over {months} months" if months else ""
    note = (
        f"Risk of {baseline!r}{over} in per cent; changes from it in percentage points (paired runs), \u2193 lower, \u2191 "
        f"higher, else the sign cannot be told; in brackets 95 % intervals {words}; {runs} runs each. Theoretical exploration, "
        "no forecast."
    )
    return CompactTable(numbers, baseline, digits, note)


class Comparison(pd.DataFrame):
    """A table of estimates that shows its answer first: :meth:`table`; every column is there, and in :attr:`full`."""

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    @property
    def full(self) -> pd.DataFrame:
        """All columns, as a plain DataFrame."""
        return pd.DataFrame(self)

    def table(
        self, outcomes: Sequence[str] | str | None = None, policies: Sequence[str] | str | None = None, *,
        interval: str = "ensemble", digits: int = 1,
    ) -> CompactTable:  # fmt: skip
        """The changes as a compact table (:func:`compact`), from the first policy."""
        return compact(
            self.full, str(self["policy"].iloc[0]), outcomes=outcomes, policies=policies, interval=interval, digits=digits,
            months=self.attrs.get("months"),
        )  # fmt: skip

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()


def _end(row: Any, prefix: str, end: str) -> float:
    """One end of an interval; that of the worlds given where there is none over the worlds."""
    value = row[f"{prefix}{end}"]
    return float(row[f"{prefix.replace('ensemble_', '')}{end}"] if pd.isna(value) else value)


def _cell(value: float, low: float, high: float, digits: int, sign: str) -> str:
    """A number with its interval, in percentage points."""
    if np.isnan(value):
        return "\u2013"
    one, *ends = (f"{100.0 * x + 0.0:{sign}.{digits}f}".replace("-", "\u2212") for x in (value, low, high))
    return f"{one} [{', '.join(ends)}]"


def _plain(text: object) -> str:
    """Text that Markdown leaves as it is."""
    return str(text).replace("|", "\\|")


_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\u2212": "$-$", "\u2191": r"$\uparrow$", "\u2193": r"$\downarrow$",
    "\u2013": "--",
}  # fmt: skip


def _tex(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(_TEX.get(letter, letter) for letter in text)


def _word(table: CompactTable) -> bytes:
    """A Word document with the table."""
    import io

    try:
        from docx import Document
    except ImportError:
        raise InputError("Word files are written by python-docx: pip install 'crink_abm[tables]'") from None
    document, head = Document(), ["", *table.frame]
    made = document.add_table(1 + len(table.frame), len(head), style="Light List")
    for row, cells in enumerate([head, *([name, *rest] for name, *rest in table.frame.itertuples())]):
        for column, text in enumerate(cells):
            made.cell(row, column).text = str(text)
    document.add_paragraph(table.note)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _excel(table: CompactTable) -> bytes:
    """A workbook: the table, and the numbers behind it."""
    import io

    buffer = io.BytesIO()
    try:
        writer = pd.ExcelWriter(buffer, engine="openpyxl")
    except ImportError:
        raise InputError("Excel files are written by openpyxl: pip install 'crink_abm[tables]'") from None
    with writer:
        table.frame.to_excel(writer, sheet_name="table")
        table.numbers.to_excel(writer, sheet_name="numbers", index=False)
        pd.DataFrame({"note": [table.note]}).to_excel(writer, sheet_name="note", index=False)
    return buffer.getvalue()


_WRITERS: dict[str, Callable[[CompactTable], bytes]] = {
    ".txt": lambda table: f"{table.text()}\n".encode(),
    ".md": lambda table: table.markdown().encode(),
    ".tex": lambda table: table.latex().encode(),
    ".html": lambda table: table.html().encode(),
    ".csv": lambda table: table.csv().encode(),
    ".docx": _word,
    ".xlsx": _excel,
}

"""How far work is: words that are true, a line a minute without a terminal, a widget in notebooks."""

import re

import nbformat
import numpy as np
import pytest
from conftest import ROOT
from nbclient import NotebookClient

import crink_abm as crink
from crink_abm.util import progress

_PLAN = {
    "experiment": {"name": "shown", "seed": 8, "runs": 20_000, "months": 60},
    "levers": {"usfk_posture": [0.1, 0.5, 0.9]},
    "worlds": {"ensemble": "defaults"},
}


def test_the_words_are_those_of_the_estimates(tmp_path, monkeypatch):
    """Policies done, and in the end the widest half-width of the estimates."""
    from crink_abm.sweeps import cells

    monkeypatch.setattr(cells, "PACK_RUNS", 8_192)
    told = []
    results = crink.sweep(_PLAN, tmp_path / "x", progress=lambda *said: told.append(said))
    assert [done for done, *_ in told] == sorted(done for done, *_ in told)
    assert told[0][:2] == (0, 60_000)
    assert told[-1][:2] == (60_000, 60_000)
    finished, widths = zip(
        *(re.fullmatch(r"(\d)/3 policies, ±(.+)", words).groups() for *_, words in told[1:]), strict=True
    )
    assert (finished[0], finished[-1]) == ("0", "3")
    rows = results.estimates[results.estimates["outcome"].isin(crink.OUTCOMES)]
    assert float(widths[-1]) == pytest.approx(((rows["high"] - rows["low"]) / 2).max(), rel=0.05)  # two digits are told
    assert float(widths[0]) > float(widths[-1])


def test_a_plain_line_a_minute_where_there_is_no_terminal(monkeypatch, capsys):
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    show = progress.shown("run")
    show(400, 1_000_400, "")
    for done in range(50_400, 1_000_401, 50_000):
        now[0] += 10.0
        show(done, 1_000_400, "a few words")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "300,400 of 1,000,400 runs (30 %), 5,000 a second, 140 s left; a few words"
    assert len(lines) == 4
    assert lines[-1].startswith("1,000,400 of 1,000,400 runs (100 %), 5,000 a second, 0 s left")


def test_a_bar_on_a_terminal_and_anew_for_a_second_piece_of_work(monkeypatch, capsys):
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True, raising=False)
    show = progress.shown("run")
    for done in (0, 50, 100, 0, 60):
        show(done, 100, f"words {done}")
    err = capsys.readouterr().err
    assert "words 100" in err
    assert err.count("100%") >= 1
    assert "0.00/100" in err.split("words 100")[-1]


def test_what_a_caller_asks_for_is_shown_and_nothing_else(capsys):
    assert progress.chosen(print, "run") is print
    for silent in (None, False):
        progress.chosen(silent, "run")(np.int64(5), 10, "")
    assert capsys.readouterr().err == ""


@pytest.mark.once
@pytest.mark.parametrize("widgets", [True, False])
def test_a_notebook_shows_a_widget_or_text_and_no_warning(tmp_path, monkeypatch, widgets):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    hide = "" if widgets else "import sys; sys.modules['ipywidgets'] = None\n"
    code = f"{hide}import crink_abm as crink\nresults = crink.sweep({_PLAN!r}, 'x')"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = book.cells[0].outputs
    assert any("application/vnd.jupyter.widget-view+json" in o.get("data", {}) for o in outputs) == widgets
    text = "".join(o.get("text", "") for o in outputs)
    assert ("run" in text) != widgets
    assert "Warning" not in text

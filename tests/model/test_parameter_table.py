"""The table of parameters: what stands in it is what the model has, and a spoilt table is refused with a remedy."""

import csv
import subprocess
import sys

import pytest
from conftest import ROOT

from crink_abm import InputError
from crink_abm.model.parameters import CATALOGUE, GROUPS, SWITCHES, checked
from crink_abm.model.parameters.table import HEADINGS, TABLE, rows_as_parameters

TEXT = TABLE.read_text(encoding="utf-8")
ROW = "curvature,Leaders,0.88,0.5,1.0,exponent,F263,Curvature of the value function (prospect theory)\n"


@pytest.fixture
def spoilt(tmp_path):
    """Write the table with one text in place of another."""

    def write(old, new, count=1):
        assert TEXT.count(old) >= count
        path = tmp_path / "parameters.csv"
        path.write_text(TEXT.replace(old, new, count), encoding="utf-8")
        return path

    return write


def test_the_catalogue_is_the_switches_and_the_table_row_by_row():
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [p.name for p in CATALOGUE.values()] == [p.name for p in SWITCHES] + [row["name"] for row in rows]
    assert list(GROUPS) == ["Structural switches", *HEADINGS]
    for row in rows:
        p = CATALOGUE[row["name"]]
        assert p in GROUPS[row["group"]]
        assert (repr(p.default), repr(p.low), repr(p.high)) == (row["default"], row["low"], row["high"])
        assert (p.unit, p.source, p.meaning) == (row["unit"], row["source"], row["meaning"])
    assert checked()["curvature"] == 0.88


def test_hazards_over_a_wide_range_are_log_uniform():
    """What the prior draws log-uniformly follows from a row's unit and range."""
    assert CATALOGUE["belief_memory"].unit == "per month"
    assert not CATALOGUE["belief_memory"].log
    assert CATALOGUE["coercion_adjustment"].log


def test_a_spreadsheet_may_save_the_table(tmp_path):
    """A byte order mark, other line ends and quotes around every cell change nothing."""
    rows = list(csv.reader(TEXT.splitlines()))
    path = tmp_path / "saved.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    assert rows_as_parameters(path) == rows_as_parameters()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name,group,default", "name,default,group", r"line 1: the columns are name, group, default, .* in this order"),
        ("curvature,", "cur vature,", r"line 4: a name is small letters, .* 'cur vature' is there"),
        ("curvature,", "lambda,", "line 4: a name is small letters"),
        ("curvature,", "spiral_weight,", "line 4: the name spiral_weight is that of line 2 too; give each once"),
        ("curvature,", "xi_theory,", "line 4: the name xi_theory is that of a structural switch too"),
        (
            "curvature,Leaders",
            "curvature,Leader",
            r"line 4: there is no group 'Leader' \(did you mean Leaders\?\); groups are",
        ),
        (
            ",Leaders,0.88",
            ",China,0.88",
            "line 5: the group Leaders stands below China; keep the rows of a group together",
        ),
        ("0.88,0.5,1.0", "0.88,0.5,one", "line 4: the high of curvature is a number; 'one' is there"),
        (
            "0.88,0.5,1.0",
            '"0,88",0.5,1.0',
            r"line 4: the default of curvature is a number; '0,88' is there; numbers have a point",
        ),
        ("0.88,0.5,1.0", "0.88,nan,1.0", "line 4: the low of curvature is a number; 'nan' is there"),
        ("0.88,0.5,1.0", "0.88,0.5,1e999", "line 4: the high of curvature is a number"),
        (
            "0.88,0.5,1.0",
            "1.88,0.5,1.0",
            "line 4: the default of curvature, 1.88, lies outside its range, 0.5 to 1; mend one",
        ),
        ("0.88,0.5,1.0", "0.88,1.0,0.5", "line 4: the default of curvature, 0.88, lies outside its range, 1 to 0.5"),
        ("exponent,F263,", "exponent,,", "line 4: the source of curvature is empty; say it"),
        ("0.88,0.5,1.0", "0,88,0.5,1.0", r"line 4 has 9 cells where the header has 8 \(a decimal comma\?"),
        (ROW, ROW.rstrip("\n")[:-40] + '"', "line 4"),
    ],
)
def test_a_spoilt_table_is_refused_with_file_line_and_remedy(spoilt, old, new, message):
    path = spoilt(old, new)
    with pytest.raises(InputError, match=message) as told:
        rows_as_parameters(path, [p.name for p in SWITCHES])
    assert "parameters.csv" in str(told.value)


def test_a_missing_group_and_a_missing_table_are_told(tmp_path):
    path = tmp_path / "parameters.csv"
    path.write_text(
        "".join(line for line in TEXT.splitlines(keepends=True) if ",Russia," not in line), encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"parameters.csv' has no parameter in the group Russia; put its rows back"):
        rows_as_parameters(path)
    path.unlink()
    with pytest.raises(InputError, match=r"there is no table of parameters .*parameters\.csv"):
        rows_as_parameters(path)


def test_reading_the_table_loads_no_heavy_library(tmp_path):
    """The csv module reads it: the catalogue is there without pandas, NumPy or pyarrow."""
    code = (
        "import sys; from crink_abm.model.parameters import CATALOGUE; assert len(CATALOGUE) > 300;"
        "print(sorted({'pandas', 'numpy', 'scipy', 'pyarrow'} & set(sys.modules)))"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True, env=environment
    )
    assert done.stdout.strip() == "[]"

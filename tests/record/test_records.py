"""The record's tables: what they hold, and how a wrong one is refused."""

import pandas as pd
import pytest

from crink_abm import InputError
from crink_abm.record import tables


@pytest.fixture(scope="module")
def record():
    return tables.load()


def test_every_row_names_its_source_and_how_it_was_known(record):
    for name, table in record.tables.items():
        assert table[["source", "confidence"]].notna().all(axis=None), name


def test_observed_series_end_in_2024_12(record):
    for name in ("launch_days", "provocations", "pla_aircraft"):
        assert record[name]["month"].max() == "2024-12"
    assert record.last_month == "2024-12"


def test_the_tables_give_the_figures_of_the_specification(record):
    """1.81 launch days a month in 2022-24, variance/mean 1.64, empty months 0.22; 11 Korean crises 1993-2017, no war."""
    days = record["launch_days"].set_index("month")["launch_days"]["2022-01":"2024-12"]
    assert days.mean() == pytest.approx(1.81, abs=0.005)
    assert days.var() / days.mean() == pytest.approx(1.64, abs=0.005)
    assert (days == 0).mean() == pytest.approx(0.22, abs=0.005)
    crises = record["crises"]
    korea = crises[crises["theatre"] == "korea"]
    assert len(korea) == 11
    assert korea["violence"].max() < 4
    disputes = record["onsets"].set_index(["theatre", "first_year"])["n_onsets"]
    assert (disputes["korea", 1990] / 25, disputes["taiwan", 1990] / 25) == (0.52, 0.48)


def test_the_same_layout_is_read_from_any_directory(record, tmp_path):
    record["launch_days"].to_csv(tmp_path / "launch_days.csv", index=False)
    again = tables.load(tmp_path, tables.OBSERVED)
    assert list(again.tables) == ["launch_days"]
    assert again["launch_days"].equals(record["launch_days"])


def test_later_rows_are_believed_where_both_speak_of_a_month(record, tmp_path):
    (tmp_path / "launch_days.csv").write_text("month,launch_days\n2024-12,3\n2025-01,2\n")
    both = record.updated(tables.load(tmp_path, tables.OBSERVED))["launch_days"].set_index("month")["launch_days"]
    assert both["2024-12"] == 3
    assert both["2025-01"] == 2
    assert len(both) == 157


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("launch_days", "month,days\n2025-01,2\n", "lacks the column 'launch_days'"),
        ("launch_days", "month,launch_days\n2025-13,2\n", r"line 2: month takes a month YYYY-MM; '2025-13'"),
        ("launch_days", "month,launch_days\n2025-01,2\n2025-01,3\n", "2025-01 is there twice"),
        ("launch_days", "month,launch_days\n2025-01,\n", "launch_days is empty"),
        ("launch_days", "month,launch_days\n2025-01,2.5\n", r"whole number of at least 0 in \[0, 31\]; '2.5'"),
        ("launch_days", "month,launch_days,misiles\n2025-01,2,3\n", "did you mean missiles"),
        ("pla_aircraft", "month,aircraft,days_reported,definition\n2025-01,300,31,al\n", "did you mean all"),
        ("policy", "month,name,value\n2025-01,usfk_postur,0.5\n", "did you mean usfk_posture"),
        ("policy", "month,name,value\n2025-01,usfk_posture,1.5\n", r"in \[-1, 1\]; '1.5'"),
        ("exercises", "start,end,name,scale\n2025-03,2025-03-20,X,0.5\n", "takes a date YYYY-MM-DD; '2025-03'"),
        (
            "policy",
            "month,name,value\n2025-01,exposure,0,9\n",
            r"policy.csv, line 2 has 4 cells .* 3 \(a decimal comma",
        ),
        (
            "policy",
            "month,name,value,source\n2025-01,exposure,0,9\n",
            "source takes words; '9' was given .a decimal comma",
        ),
        (
            "policy",
            'month,name,value\n\n2025-01,exposure,"0,9"\n',
            "line 3: value .*'0,9' was given; numbers have a point",
        ),
        ("policy", "month;name;value\n2025-01;exposure;0,9\n", "separated by ';'"),
        ("policy", "month,name,value\n2025-01,exposure\n", "line 2 has 2 cells"),
        ("policy", ",month,name,value\n0,2025-01,exposure,0.9\n", "column 1 has no name"),
        ("policy", "month,name,value,value\n2025-01,exposure,0.9,0.8\n", "'value' is there twice"),
        ("policy", "month,name,value\n2025-01,exposure,True\n", "value .*'True' was given"),
        ("policy", "month,name,value\n2025-01,exposure,-0.5\n", r"the lever exposure lies in \[0, 1\]; -0.5"),
        ("policy", "month,name,value\n２０２５-01,exposure,0.5\n", "takes a month YYYY-MM"),
        ("policy", "month,name,value\n9999-01,exposure,0.5\n", "years 1900 to 2100"),
        ("exercises", "start,end,name,scale\n2025-02-30,2025-03-20,X,0.5\n", "takes a date YYYY-MM-DD; '2025-02-30'"),
        ("exercises", "start,end,name,scale\n2025-03-20,2025-03-02,X,0.5\n", "end is at least start"),
        (
            "onsets",
            "theatre,first_year,last_year,n_onsets,n_wars\nkorea,1990,2014,1,2\n",
            "n_onsets is at least n_wars",
        ),
        (
            "pla_aircraft",
            "month,aircraft,days_reported,definition\n2025-01,1e300,31,all\n",
            r"in \[0, 1e\+12\]; '1e300'",
        ),
        ("arms_flow", "as_of,measure,value,since\n2025-01-01,troops,inf,2024-01\n", "takes a number .*'inf' was given"),
    ],
)
def test_a_wrong_table_is_refused_in_one_sentence(tmp_path, name, text, message):
    (tmp_path / f"{name}.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        tables.load(tmp_path)


def test_what_spreadsheets_add_changes_no_value(record, tmp_path):
    plain = 'month,launch_days,source\n2025-01,2,KCNA\n2025-02,0,"Seoul, JCS"\n'
    right = None
    for text in (
        plain,
        "\ufeff" + plain,
        plain.replace("\n", "\r\n"),
        plain.replace("\n", ",,\n"),
        plain.replace("\n", "\n\n"),
    ):
        (tmp_path / "launch_days.csv").write_bytes(text.encode())
        table = tables.load(tmp_path)["launch_days"]
        right = table if right is None else right
        pd.testing.assert_frame_equal(table, right)
    assert right["launch_days"].tolist() == [2, 0]
    assert right["source"].tolist() == ["KCNA", "Seoul, JCS"]


def test_a_directory_that_observed_no_month_is_told(tmp_path):
    (tmp_path / "launch_days.csv").write_text("month,launch_days\n")
    with pytest.raises(InputError, match="no month was observed"):
        _ = tables.load(tmp_path).last_month


def test_a_directory_without_tables_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds none of launch_days\.csv"):
        tables.load(tmp_path, tables.OBSERVED)
    with pytest.raises(InputError, match="no directory"):
        tables.load(tmp_path / "missing")
    with pytest.raises(InputError, match=r"policy\.csv is wanted"):
        tables.Record({})["policy"]


def test_until_hides_what_came_later(record):
    early = record.until("2018-06")
    assert early["launch_days"]["month"].max() == "2018-06"
    assert early["crises"]["start"].max() == "2017-07"
    assert isinstance(early["policy"], pd.DataFrame)

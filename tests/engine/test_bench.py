"""What the benchmark counts, and the history it is kept in. Nothing here is timed."""

import json
import math
from collections import Counter

from benchmarks import record

from crink_abm.engine.benchmark import operation_counts, roofline
from crink_abm.model.rules.building_blocks import quantal


def _counted(function, *arguments):
    operation_counts.Counted.tally = Counter()
    with operation_counts.watching():
        function(*map(operation_counts.Counted, arguments))
    return dict(operation_counts.Counted.tally)


def test_a_rule_on_counting_numbers_tells_what_it_does():
    """Four utilities: three comparisons for the greatest, 4 (a - top) and 4 products, 4 exponentials, 3 sums, 4 ratios."""
    assert _counted(quantal, 0.1, 0.4, 0.2, 0.3, 2.0) == {
        "comparisons": 3, "additions and multiplications": 11, "exp": 4, "divisions": 4,
    }  # fmt: skip
    assert _counted(lambda x: math.sqrt(x), 2.0) == {"sqrt": 1}


def test_counting_changes_no_result():
    plain = quantal(0.1, 0.4, 0.2, 0.3, 2.0)
    assert quantal(*map(operation_counts.Counted, (0.1, 0.4, 0.2, 0.3, 2.0))) == plain


def test_every_kind_that_is_counted_has_a_cost():
    counts = operation_counts.operations(runs=1)
    assert {"every month"} <= set(counts)
    priced = {*roofline.UNITS, *roofline.MOVES, "blocks of draws"}
    assert {kind for count in counts.values() for kind in count} <= priced
    assert all(counts["every month"][kind] > 0 for kind in priced)


def test_the_history_grows_at_its_end(tmp_path):
    path = tmp_path / "history.json"
    record.append({"date": "one", "x": 1.23456789}, path)
    record.append({"date": "two"}, path)
    assert json.loads(path.read_text()) == [{"date": "one", "x": 1.2346}, {"date": "two"}]


def _texts(x):
    if isinstance(x, dict):
        yield from (text for key, value in x.items() for text in (key, *_texts(value)))
    elif isinstance(x, list):
        yield from (text for value in x for text in _texts(value))
    elif isinstance(x, str):
        yield x


def test_the_history_is_whole_and_says_nothing_of_where_it_was_made():
    history = json.loads(record.HISTORY.read_text())
    dates = [entry["date"] for entry in history]
    assert dates == sorted(dates)
    for entry in history:
        assert {"commit", "cpu", "python", "versions", "engines", "floor"} <= set(entry)
        assert not [text for text in _texts(entry) if text.startswith(("/", "~")) or ":\\" in text]

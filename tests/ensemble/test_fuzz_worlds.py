"""Files of worlds and tables of the record, spoilt at random: read with right values, or refused in one sentence.

What is right is told by a reader of this file's own: a few lines of RFC 4180 and arithmetic, which know nothing of the package's.
"""

import io
import random

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crink_abm import InputError
from crink_abm.ensemble import from_file
from crink_abm.model.parameters import CATALOGUE, SWITCHES
from crink_abm.record import tables

pytestmark = pytest.mark.once  # the same on every Python and Mesa

N, MANY = 400, 20_000
MARKS = set("0123456789+-.eE")
SWITCH = {p.name: {level.name.lower(): float(level) for level in p.switch} for p in SWITCHES}
PLAIN = [name for name in CATALOGUE if name not in SWITCH]


def cells_of(text: str) -> list[list[str]] | None:
    """The rows of a CSV text by RFC 4180, empty lines left out; None if quotes do not match up."""
    rows, row, cell, k, quoted = [], [], "", 0, False
    text += "\n"
    while k < len(text):
        c = text[k]
        if c == '"' and cell.strip(" ") == "" and not quoted:
            end = k + 1
            while True:
                end = text.find('"', end)
                if end < 0:
                    return None
                if text[end + 1 : end + 2] != '"':
                    break
                end += 2
            cell, k, quoted = text[k + 1 : end].replace('""', '"'), end + 1, True
            if text[k] not in ",\r\n":
                return None
            continue
        if c in ",\r\n":
            row.append(cell)
            if c != ",":
                if c == "\r" and text[k + 1 : k + 2] == "\n":
                    k += 1
                if len(row) > 1 or row[0] or quoted:
                    rows.append([cell.strip() for cell in row])
                row = []
            cell, quoted = "", False
        else:
            cell += c
        k += 1
    return rows


def decoded(data: bytes) -> str | None:
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def number(cell: str) -> float | None:
    if not cell or set(cell) - MARKS:
        return None
    try:
        return float(cell) + 0.0  # there is one zero
    except ValueError:
        return None


def table_of(data: bytes) -> tuple[list[str], list[list[str]]] | None:
    """(names, rows) of a file that says the same to everyone, else None."""
    text = decoded(data)
    rows = None if text is None else cells_of(text)
    if not rows:
        return None
    head, *rest = rows
    if any(len(row) != len(head) for row in rest):
        return None
    while head and not head[-1] and not any(row[-1] for row in rest):
        head, rest = head[:-1], [row[:-1] for row in rest]
    return (head, rest) if all(head) and len(set(head)) == len(head) else None


def worlds_by_hand(data: bytes) -> np.ndarray | None:
    """The worlds that a CSV file means; None if it means none."""
    found = table_of(data)
    if found is None or not found[1]:
        return None
    out = []
    for row in found[1]:
        world, copies = {name: float(p.default) for name, p in CATALOGUE.items()}, 1.0
        for name, cell in zip(found[0], row, strict=True):
            x = SWITCH.get(name, {}).get(cell.lower(), number(cell))
            if name == "world":
                continue
            if x is None or (name != "copies" and name not in CATALOGUE):
                return None
            if name == "copies":
                copies = x
                continue
            p = CATALOGUE[name]
            slack = 2e-6 * max(abs(p.low), abs(p.high))
            if not p.low - slack <= x <= p.high + slack or (name in SWITCH and x not in SWITCH[name].values()):
                return None
            world[name] = min(max(x, p.low), p.high)
        if not 1 <= copies <= 200_000 or copies != int(copies):
            return None
        out += [list(world.values())] * int(copies)
    return np.array(out)


def written(rng, x: float) -> str:
    return rng.choice([repr(x), f"{x:.12g}", f"{x:.3e}", f" {x!r}", f'"{x!r}"', f"{x:+.6f}"])


def worlds_text(rng) -> list[list[str]]:
    names = rng.sample(PLAIN, rng.randint(1, 4)) + rng.sample(list(SWITCH), rng.randint(0, 2))
    rng.shuffle(names)
    rows = []
    for _ in range(rng.randint(1, 6)):
        row = []
        for name in names:
            p = CATALOGUE[name]
            if name in SWITCH:
                word = rng.choice(list(SWITCH[name]))
                row.append(rng.choice([word, word.upper(), str(int(SWITCH[name][word])), f"{SWITCH[name][word]}"]))
            else:
                row.append(written(rng, p.low + (p.high - p.low) * rng.uniform(0.01, 0.99)))
        rows.append(row)
    if rng.random() < 0.4:
        names.append("copies")
        rows = [[*row, rng.choice(["1", "2", "3.0", "7"])] for row in rows]
    return [names, *rows]


#: Ways of writing that change nothing: the file must be read.
BENIGN = {
    "plain": lambda rng, t: "\n".join(map(",".join, t)).encode() + b"\n",
    "mark": lambda rng, t: b"\xef\xbb\xbf" + BENIGN["plain"](rng, t),
    "crlf": lambda rng, t: BENIGN["plain"](rng, t).replace(b"\n", b"\r\n"),
    "cr": lambda rng, t: BENIGN["plain"](rng, t).replace(b"\n", b"\r"),
    "no end": lambda rng, t: BENIGN["plain"](rng, t)[:-1],
    "blank lines": lambda rng, t: b"\n" + BENIGN["plain"](rng, t).replace(b"\n", b"\n\n"),
    "spaces": lambda rng, t: BENIGN["plain"](rng, [[f"  {c} " if '"' not in c else c for c in row] for row in t]),
    "commas at the ends": lambda rng, t: BENIGN["plain"](rng, [[*row, "", ""] for row in t]),
}

CELLS = (
    "4,5", '"4,5"', '"1,000"', "1.000,5", "1'000", "1 000", "1_000", "0x1F", "nan", "NaN", "NA", "", '""', "inf", "-Infinity", "true",
    "True", "FALSE", "2026-01-01", "2026-01-01T00:00", "12:30", "1e999", "-1e999", "1e400", "٣", "５", "½", "4.5.6", "--1", "+-1", "1e",
    ".", "e5", "$5", "5 %", "=1+1", "#REF!", "NULL", "None", "\x1b[31m1", "9" * 400, "0" * 5000 + "1", "-0", "1\x002", '"a', 'a"b', '"1"2',
    "1e7", "1e300", "0", "-1", "1.5", "200001", "prospect", "PROSPECT ", "expected_utility", "\ufeff1", "x" * 200_000,
)  # fmt: skip


def _spoil_cell(rng, t):
    k = rng.randrange(1, len(t))
    t[k][rng.randrange(len(t[k]))] = rng.choice(CELLS)
    return BENIGN["plain"](rng, t)


def _spoil_row(rng, t):
    k = rng.randrange(len(t))
    what = rng.randrange(4)
    if what == 0:
        t[k].insert(rng.randrange(len(t[k]) + 1), rng.choice(["", "5", "a,b", '"a,b"']))
    elif what == 1:
        del t[k][rng.randrange(len(t[k]))]
    elif what == 2:
        t[k] = []
    else:
        t[0][rng.randrange(len(t[0]))] = rng.choice(
            [
                "",
                "Unnamed: 0",
                "crisis_duratio",
                "copies",
                "world",
                t[0][0],
                "A" * 9000,
                "x;y",
                "a\x1b[1m\nb",
                "0",
                *PLAIN[:3],
            ]
        )
    return BENIGN["plain"](rng, t)


def _commas(rng, t):
    return BENIGN["plain"](rng, [t[0], *([c.replace(".", ",") for c in row] for row in t[1:])])


def _index(rng, t):
    return BENIGN["plain"](
        rng, [[rng.choice(["", "Unnamed: 0", "id"]), *t[0]], *([str(k), *row] for k, row in enumerate(t[1:]))]
    )


def _rows_longer(rng, t):
    return BENIGN["plain"](rng, [t[0], *([str(k), *row] for k, row in enumerate(t[1:]))])


def _bytes(rng, t):
    data = bytearray(BENIGN["plain"](rng, t))
    for _ in range(rng.randint(1, 4)):
        k = rng.randrange(len(data) + 1)
        what = rng.randrange(4)
        if what == 0 and k < len(data):
            data[k] ^= 1 << rng.randrange(8)
        elif what == 1:
            data[k:k] = rng.choice(
                [b",", b"\n", b'"', b";", b"\0", b"\r", b" ", b"\t", b"\xff", b"9", b".", b"-", b"e"]
            )
        elif what == 2:
            del data[k : k + rng.randint(1, 3)]
        else:
            del data[k:]
            data += rng.choice([b"", b"\n", b","])
        if not data:
            break
    return bytes(data)


SPOILT = {
    "cell": _spoil_cell, "row": _spoil_row, "decimal commas": _commas, "index": _index, "longer rows": _rows_longer, "bytes": _bytes,
    "semicolons": lambda rng, t: BENIGN["plain"](rng, t).replace(b",", b";"),
    "semicolons and commas": lambda rng, t: BENIGN["plain"](rng, t).replace(b",", b";").replace(b".", b","),
    "tabs": lambda rng, t: BENIGN["plain"](rng, t).replace(b",", b"\t"),
    "utf-16": lambda rng, t: BENIGN["plain"](rng, t).decode().encode(rng.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32"])),
    "latin": lambda rng, t: "é".encode("latin-1") + BENIGN["plain"](rng, t),
    "no header": lambda rng, t: BENIGN["plain"](rng, t[1:]),
    "twice": lambda rng, t: BENIGN["plain"](rng, [row + row for row in t]),
    "noise": lambda rng, t: rng.randbytes(rng.randint(0, 200)),
    "nothing": lambda rng, t: rng.choice([b"", b"\n", b"\xef\xbb\xbf", b",", b",,\n,,\n", b'"', b'""']),
}  # fmt: skip


def refused(read):
    """What ``read`` gives, or None if it refuses in one sentence that can be printed; any other error goes through."""
    try:
        return read()
    except InputError as error:
        said = str(error)
        assert len(said) < 500, said
        assert said.isprintable(), said
        return None


def _worlds_csv(folder, seeds):
    path, taken, said_no = folder / "w.csv", 0, 0
    for seed in seeds:
        rng = random.Random(seed)
        table = worlds_text(rng)
        kind = rng.choice([*BENIGN, *SPOILT, *SPOILT])
        data = (BENIGN | SPOILT)[kind](rng, table)
        path.write_bytes(data)
        found = refused(lambda: from_file.load(path))
        right = worlds_by_hand(data)
        if found is None:
            assert kind not in BENIGN, (seed, kind, data[:300])
            said_no += 1
        else:
            assert right is not None, (seed, kind, data[:300])
            assert np.array_equal(found.values, right), (seed, kind, data[:300])
            taken += 1
    return taken, said_no


# --- Parquet --------------------------------------------------------------------------------------------------------


def _parquet_column(rng, name, n):
    """(array, its right values or None if it must be refused)."""
    p = CATALOGUE[name]
    x = [p.low + (p.high - p.low) * rng.uniform(0.01, 0.99) for _ in range(n)]
    if name in SWITCH:
        x = [float(rng.choice(list(SWITCH[name].values()))) for _ in range(n)]
    bad = ["flag", "time", "date", "null", "hole", "list", "bytes", "far", "inf"]
    kind = rng.choice(bad if rng.random() < 0.15 else ["float", "float", "single", "text", "dictionary"])
    if kind == "float":
        return pa.array(x), x
    if kind == "single":
        return pa.array(np.array(x, np.float32)), np.array(x, np.float32).astype(float).tolist()
    if kind == "text":
        return pa.array([repr(v) for v in x]), x
    if kind == "dictionary":
        return pa.array([repr(v) for v in x]).dictionary_encode(), x
    if kind == "list":
        return pa.array([[v] for v in x]), None
    values = {
        "flag": pa.array([True] * n), "time": pa.array([int(1e9)] * n, pa.timestamp("ns")), "date": pa.array([1] * n, pa.date32()),
        "null": pa.nulls(n), "hole": pa.array([*x[1:], None]), "bytes": pa.array([b"1"] * n), "far": pa.array([*x[1:], 1e9]),
        "inf": pa.array([*x[1:], float("inf")]),
    }  # fmt: skip
    return values[kind], None


def _worlds_parquet(folder, seeds):
    path, taken, said_no = folder / "w.parquet", 0, 0
    for seed in seeds:
        rng = random.Random(seed)
        n, names = rng.randint(1, 5), rng.sample(PLAIN, 2) + rng.sample(list(SWITCH), 1)
        columns = {name: _parquet_column(rng, name, n) for name in names}
        right = {name: x for name, (_, x) in columns.items()}
        table = pa.table({name: a for name, (a, _) in columns.items()})
        spoil = rng.random()
        if spoil < 0.15:
            table, right = table.append_column(names[0], pa.array([CATALOGUE[names[0]].default] * n)), {"": None}
        elif spoil < 0.3:
            table, right = (
                table.append_column(rng.choice(["crisis_duratio", "x" * 5000, "id"]), pa.array([1.0] * n)),
                {"": None},
            )
        sink = io.BytesIO()
        if 0.3 < spoil < 0.6 and all(x is not None for x in right.values()):
            table = pa.Table.from_pandas(table.to_pandas().set_index(rng.choice(names)))
        pq.write_table(table, sink, write_page_checksum=True)
        data = bytearray(sink.getvalue())
        flipped = rng.random() < 0.4
        if flipped:
            for _ in range(rng.choice([1, 1, 1, 3])):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            data = data[: rng.choice([len(data), len(data), len(data) // 2, 7])]
        path.write_bytes(bytes(data))
        found = refused(lambda: from_file.load(path))
        if found is None:
            assert flipped or any(x is None for x in right.values()), (seed, names)
            said_no += 1
            continue
        assert all(x is not None for x in right.values()), (seed, names)
        for name, x in right.items():
            assert found.column(name).tolist() == x, (seed, name, flipped)
        taken += 1
    return taken, said_no


# --- tables of the record -------------------------------------------------------------------------------------------


def _record_cell(rng, c, column):
    if column.optional and rng.random() < 0.3:
        return ""
    if column.allowed:
        return rng.choice(column.allowed)
    if c in ("first_year", "last_year"):
        return str({"first_year": 1950, "last_year": 2014}[c])
    return {
        "month": f"{rng.randint(2012, 2030)}-{rng.randint(1, 12):02}", "date": f"{rng.randint(2012, 2030)}-{rng.randint(1, 12):02}-15",
        "count": rng.choice(["0", "1", "3", "2.0"]), "number": rng.choice(["0.25", "0.5", "1", "1e-1", ".75"]),
        "text": rng.choice(["Team Spirit", '"Key Resolve, Foal Eagle"', "Ulchi é", '"a ""b"" c"', '"two\nlines"']),
    }[column.kind]  # fmt: skip


def record_text(rng, layout):
    names = [c for c, column in layout.columns.items() if not column.optional or rng.random() < 0.6]
    rng.shuffle(names)
    return [names, *([_record_cell(rng, c, layout.columns[c]) for c in names] for _ in range(rng.randint(1, 5)))]


def _said(value):
    """A cell of a table that was read, comparable with what stands in the file."""
    return "" if pd.isna(value) else float(value) + 0.0 if not isinstance(value, str) else value


def _records(folder, seeds):
    taken, said_no = 0, 0
    for seed in seeds:
        rng = random.Random(seed)
        name = rng.choice(list(tables.LAYOUTS))
        layout = tables.LAYOUTS[name]
        kind = rng.choice([*BENIGN, *SPOILT, *SPOILT])
        data = (BENIGN | SPOILT)[kind](rng, record_text(rng, layout))
        path = folder / f"{name}.csv"
        path.write_bytes(data)
        found = refused(lambda: tables.read(path, name))  # noqa: B023
        if found is None:
            said_no += 1
            continue
        taken += 1
        right = table_of(data)
        assert right is not None, (seed, kind, data[:300])
        names, rows = right
        assert set(names) == set(found), (seed, kind)
        told = []
        for row in rows:
            cells = {}
            for c, cell in zip(names, row, strict=True):
                numeric = layout.columns[c].kind in (tables.COUNT, tables.NUMBER)
                cells[c] = number(cell) if numeric and cell else cell
                assert cells[c] is not None, (seed, kind, c, cell)
            told.append([cells[c] for c in found.columns])
        read = [[_said(value) for value in row] for row in found.itertuples(index=False)]
        assert sorted(map(repr, read)) == sorted(map(repr, told)), (seed, kind, data[:300])
    return taken, said_no


FUZZERS = {"worlds.csv": (_worlds_csv, 1), "worlds.parquet": (_worlds_parquet, 2), "records": (_records, 3)}


@pytest.mark.parametrize("which", list(FUZZERS))
def test_a_spoilt_table_is_read_right_or_refused_in_one_sentence(which, tmp_path):
    fuzz, seed = FUZZERS[which]
    taken, said_no = fuzz(tmp_path, range(seed * 10**6, seed * 10**6 + N))
    assert min(taken, said_no) > N // 8  # it tries both


@pytest.mark.slow
@pytest.mark.parametrize("which", list(FUZZERS))
def test_tens_of_thousands_of_spoilt_tables(which, tmp_path):
    fuzz, seed = FUZZERS[which]
    taken, said_no = fuzz(tmp_path, range(seed * 10**7, seed * 10**7 + MANY))
    assert min(taken, said_no) > MANY // 8


def test_the_fuzzer_s_own_reader_finds_a_reader_that_guesses(tmp_path, monkeypatch):
    """Negative control: with pandas' reader, which shifts longer rows by one column, the fuzzer fails."""

    def guessing(data, where):
        table = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)
        return list(table), iter(enumerate(table.fillna("").to_numpy().tolist(), 2))

    monkeypatch.setattr("crink_abm.util.csv_cells.read", guessing)
    with pytest.raises((AssertionError, ValueError)):
        _worlds_csv(tmp_path, range(10**6, 10**6 + N))

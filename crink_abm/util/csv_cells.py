"""Cells of a CSV file as they were written, or a refusal: nothing is guessed, shifted, renamed or dropped.

UTF-8 (a byte order mark may stand before it), commas, a header line, and in every row as many cells as the header has
names. A decimal comma, another separator or a column without a name is told with its file and line.
"""

import csv
import io
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from .errors import InputError

#: Bytes of a table at most, CSV and Parquet: more than any table of this package's has reason to be.
MOST_BYTES = {".csv": 2**28, ".parquet": 2**30}
#: What a CSV file is, for messages.
IS = "it is a CSV file in UTF-8 with commas between cells, points in numbers, and a header line"

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OTHER_COMMA = re.compile(r"[+-]?[0-9][0-9.']*,[0-9][0-9,]*")


def shown(value: object, most: int = 60) -> str:
    """A value as a message shows it: escaped, and cut if it is long."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of thousands of digits
        return f"a {type(value).__name__} too long to show"
    return text if len(text) <= most else f"{text[: most - 4]}...{text[-1]}"


def number(cell: str) -> float | None:
    """The number that a cell is, in figures with a point, of a hundred characters at most; None if it is none."""
    return float(cell) if len(cell) <= 100 and _NUMBER.fullmatch(cell) else None


def hint(cell: str) -> str:
    """What may be meant by a cell that is no number: a comma in it."""
    return "; numbers have a point and no other marks: 4.5, 1000" if _OTHER_COMMA.fullmatch(cell) else ""


def contents(path: Path, what: str) -> bytes:
    """The bytes of a regular file of a bearable size.

    Parameters
    ----------
    what : the kind of file, for messages

    Raises
    ------
    InputError
        If it is missing, no regular file, too large, or cannot be read.
    """
    said, most = shown(str(path), 200), MOST_BYTES.get(path.suffix, MOST_BYTES[".csv"])
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise InputError(
                f"the {what} {said} is no file with an end (a folder, a pipe or a device); give a plain file"
            )
        if about.st_size > most:
            raise InputError(
                f"the {what} {said} has {about.st_size:,} bytes, where {most:,} are the most; give fewer rows"
            )
        return path.read_bytes()
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"there is no {what} {said}") from None
    except OSError as error:
        raise InputError(f"the {what} {said} cannot be read ({error.strerror})") from None
    except ValueError as error:  # a NUL in its name
        raise InputError(f"the {what} {said} cannot be read ({error})") from None


def _rows(data: bytes, where: str) -> Iterator[tuple[int, list[str]]]:
    """(line it begins in, cells without blanks at their ends) of each row; empty lines are none."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4096]:
        raise InputError(f"{where} cannot be read: it is in UTF-16, or no text; {IS}")
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    reader, line = csv.reader(text, strict=True, skipinitialspace=True), 1
    try:
        for row in reader:
            if row:
                yield line, [cell.strip() for cell in row]
            line = reader.line_num + 1
    except UnicodeDecodeError:
        raise InputError(f"{where} cannot be read: it is not in UTF-8; {IS}") from None
    except csv.Error as error:
        raise InputError(f"{where}, line {line} cannot be read: {error}; {IS}") from None


def _names(header: list[str], where: str) -> list[str]:
    """The names of the columns; commas at the end of every line of a spreadsheet name none."""
    names = header[: max((k + 1 for k, name in enumerate(header) if name), default=0)]
    other = next((mark for mark in ";\t|" if any(mark in name for name in names)), None)
    if other:
        raise InputError(f"{where}, line 1: cells are separated by {other!r}, or a name holds it; {IS}")
    if "" in names:
        place = names.index("") + 1
        index = " (an index, as pandas writes it? leave it out with index=False)" if place == 1 else ""
        raise InputError(f"{where}, line 1: column {place} has no name{index}")
    again = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if again:
        raise InputError(f"{where}, line 1: the column {shown(again)} is there twice; give each once")
    return names


def read(data: bytes, where: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """(names of the columns, (line, cells) of each row as it is asked for) of a CSV file's bytes.

    Parameters
    ----------
    where : the file, for messages

    Raises
    ------
    InputError
        If it is no CSV file, has no header, a column without a name or named twice; and, as rows are asked for, if one
        has not as many cells as the header has names.
    """
    rows = _rows(data, where)
    _, header = next(rows, (1, []))
    names = _names(header, where)
    if not names:
        raise InputError(f"{where} cannot be read: it has no header line; {IS}")

    def cut() -> Iterator[tuple[int, list[str]]]:
        for line, cells in rows:
            if len(cells) != len(header):
                more = " (a decimal comma? numbers have a point: 4.5)" if len(cells) > len(header) else ""
                raise InputError(
                    f"{where}, line {line} has {len(cells):,} cells where the header has {len(header):,}{more}; text that holds "
                    "commas stands in quotes"
                )
            if any(cells[len(names) :]):
                raise InputError(f"{where}, line {line}: a cell lies beyond the last column that has a name")
            yield line, cells[: len(names)]

    return names, cut()

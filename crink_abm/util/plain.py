"""What a file or a dict says, as plain tables, lists, text and numbers: encoding, shape and size, before sense."""

import codecs
import os
import re
import stat
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any, NoReturn

from .errors import InputError, told

#: The largest file in bytes, the most entries in it, tables within tables, characters of a text and parts of a dotted key.
MOST_BYTES, MOST_ENTRIES, MOST_DEPTH, MOST_TEXT, MOST_PARTS = 1_000_000, 250_000, 8, 10_000, 16
#: The longest name of a policy, or of a level of a factor, in characters.
MOST_NAME = 80

_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_QUOTED = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\'|#[^\n]*+', re.DOTALL
)
_DOTTED = re.compile(r"(?<![\w.-])(?:[\w-]++[ \t]*+\.[ \t]*+){%d}" % MOST_PARTS)  # noqa: UP031 (braces)
#: Kinds of characters that no name has: controls, surrogates, line and paragraph ends.
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
#: Marks that turn the direction of the text after them.
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def toml(path: Path) -> dict[str, Any]:
    """A TOML file of limited size in UTF-8, or in UTF-16 with a byte order mark.

    Raises
    ------
    InputError
        If it is no file, or not such a one.
    """
    text = _text(path)
    if _DOTTED.search(_QUOTED.sub("q", text)):
        raise InputError(
            f"{path} has a key of more than {MOST_PARTS - 1} dotted parts, where no experiment has more than 3"
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML: {error}") from None
    except RecursionError:
        raise InputError(
            f"{path} has brackets within brackets beyond what TOML is read with; an experiment has 3"
        ) from None
    except (ValueError, OverflowError):  # Python reads no number of more than 4,300 digits
        raise InputError(f"{path} has a number of thousands of digits; no entry of an experiment takes one") from None


def _text(path: Path) -> str:
    name = f"the experiment file {told(str(path))}"
    if "\0" in str(path):
        raise InputError(f"{name} cannot be read: no path has a zero character")
    try:
        about = path.stat()
        if stat.S_ISREG(about.st_mode):
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"there is no experiment file {told(str(path))}; examples are in experiments/") from None
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}); see that it is there, and yours to read") from None
    if not stat.S_ISREG(about.st_mode):
        kind = "a folder" if stat.S_ISDIR(about.st_mode) else "a device or a pipe"
        raise InputError(f"{name} is {kind}, not a file; examples are in experiments/")
    if len(data) > MOST_BYTES:
        raise InputError(f"{name} has {max(about.st_size, len(data)):,} bytes, where {MOST_BYTES:,} are the most")
    if not data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        try:
            return data.decode(_UTF_16.get(data[:2], "utf-8-sig"))
        except UnicodeDecodeError as error:
            at = data.count(b"\n", 0, error.start) + 1
            said = f" (line {at} is neither)"
    else:
        said = " (UTF-32 was given)"
    raise InputError(f"{name} is no text in UTF-8, or UTF-16 with a byte order mark{said}; save it as UTF-8")


def plain(data: object, where: str) -> dict[str, Any]:
    """A mapping, and all in it, as dicts, lists, text, flags and numbers, of limited size and depth.

    Tuples, ranges and arrays of one dimension become lists, NumPy's numbers Python's, and a negative zero zero.

    Raises
    ------
    InputError
        If something in it is of another kind, or too large.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"{where}: an experiment is a table of tables, such as [experiment]; {told(data)} was given")
    return _Walk(where).taken(data, ())


class _Walk:
    def __init__(self, where: str):
        self.where, self.n = where, 0

    def _refuse(self, place: tuple[Any, ...], said: str) -> NoReturn:
        raise InputError(f"{self.where}: {in_words(place)} {said}")

    def _count(self, n: int, place: tuple[Any, ...]) -> None:
        self.n += n
        if self.n > MOST_ENTRIES:
            self._refuse(place, f"takes the experiment past {MOST_ENTRIES:,} entries, which are the most")
        if len(place) >= MOST_DEPTH:
            self._refuse(place[:3], f"has tables within tables, {MOST_DEPTH} deep; an experiment has 4 at most")

    def taken(self, value: Any, place: tuple[Any, ...]) -> Any:
        if isinstance(value, Mapping):
            self._count(len(value), place)
            for key in value:
                if not isinstance(key, str):
                    self._refuse(place, f"has entries with names; {told(key)} was given for one")
                self._check_text(key, place, MOST_TEXT)
            return {str(key): self.taken(inner, (*place, key)) for key, inner in value.items()}
        if isinstance(value, str):
            self._check_text(value, place, MOST_TEXT)
            return str(value)
        ends = getattr(value, "ndim", None)
        if isinstance(value, list | tuple | range) or ends == 1:
            self._count(len(value), place)
            inner = value.tolist() if hasattr(value, "tolist") else value
            return [self.taken(one, (*place, k)) for k, one in enumerate(inner)]
        value = value.item() if ends == 0 else value
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Integral):
            return int(value)
        if isinstance(value, float):
            return float(value) + 0.0
        if isinstance(value, Real):
            return _float(value)
        if isinstance(value, os.PathLike) and isinstance(os.fspath(value), str):
            return os.fspath(value)
        return self._refuse(place, f"is text, a number, a flag, a list or a table; {told(value)} was given")

    def _check_text(self, text: str, place: tuple[Any, ...], most: int) -> None:
        if len(text) > most:
            self._refuse(place, f"has a text of {len(text):,} characters, where {most:,} are the most")
        if bad := [c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t"]:
            self._refuse(place, f"has the character {bad[0]!r}, which no text of an experiment has; leave it out")


def _float(value: Any) -> float:
    try:
        return float(value)
    except (OverflowError, ValueError):
        return float("inf")


def in_words(place: Iterable[str | int]) -> str:
    """Where in an experiment: ``[levers.usfk_posture] item 2``."""
    keys, items = [], []
    for part in place:
        if isinstance(part, int):
            items.append(f" item {part + 1}")
        else:
            keys.append(part if re.fullmatch(r"[\w-]{1,80}", part) and part.isascii() else told(part))
    return f"[{'.'.join(keys) or 'the experiment'}]{''.join(items)}"


def check_name(what: str, name: str) -> None:
    """Refuse a name that cannot be read in a table or a chart: empty, too long, or with characters that are not seen.

    Raises
    ------
    InputError
        If it is such.
    """
    if len(name) > MOST_NAME:
        raise InputError(
            f"{what} has a name of {len(name):,} characters, where {MOST_NAME} are the most; {told(name)} was given"
        )
    for c in name:
        if unicodedata.category(c) in _UNSEEN or unicodedata.bidirectional(c) in _TURNING:
            raise InputError(f"{what} has a name of characters that are seen; {told(name)} was given, with {c!r} in it")
    if not folded(name):
        raise InputError(f"{what} has a name that can be read; {told(name)} was given")


def folded(name: str) -> str:
    """A name without what the eye hardly tells: capitals, spaces, marks of no width, and forms of the same letter."""
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(c for c in name if not (c.isspace() or unicodedata.category(c) == "Cf" or "\ufe00" <= c <= "\ufe0f"))


def check_names(what: str, names: Iterable[str], taken: Mapping[str, str] | None = None) -> None:
    """Refuse names that cannot be read, or that are hardly told from one another.

    Parameters
    ----------
    taken : names that have another meaning, and which

    Raises
    ------
    InputError
        On the first such name.
    """
    seen: dict[str, str] = {}
    meaning = {folded(name): (name, said) for name, said in (taken or {}).items()}
    for name in names:
        check_name(what, name)
        key = folded(name)
        if key in meaning:
            raise InputError(
                f"{what} cannot be named {told(name)}: {meaning[key][0]!r} is {meaning[key][1]}; choose another name"
            )
        if seen.get(key) == name:
            raise InputError(f"{what} has the name {told(name)}, and another has it too; give each a name of its own")
        if key in seen:
            raise InputError(
                f"{what} has the name {told(name)}, and another {told(seen[key])}: they differ in capitals, spaces or forms of "
                "letters alone; choose another name"
            )
        seen[key] = name


def as_toml(data: Mapping[str, Any]) -> str:
    """Tables, lists, text, flags and numbers as TOML; entries that are None are left out, as a file leaves them out."""
    own = {key: value for key, value in data.items() if not isinstance(value, Mapping) and value is not None}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in own.items()]
    for key, table in data.items():
        if isinstance(table, Mapping):
            lines.append(f"[{_key(key)}]")
            lines += [f"{_key(name)} = {_value(value)}" for name, value in table.items() if value is not None]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items() if one is not None)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = "".join(
            f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else f"\\{c}" if c in '"\\' else c for c in value
        )
        return f'"{escaped}"'
    return repr(value)

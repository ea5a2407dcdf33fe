"""What the commands share: words on stderr, one JSON document on stdout, arguments as text, places that can be written."""

import argparse
import json
import math
import os
import tempfile
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model import arguments
from ..util.errors import InputError, told
from ..util.progress import tell as say

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["charts", "check_folder", "check_writable", "number", "path", "print_json", "ready_engine", "rows_of", "say",
           "seed_of_many", "share", "stages", "whole", "word"]  # fmt: skip


def print_json(data: Any) -> None:
    """One JSON document on standard output; not-a-number as null."""

    def clean(x: Any) -> Any:
        if isinstance(x, dict):
            return {str(k): clean(v) for k, v in x.items()}
        if isinstance(x, list | tuple):
            return [clean(v) for v in x]
        if hasattr(x, "item"):
            x = x.item()
        return None if isinstance(x, float) and not math.isfinite(x) else x

    print(json.dumps(clean(data), indent=1))


def rows_of(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """A table as a list of rows, for JSON."""
    return table.to_dict("records")


def _number(text: str, kind: Callable[[str], Any], wanted: str) -> Any:
    """A number from the command line, written plainly."""
    try:
        return kind(text) if text.isascii() and "_" not in text else kind("no number")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{wanted} is wanted; {told(text)} was given") from None


def whole(text: str) -> int:
    """A number of at least 0 and below 2^64, from the command line."""
    number = _number(text, int, "a whole number")
    if not 0 <= number < arguments.END:
        raise argparse.ArgumentTypeError(f"a number of at least 0 and below 2^64 is wanted; {told(number)} was given")
    return number


def seed_of_many(text: str) -> int:
    """A seed from which others follow: below 2^63."""
    seed = whole(text)
    if seed >= 2**63:
        raise argparse.ArgumentTypeError(f"a seed below 2^63 is wanted; {seed} was given")
    return seed


def number(text: str) -> float:
    """A finite number, from the command line."""
    value = _number(text, float, "a number")
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"a number is wanted; {told(text)} was given")
    return value


def path(text: str) -> str:
    """A path, from the command line: not empty, and text."""
    if not text:
        raise argparse.ArgumentTypeError("a path is wanted; empty text was given")
    try:
        return str(arguments.path("it", text))
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def word(text: str) -> str:
    """A name, from the command line: not empty."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a name is wanted; empty text was given")
    return text


def share(text: str) -> tuple[int, int]:
    """The share ``K/N`` of a whole, from the command line: (K, N)."""
    number, slash, of = text.partition("/")
    short = max(len(number), len(of)) <= 20 and text.isascii()
    if not (slash and short and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"a share like 3/8 is wanted, 1/8 to 8/8; {told(text)} was given")
    return int(number), int(of)


def ready_engine(name: str = "crink_kernel", compiled: Callable[[], object] | None = None) -> None:
    """Load or compile the kernel, with a word where it takes long; an interrupt is felt while it compiles."""
    from ..engine import compiled as batch

    arguments.environment()
    if not batch.is_warm(name):
        say("compiling the engine (about 20 s, once for this version) ...")
    failed = []

    def compile_it() -> None:
        try:
            (compiled or batch.compiled)()
        except BaseException as error:
            failed.append(error)

    work = threading.Thread(target=compile_it, daemon=True)
    work.start()
    while work.is_alive():
        work.join(0.1)
    if failed:
        raise failed[0]


def charts() -> types.ModuleType:
    """The module of the charts, loaded.

    Raises
    ------
    InputError
        If matplotlib does not take ``$MPLBACKEND``. No chart needs a window, but matplotlib reads it first.
    """
    try:
        from ..charts import gallery as charts
    except ValueError as error:
        said = os.environ.get("MPLBACKEND")
        if not said:
            raise
        raise InputError(
            f"MPLBACKEND is {told(said)}, which matplotlib does not take ({str(error)[:120]}); unset it"
        ) from None
    return charts


def _nothing_in_the_way(folder: Path) -> None:
    """Raise OSError if ``folder`` cannot be made, or nothing can be put into it; nothing is left behind."""
    place = folder.absolute()
    while not os.path.lexists(place):
        place = place.parent
    with tempfile.TemporaryFile(dir=place):
        pass


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be written, before the work begins; nothing is left behind."""
    try:
        if path.exists():
            with path.open("r+b"):
                pass
        elif not path.parent.is_dir():
            raise NotADirectoryError(0, "there is no such folder")
        else:
            _nothing_in_the_way(path.parent)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be written ({error.strerror}); choose another file") from None


def check_folder(folder: Path, option: str = "--out") -> None:
    """Refuse a folder that cannot be made or written, before the work begins; nothing is left behind."""
    try:
        _nothing_in_the_way(folder)
    except OSError as error:
        raise InputError(
            f"nothing can be written to {str(folder)!r} ({error.strerror}); choose another folder with {option}"
        ) from None


def stages() -> Callable[[str, float], None]:
    """A progress callback on stderr for work in stages: a line a tenth."""
    said: dict[str, int] = {}

    def show(stage: str, done: float) -> None:
        tenth = int(10 * done)
        if said.get(stage) != tenth:
            said[stage] = tenth
            say(f"{stage}: {100 * done:.0f} %")

    return show

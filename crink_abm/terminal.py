"""What the commands share: words on stderr, one JSON document on stdout, folders that can be written."""

import argparse
import json
import math
import sys
import tempfile
import threading
from pathlib import Path

from .errors import InputError


def print_json(data) -> None:
    """One JSON document on standard output; not-a-number as null."""

    def clean(x):
        if isinstance(x, dict):
            return {str(k): clean(v) for k, v in x.items()}
        if isinstance(x, list | tuple):
            return [clean(v) for v in x]
        if hasattr(x, "item"):
            x = x.item()
        return None if isinstance(x, float) and not math.isfinite(x) else x

    json.dump(clean(data), sys.stdout, indent=1)
    sys.stdout.write("\n")


def rows_of(table) -> list[dict]:
    """A table as a list of rows, for JSON."""
    return table.to_dict("records")


def whole(text: str) -> int:
    """A number of at least 0, from the command line."""
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a whole number is wanted; {text!r} was given") from None
    if number < 0:
        raise argparse.ArgumentTypeError(f"a number of at least 0 is wanted; {number} was given")
    return number


def share(text: str) -> tuple[int, int]:
    """The share ``K/N`` of a whole, from the command line: (K, N)."""
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"a share like 3/8 is wanted, 1/8 to 8/8; {text!r} was given")
    return int(number), int(of)


def say(text: str) -> None:
    """A line on stderr."""
    print(text, file=sys.stderr, flush=True)


def ready_engine(name: str = "crink_kernel", compiled=None) -> None:
    """Load or compile the kernel, with a word where it takes long; an interrupt is felt while it compiles."""
    from . import batch

    if not batch.is_warm(name):
        say("compiling the engine (about 20 s, once for this version) ...")
    failed = []

    def compile_it():
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


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be written, before the work begins."""
    try:
        with path.open("a"):
            pass
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be written ({error.strerror}); choose another file") from None


def check_folder(path: Path) -> None:
    """Refuse a folder that cannot be made or written, before the work begins."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise InputError(
            f"nothing can be written to {str(path)!r} ({error.strerror}); choose another folder with --out"
        ) from None


def stages():
    """A progress callback on stderr for work in stages: a line a tenth."""
    said = {}

    def show(stage, done):
        tenth = int(10 * done)
        if said.get(stage) != tenth:
            said[stage] = tenth
            say(f"{stage}: {100 * done:.0f} %")

    return show

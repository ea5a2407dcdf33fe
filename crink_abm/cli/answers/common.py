"""What the commands that answer have in common: where a study goes, its page, its JSON."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ...analysis.kept import Kept
from ...util.files import refuse_link, write_bytes
from ..terminal import check_folder, check_writable, print_json, rows_of


class Study(Protocol):
    """What a study found, by its tables."""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""


def begin(args: argparse.Namespace, command: str, name: str) -> Path:
    """The folder of a study: ``--out``, or ``results/NAME``; refused, with its page, before anything is run.

    Raises
    ------
    InputError
        If the folder is another command's or a stranger's, or it or the page cannot be written.
    """
    folder = Path(args.out or Path("results") / name)
    Kept(folder, command)
    check_folder(folder)
    if args.markdown is not None:
        check_page(args.markdown)
    return folder


def check_page(page: str) -> None:
    """Refuse a page that cannot be written, or is a link."""
    refuse_link(Path(page))
    check_writable(Path(page))


def write_page(page: str, text: str) -> None:
    """Write a page, whole or not at all."""
    refuse_link(Path(page))
    write_bytes(Path(page), text.encode())


def end(
    args: argparse.Namespace, found: Study, page: Callable[[], str], say: Callable[[], object], **more: Any
) -> None:
    """Write the page that is asked for, and print the tables as JSON (``more`` beside or instead), or what is said of them."""
    if args.markdown is not None:
        write_page(args.markdown, page())
    if args.json:
        print_json({**{name: rows_of(table) for name, table in found.tables.items()}, **more})
    else:
        say()

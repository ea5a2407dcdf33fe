"""Markdown tables."""

from collections.abc import Iterable
from typing import Any


def markdown_table(head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    """A Markdown table with a header."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)

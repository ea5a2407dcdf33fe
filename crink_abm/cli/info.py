"""``info``: levers, parameters, fields, outcomes and versions."""

import argparse

from ..model import arguments
from .terminal import print_json


def info(args: argparse.Namespace) -> None:
    """Versions, engine, cache, levers, parameters with sources; or one name."""
    from ..report.lookup import lookup, overview

    if args.name is None:
        arguments.environment()
    data = overview() if args.name is None else lookup(args.name)
    if args.json:
        print_json(data)
        return
    if args.name is not None:
        for key, value in data.items():
            print(f"{key:10} {value}")
        return
    for title, rows in data.items():
        print(f"\n{title}")
        for row in rows if isinstance(rows, list) else [{"": k, " ": v} for k, v in rows.items()]:
            print("  " + "  ".join(str(value) for value in row.values()))

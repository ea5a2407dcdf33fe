"""``page`` and ``explore``: one HTML file with the engine inside, written or opened."""

import argparse
import webbrowser
from pathlib import Path

from ..util.errors import InputError
from .terminal import check_writable, print_json, say


def _written(given: str | None, out: Path) -> dict[str, object]:
    """Write the page, and say what it is."""
    from ..ensemble.build import ensemble
    from ..page import ask, bundle

    more = {}
    if given is not None:
        experiment = ask.experiment_of(given)
        more = ask.questions(experiment)
        if lacking := ask.left_out(experiment):
            say(lacking)
    worlds = ensemble("calibrated")
    text, told = bundle.made(worlds, **more)
    out.write_text(text, encoding="utf-8")
    return {
        "page": str(out), "bytes": len(text.encode()), "kernel_hash": told["kernel"], "worlds": worlds.origin,
        "policies": len(told["packages"]),
    }  # fmt: skip


def page(args: argparse.Namespace) -> None:
    """One HTML file that runs the model in any browser, with nothing installed and no network."""
    out = Path(args.out)
    if out.is_dir():
        raise InputError(f"--out is the file to be written; {str(out)!r} is a folder")
    check_writable(out)
    told = _written(args.given, out)
    if args.json:
        print_json(told)
        return
    print(f"{out}: {told['bytes']:,} bytes, {told['worlds']}, {told['policies']} named policies; open it in a browser")


def explore(args: argparse.Namespace) -> None:
    """The page, opened in this machine's browser."""
    from ..util.cache import cache_directory

    folder = cache_directory()
    folder.mkdir(parents=True, exist_ok=True)
    told = _written(args.given, folder / "page.html")
    opened = False if args.no_open else webbrowser.open((folder / "page.html").resolve().as_uri())
    if not opened:
        say("no browser was opened; open the file in one")
    if args.json:
        print_json(told | {"opened": opened})
        return
    print(told["page"])

"""Changelog fragments: ``--check`` tells whether they are in order; a version moves them into ``CHANGELOG.md``."""

import datetime
import re
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
#: Kind -> its heading, in the order of the page.
KINDS = {
    "science": "Science", "feature": "Added", "change": "Changed", "fix": "Fixed", "docs": "Documentation",
    "internal": "Internal",
}  # fmt: skip
_NAME = re.compile(r"([a-z0-9][a-z0-9-]*)\.([a-z]+)\.md")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_TITLE = "# Changelog\n"


def fragments(folder: Path = FOLDER) -> dict[str, list[tuple[Path, str]]]:
    """Kind -> (file, text) of each fragment, by name.

    Raises
    ------
    ValueError
        With every fault of every fragment, a line each.
    """
    found: dict[str, list[tuple[Path, str]]] = {kind: [] for kind in KINDS}
    faults = []
    for path in sorted(folder.iterdir()):
        if path.name in {"README.md", "collect.py", "__pycache__"}:
            continue
        match, text = _NAME.fullmatch(path.name), path.read_text(encoding="utf-8").strip()
        if not match or match[2] not in KINDS:
            faults.append(f"{path.name}: a fragment is NAME.KIND.md; KIND is one of {', '.join(KINDS)}")
        elif not text:
            faults.append(f"{path.name}: it is empty; say in a sentence what changes")
        elif re.search(r"^\s*([#*-] |#)|\n\s*\n", text, re.MULTILINE):
            faults.append(f"{path.name}: one paragraph, without headings and bullets")
        else:
            found[match[2]].append((path, text))
    if faults:
        raise ValueError("\n".join(faults))
    return found


def section(version: str, date: str, found: dict[str, list[tuple[Path, str]]]) -> str:
    """The part of the changelog that a release adds."""
    parts = [f"## {version} ({date})"]
    for kind, heading in KINDS.items():
        if found[kind]:
            lines = ["- " + text.replace("\n", "\n  ") for _, text in found[kind]]
            parts += [f"### {heading}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def collect(
    version: str, folder: Path = FOLDER, page: Path = FOLDER.parent / "CHANGELOG.md", date: str | None = None
) -> None:
    """Put all fragments at the top of the changelog and remove them.

    Raises
    ------
    ValueError
        If the version is none or stands there already, a fragment is not in order, or there is none.
    """
    text = page.read_text(encoding="utf-8")
    if not _VERSION.fullmatch(version):
        raise ValueError(f"a version is X.Y.Z; {version!r} was given")
    if f"\n## {version} (" in text.replace(f"## {version} (unreleased)", ""):
        raise ValueError(f"{page.name} has {version} already")
    found = fragments(folder)
    if not any(found.values()):
        raise ValueError(f"there is no fragment in {folder.name}/")
    new = section(version, date or datetime.date.today().isoformat(), found)
    unreleased = f"## {version} (unreleased)\n"  # entries written before there were fragments come below their headings
    if unreleased in text:
        text = text.replace(unreleased, f"{new}\n### Before fragments\n")
    else:
        text = text.replace(_TITLE, f"{_TITLE}\n{new}", 1)
    page.write_text(text, encoding="utf-8")
    for path, _ in (one for kind in found.values() for one in kind):
        path.unlink()


if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["--check"]:
            fragments()
        elif len(sys.argv) == 2:
            collect(sys.argv[1])
        else:
            raise ValueError("usage: python changes/collect.py --check | X.Y.Z")
    except ValueError as error:
        print(error, file=sys.stderr)
        sys.exit(2)

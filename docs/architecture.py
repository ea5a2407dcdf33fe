"""Draws ``ARCHITECTURE.md`` from the code: every package and module with what it says of itself, and who imports whom.

``python docs/architecture.py`` writes the page; a test keeps it equal to the code.
"""

import ast
import functools
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "crink_abm"

_PAGE = """# The house

Drawn from the code by `python docs/architecture.py`; a test keeps them equal. What a package may import is held by
`tests/contracts/test_layers.py`, and each package says it in its first lines.

## Who imports whom

From the ground up; an arrow points at what is imported, and is left out where a longer way says the same.

```mermaid
{picture}
```

How many imports each package (row) makes of each other one. Nothing stands above the diagonal: no package knows of those
that are built on it.

{matrix}

## Where things are

{tree}
## Which way a question goes

* A **run** by hand: `agents` runs `model`'s schedule on Mesa agents; `agents.narrative` tells it.
* **Many runs**: `api.simulate` takes worlds from `ensemble` and runs them through `engine`, which writes its kernel from the same
  schedule; `model.outcomes` reads what came, `estimation` counts it.
* An **experiment**: `experiment` reads a file into points, `sweeps` runs them into a folder, `results` reads it, `charts` draws.
* **Evidence**: `record` is what happened, `calibration` weighs worlds by it, `validation` says how good it is, `report` tells it.

[CONTRIBUTING.md](CONTRIBUTING.md) shows how to add a lever, rule, outcome, actor, switch, chart, command, design, executor,
engine or analysis. Anything else goes into the package whose line above names it; if two packages need it, the lower of the two,
or one below both.
"""


def imports(package: Path = PACKAGE) -> Iterator[tuple[str, str, bool, bool]]:
    """(module, what it imports, of this package?, inside?): modules as ``model.levers``, packages as ``model.__init__``.

    Imports for type checkers alone (``if TYPE_CHECKING``) are none: they never run. :func:`typed` gives them.
    """
    yield from ((one, other, own, inside) for one, other, own, inside, typed in _imports(package) if not typed)


def typed(package: Path = PACKAGE) -> Iterator[tuple[str, str]]:
    """(module, module of this package that it imports for type checkers alone)."""
    yield from ((one, other) for one, other, own, _, typed in _imports(package) if own and typed)


@functools.cache
def _imports(package: Path) -> tuple[tuple[str, str, bool, bool, bool], ...]:
    """Read once: the package does not change while this runs."""
    return tuple(_read(package))


def _read(package: Path) -> Iterator[tuple[str, str, bool, bool, bool]]:
    for path in sorted(package.rglob("*.py")):
        parts, tree = path.relative_to(package).with_suffix("").parts, ast.parse(path.read_text(encoding="utf-8"))
        functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))
        inside = {id(n) for function in functions for n in ast.walk(function)}
        guarded = (n for n in ast.walk(tree) if isinstance(n, ast.If) and getattr(n.test, "id", "") == "TYPE_CHECKING")
        for_types = {id(n) for block in guarded for n in ast.walk(block)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = [*parts[: len(parts) - node.level], *filter(None, (node.module or "").split("."))]
                for alias in node.names:
                    yield (
                        ".".join(parts),
                        _module(package, [*base, alias.name]),
                        True,
                        id(node) in inside,
                        id(node) in for_types,
                    )
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
                for name in names:
                    yield ".".join(parts), name.split(".")[0], False, id(node) in inside, id(node) in for_types


def _module(package: Path, parts: list[str]) -> str:
    """The module that ``from base import name`` reads: ``base.name``, or ``base`` itself."""
    while not package.joinpath(*parts).with_suffix(".py").exists():
        if package.joinpath(*parts, "__init__.py").exists():
            return ".".join([*parts, "__init__"])
        parts = parts[:-1]
    return ".".join(parts)


def top(module: str) -> str:
    """The package at the top level that a module belongs to."""
    return module.split(".")[0]


def _counts() -> Counter:
    """How many imports go from one package to another."""
    pairs = ((top(one), top(other)) for one, other, own, _ in imports() if own)
    return Counter((one, other) for one, other in pairs if one != other and not one.startswith("__"))


def _floors(counts: Counter) -> dict[str, int]:
    """Each package's floor: one above the highest of those it imports."""
    below = {}
    for one, other in counts:
        below.setdefault(one, set()).add(other)
    floors = {}
    for name in TopologicalSorter(below).static_order():
        floors[name] = 1 + max((floors[other] for other in below.get(name, ())), default=-1)
    return dict(sorted(floors.items(), key=lambda item: (item[1], item[0])))


def _picture(counts: Counter, floors: dict[str, int]) -> str:
    direct = {name: {other for one, other in counts if one == name} for name in floors}
    reach = {}
    for name in floors:
        reach[name] = direct[name].union(*(reach[other] for other in direct[name]))
    lines = ["graph BT"]
    for name in floors:
        needed = {other for other in direct[name] if not any(other in reach[third] for third in direct[name])}
        lines += [f"    {name} --> {other}" for other in floors if other in needed]
    return "\n".join(lines)


def _matrix(counts: Counter, floors: dict[str, int]) -> str:
    names = list(floors)
    width = max(map(len, names))
    head = "| " + " | ".join([" " * width, *(str(k + 1) for k in range(len(names)))]) + " |"
    rows = [head, "|" + "---|" * (len(names) + 1)]
    for k, name in enumerate(names):
        cells = [str(counts[name, other] or ("·" if other == name else "")) for other in names]
        rows.append("| " + " | ".join([f"{k + 1} {name}", *cells]) + " |")
    return "\n".join(rows)


def _says(path: Path) -> str:
    """The first sentence of a module's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    sentence = " ".join(text.split("\n\n")[0].split()).split(". ")[0].rstrip(".")
    return sentence.replace("``", "`").replace(":mod:`", "`").replace(":func:`", "`")


def _tree(floors: dict[str, int]) -> str:
    text = []
    for name in floors:
        folder = PACKAGE / name
        if not folder.is_dir():
            text.append(f"**`{name}`** {_says(folder.with_suffix('.py'))}.\n")
            continue
        text.append(f"### `{name}`\n\n{_says(folder / '__init__.py')}.\n")
        for path in sorted(folder.rglob("*.py")):
            inner = path.parent != folder
            if path.name != "__init__.py" or inner:
                module = path.relative_to(folder).with_suffix("").as_posix().removesuffix("/__init__")
                text.append(f"{'  ' if inner and path.name != '__init__.py' else ''}* `{module}` {_says(path)}")
        text[-1] += "\n"
    return "\n".join(text)


def page() -> str:
    """The whole page."""
    counts = _counts()
    floors = _floors(counts)
    return _PAGE.format(picture=_picture(counts, floors), matrix=_matrix(counts, floors), tree=_tree(floors))


if __name__ == "__main__":
    (ROOT / "ARCHITECTURE.md").write_text(page(), encoding="utf-8")

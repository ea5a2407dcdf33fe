"""Hashes of what the package's source means: stored results, machine code, worlds and banks are keyed by them.

What is hashed cannot change without changing what a run may come to; what may change freely is not hashed:

* Modules are read as syntax trees. Comments, layout, docstrings, annotations, the order of imports, imports of nothing
  that is used, the words of errors, and where in the package a module lies are left out: no trajectory hangs on them.
  Docstrings are read by the model description alone. A module goes by a *logical name* (:data:`PLACES`), and an import by
  that of the module it means, so that a module that moves changes a line of that table and no hash.
* The tables of the model (:data:`BY_VALUE`: parameters, levers, drivers, fields, the month) are hashed by their *values*:
  names, numbers, ranges, order, units. Meanings, sources, and the titles of phases, being text for people, are not. Units are:
  which priors are log-uniform, which powers are measured in China's, and which fields are probabilities is read from them.

The dump of a tree is this module's own, since that of :mod:`ast` differs among Pythons: numbers are written exactly
(``float.hex``), what is empty is left out, and fields go by name. Only the standard library is needed for it.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

#: The folder of the package.
ROOT = Path(__file__).parent

#: Logical name -> file, or folder for all modules in it (``rules`` holds ``rules.kim``). A module that moves is changed here.
PLACES = {
    "codes": "codes.py", "numerics": "numerics.py", "draws": "draws.py", "levers": "levers.py", "state": "state.py",
    "transition": "transition.py", "parameters": "parameters", "rules": "rules",
    "block": "block.py", "gathered": "gathered.py", "kernel": "kernel.py", "compiler": "compiler.py", "tilt": "tilt.py",
    "batch": "batch.py", "outcomes": "outcomes.py", "failures": "failures.py", "estimate": "estimate.py",
    "worlds": "worlds.py", "screening": "screening.py", "crossing": "crossing.py", "world_file": "world_file.py",
    "csv_cells": "csv_cells.py", "world_making": "world_making.py", "calibrated": "calibrated.py",
    "rare_events": "rare_events.py",
    "records": "records.py", "history": "history.py", "observation": "observation.py", "targets": "targets.py",
    "summaries": "summaries.py", "likelihood": "likelihood.py", "bank": "bank.py",
}  # fmt: skip

#: Modules (and packages) that can change a trajectory.
DECIDING = ("codes", "numerics", "draws", "levers", "state", "transition", "parameters", "rules")

#: Modules that decide, besides, what machine code there is.
COMPILING = ("block", "gathered", "kernel", "compiler", "tilt")

#: Modules that decide, besides, which runs are made of it, and what came of them.
RUNNING = ("batch", "outcomes", "failures", "estimate")

#: Modules that decide, besides all these, which worlds there are.
SCREENING = (
    *COMPILING, *RUNNING, "worlds", "screening", "crossing", "csv_cells", "world_file", "world_making", "calibrated",
)  # fmt: skip

#: Modules that decide, besides the rules, an estimate of a rare event.
ESTIMATING = (*COMPILING, *RUNNING, "rare_events")

#: Modules that decide, besides the rules, a bank of worlds and their histories.
BANKING = (
    *COMPILING, *RUNNING, "worlds", "screening", "records", "history", "observation", "targets", "summaries", "likelihood",
    "bank",
)  # fmt: skip

#: Logical name -> definitions in it that are hashed by value (:func:`tables`), or serve to write such tables down.
BY_VALUE = {
    "levers": {"LEVERS", "DRIVERS"},
    "state": {"FIELDS", "_states", "_terms", "_LADDER", "_LUCK", "A"},
    "transition": {
        "MONTH", "_step", "_W", "_C", "_N", "_R", "_I", "_U", "_S", "_J", "_T", "_M", "_XI", "_KIM", "_FORCE",
    },
    "parameters": {"GROUPS", "CATALOGUE"},
    "parameters.china": {"CHINA", "V"},
    "parameters.leaders": {"SWITCHES", "LEADERS", "_switch", "XiProfile", "KimProfile"},
    "parameters.north_korea": {"NORTH_KOREA", "R"},
    "parameters.others": {"RUSSIA", "IRAN", "UNITED_STATES", "ALLIES", "MONITORS", "WARS"},
}  # fmt: skip


def tables() -> dict[str, list]:
    """The values of the model's tables, text for people left out, as plain lists of text and whole numbers."""
    from .levers import DRIVERS, LEVERS
    from .parameters import CATALOGUE, SWITCHES
    from .state import FIELDS
    from .transition import MONTH

    return {
        "levers": [[name, lever.name, _exact(lever.today)] for name, lever in LEVERS.items()],
        "drivers": [[name, _exact(default)] for name, (default, _) in DRIVERS.items()],
        "parameters": [
            [name, p.name, *map(_exact, (p.default, p.low, p.high)), p.unit, int(p.log), _levels(p.switch)]
            for name, p in CATALOGUE.items()
        ],
        "switches": [p.name for p in SWITCHES],
        "fields": [
            [f.name, int(f.owner), f.unit, f.initial if f.initial is None else _exact(f.initial)] for f in FIELDS
        ],
        "month": [
            [int(phase.code), [[int(s.actor), s.name, list(s.writes), s.when] for s in phase.steps]] for phase in MONTH
        ],
    }


def _exact(value) -> str:
    """A number without loss, the same in every Python; a name as it is."""
    return value if isinstance(value, str) else float(value).hex()


def _levels(switch) -> list | None:
    return None if switch is None else [[level.name, int(level)] for level in switch]


def modules(names: Iterable[str], root: Path | None = None) -> dict[str, Path]:
    """Logical name -> file of every module under some names, in the order of names."""
    found = {}
    for name in names:
        place = (root or ROOT) / PLACES[name]
        if place.is_dir():
            for path in place.rglob("*.py"):
                inner = path.relative_to(place).with_suffix("").parts
                found[".".join([name, *inner]).removesuffix(".__init__")] = path
        else:
            found[name] = place
    return dict(sorted(found.items()))


def source(names: Iterable[str], root: Path | None = None) -> str:
    """What the source of some modules means, the tables left out: a text that is the same in every Python."""
    root = root or ROOT
    at = {path: name for name, path in modules(PLACES, root).items()}
    return "\n".join(f"== {name}\n{_meaning_at(path, root, at)}" for name, path in modules(names, root).items())


_known: dict[Path, str] = {}


def _meaning_at(path: Path, root: Path, at: dict[Path, str]) -> str:
    """What a module means; of this package's own read once a process, since the hashes share most modules."""
    if path not in _known:
        said = meaning(path.read_text(encoding="utf-8"), BY_VALUE.get(at[path], ()), path, root, at)
        if root != ROOT:
            return said
        _known[path] = said
    return _known[path]


def meaning(
    text: str, by_value: Iterable[str] = (), path: Path | None = None, root: Path | None = None, at: dict | None = None
) -> str:
    """What the source of one module means.

    Parameters
    ----------
    by_value : names of top-level definitions to leave out
    path, root : where the module lies, and the package's folder
    at : file -> logical name, of the modules that imports are told by
    """
    root, dropped = root or ROOT, {*by_value, "__all__"}
    dump = _Dump(path or root / "_.py", root, at or {})
    kept = [node for node in ast.parse(text).body if not (_targets(node) and _targets(node) <= dropped)]
    said = dump.body(kept)
    return "\n".join([*dump.imports(), *said])


def _targets(node) -> set[str]:
    """The names that a top-level statement defines; none for one that does not define plain names."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    flat = [e for target in targets for e in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return {e.id for e in flat} if flat and all(isinstance(e, ast.Name) for e in flat) else set()


#: Fields of trees that say nothing of what is done, or differ among Pythons.
_SILENT = {"ctx", "type_comment", "type_ignores", "type_params", "kind", "annotation", "returns", "simple", "lineno"}


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(sorted(field for field in kind._fields if field not in _SILENT))


def _constant(value) -> str:
    """A constant without loss: 1, 1.0 and True are three."""
    if isinstance(value, complex):
        return f"complex({value.real.hex()}, {value.imag.hex()})"
    return value.hex() if isinstance(value, float) else ascii(value)


class _Dump:
    """The text of one module's tree, the same in every Python."""

    def __init__(self, path: Path, root: Path, at: dict):
        self.path, self.root, self.at = path, root, at
        self._bound: list[tuple[str, str]] = []  # of every import: the name it binds, and what is said of it
        self._used: set[str] = set()
        self._declares = False  # in a class that may be made of its declarations, as a dataclass is

    def imports(self) -> list[str]:
        """What is imported and used, sorted; of a package all that it imports, since it offers that."""
        whole = self.path.name == "__init__.py"
        return sorted({line for bound, line in self._bound if line and (whole or bound in self._used or bound == "*")})

    def body(self, statements: list) -> list[str]:
        """Statements in order, those left out that do nothing."""
        return [said for node in statements for said in self._statement(node)]

    def _statement(self, node: ast.stmt) -> list[str]:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                return []
            case ast.Import():
                self._bound += [
                    (a.asname or a.name.partition(".")[0], f"import {a.name} as {a.asname}") for a in node.names
                ]
                return []
            case ast.ImportFrom():
                self._bound += [(a.asname or a.name, self._origin(node, a)) for a in node.names]
                return []
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                return self.body(node.orelse)
            case ast.AnnAssign() if not self._declares:
                return [] if node.value is None else [self.said(ast.Assign([node.target], node.value))]
            case ast.Raise():  # which error; its words are for people
                return [f"Raise({self.said(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)})"]
            case ast.Assert():
                return [f"Assert({self.said(node.test)})"]
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                before = self._declares
                self._declares = isinstance(node, ast.ClassDef) and bool(node.decorator_list or node.bases)
                said = self.said(node)
                self._declares = before
                return [said]
        return [self.said(node)]

    def said(self, node) -> str:
        """A node, a list of them or a plain value."""
        if isinstance(node, ast.AST):
            if isinstance(node, ast.Constant):
                return _constant(node.value)
            if isinstance(node, ast.Name):
                self._used.add(node.id)
                return node.id
            if isinstance(node, ast.JoinedStr):
                return f"JoinedStr({', '.join(self._joined(node))})"
            told = []
            for field in _fields(type(node)):
                value = getattr(node, field, None)
                if value is not None and value != []:
                    told.append(f"{field}={self.said(value)}")
            return f"{type(node).__name__}({', '.join(told)})"
        if isinstance(node, list):
            return f"[{', '.join(self.body(node) if isinstance(node[0], ast.stmt) else map(self.said, node))}]"
        return "-" if node is None else _constant(node)  # a keyword without a default is no default of None

    def _joined(self, node: ast.JoinedStr) -> Iterator[str]:
        """The pieces of an f-string: neighbouring texts as one, empty ones left out."""
        text = ""
        for piece in node.values:
            if isinstance(piece, ast.Constant):
                text += piece.value
                continue
            if text:
                yield ascii(text)
            text = ""
            yield self.said(piece)
        if text:
            yield ascii(text)

    def _origin(self, node: ast.ImportFrom, alias: ast.alias) -> str:
        """What is said of one name that is imported; nothing of a table, whose values are hashed."""
        if node.module == "__future__":
            return ""
        bound, parts = alias.asname or alias.name, node.module.split(".") if node.module else []
        if not node.level and parts[0] != self.root.name:
            return f"from {node.module} import {alias.name} as {bound}"
        base = self.path.parents[node.level - 1].joinpath(*parts) if node.level else self.root.joinpath(*parts[1:])
        inner = self._file(base / alias.name)
        if inner is not None:
            return f"module {self.at.get(inner, alias.name)} as {bound}"
        home = self.at.get(self._file(base), "")
        return "" if alias.name in BY_VALUE.get(home, ()) else f"from {home} of ours import {alias.name} as {bound}"

    @staticmethod
    def _file(base: Path) -> Path | None:
        """The file of a module of the package; None if there is none."""
        return next((p for p in (base.with_name(f"{base.name}.py"), base / "__init__.py") if p.is_file()), None)


def _hash(names: tuple[str, ...]) -> str:
    said = f"{source(dict.fromkeys(names))}\n== tables\n{tables()!a}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@cache
def rules_hash() -> str:
    """Sixteen hex digits that change whenever a rule, a parameter or the order of a month does."""
    return _hash(DECIDING)


@cache
def kernel_hash() -> str:
    """Sixteen hex digits that change whenever the rules do, or the engine that runs them."""
    return _hash(DECIDING + COMPILING)


@cache
def worlds_hash() -> str:
    """Sixteen hex digits that change whenever the rules do, or how worlds are drawn, run, screened and crossed."""
    return _hash(DECIDING + SCREENING)


@cache
def rare_hash() -> str:
    """Sixteen hex digits that change whenever the kernel does, or how a rare event is estimated."""
    return _hash(DECIDING + ESTIMATING)


@cache
def bank_hash() -> str:
    """Sixteen hex digits that change whenever the rules do, or how the calibration's worlds are drawn and summarised."""
    return _hash(DECIDING + BANKING)

"""What the package's source means, as a text to be hashed: stored results, machine code, worlds and banks are keyed by it.

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
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

#: The folder of the package.
ROOT = Path(__file__).parents[1]

#: Logical name -> file, or folder for all modules in it (``rules`` holds ``rules.kim``). A module that moves is changed here.
PLACES = {
    "enums": "model/enums.py", "numerics": "model/numerics.py", "scalars": "util/scalars.py",
    "draws": "model/draws.py", "levers": "model/levers.py",
    "fields": "model/fields.py", "schedule": "model/schedule.py", "parameters": "model/parameters", "rules": "model/rules",
    "spec": "model/spec.py", "outcomes": "model/outcomes.py",
    "memory": "engine/memory.py", "gather": "engine/gather.py", "codegen": "engine/codegen.py", "compiler": "engine/compiler.py",
    "counting": "engine/counting.py",
    "tilt": "rare_events/tilt.py", "compiled": "engine/compiled.py", "engines": "engine/base.py", "threads": "engine/threads.py",
    "intervals": "estimation/intervals.py",
    "worlds": "ensemble/worlds.py", "elicited": "ensemble/elicited.py", "screening": "ensemble/screening.py",
    "structures": "ensemble/structures.py", "from_file": "ensemble/from_file.py", "csv_cells": "util/csv_cells.py",
    "build": "ensemble/build.py", "calibrated": "ensemble/calibrated.py",
    "sampler": "rare_events/sampler.py", "estimator": "rare_events/estimator.py",
    "record": "record/tables.py", "testing": "record/testing.py", "history": "record/history.py",
    "observation": "calibration/observation.py", "targets": "calibration/targets.py",
    "summaries": "calibration/summaries.py", "likelihood": "calibration/likelihood.py",
    "reference_table": "calibration/reference_table.py",
    "control_variates": "estimation/control_variates.py",
    "measures": "estimation/measures.py", "analysis": "analysis",
}  # fmt: skip

#: Logical name -> definitions in it that are hashed by value (:func:`tables`), or serve to write such tables down.
BY_VALUE = {
    "levers": {"LEVERS", "DRIVERS"},
    "fields": {"FIELDS", "_states", "_terms", "_LADDER", "_RESIDUAL", "A"},
    "schedule": {
        "MONTH", "_step", "_W", "_C", "_N", "_R", "_I", "_U", "_S", "_J", "_T", "_M", "_XI", "_KIM", "_FORCE",
        "_XI_TYPE", "_KIM_TYPE",
    },
    "parameters": {"GROUPS", "CATALOGUE"},
    "parameters.switches": {"SWITCHES", "_switch", "XiProfile", "KimProfile"},
    "parameters.table": {"TABLE", "HEADINGS", "_COLUMNS", "rows_as_parameters", "_fault"},
}  # fmt: skip


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
    said = {name: _meaning_at(path, root, at) for name, path in modules(names, root).items()}
    return "\n".join(
        f"== {name}\n{text}" for name, text in said.items() if text
    )  # a module of tables alone says nothing


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
    text: str,
    by_value: Iterable[str] = (),
    path: Path | None = None,
    root: Path | None = None,
    at: Mapping[Path, str] | None = None,
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


def _targets(node: ast.stmt) -> set[str]:
    """The names that a top-level statement defines; none for one that does not define plain names."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    flat = [e for target in targets for e in (target.elts if isinstance(target, ast.Tuple) else [target])]
    names = {e.id for e in flat if isinstance(e, ast.Name)}
    return names if flat and all(isinstance(e, ast.Name) for e in flat) else set()


#: Fields of trees that say nothing of what is done, or differ among Pythons.
_SILENT = {"ctx", "type_comment", "type_ignores", "type_params", "kind", "annotation", "returns", "simple", "lineno"}


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(sorted(field for field in kind._fields if field not in _SILENT))


#: Imports that serve annotations alone, unless what they bind is used.
_OF_TYPES = ("from typing import", "from collections.abc import")


def _constant(value: Any) -> str:
    """A constant without loss: 1, 1.0 and True are three."""
    if isinstance(value, complex):
        return f"complex({value.real.hex()}, {value.imag.hex()})"
    return value.hex() if isinstance(value, float) else ascii(value)


class _Dump:
    """The text of one module's tree, the same in every Python."""

    def __init__(self, path: Path, root: Path, at: Mapping[Any, str]):
        self.path, self.root, self.at = path, root, at
        self._bound: list[tuple[str, str]] = []  # of every import: the name it binds, and what is said of it
        self._used: set[str] = set()
        self._declares = False  # in a class that may be made of its declarations, as a dataclass is

    def imports(self) -> list[str]:
        """What is imported and used, sorted; of a package all that it imports, since it offers that, but for words of types."""
        whole = self.path.name == "__init__.py"
        offered = {line for _, line in self._bound if line and whole and not line.startswith(_OF_TYPES)}
        return sorted(offered | {line for bound, line in self._bound if line and (bound in self._used or bound == "*")})

    def body(self, statements: list[Any]) -> list[str]:
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

    def said(self, node: Any) -> str:
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
            kind: Any = type(node)
            for field in _fields(kind):
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
                text += str(piece.value)
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

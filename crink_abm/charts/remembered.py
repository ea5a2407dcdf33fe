"""What a chart of a sweep remembers: its manifest, and the alternative text from its numbers."""

import json
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure

from ..experiment import reader, schema
from ..util.errors import InputError
from ..util.plain import as_toml
from . import memory
from .panels import provenance
from .shape import Drawn
from .style import title_of

if TYPE_CHECKING:
    from ..results.results import Results

#: The longest alternative text: what a reader of screens will listen to.
LONGEST_TEXT = 1500


def of(results: "Results", chart: str, given: Mapping[str, Any], fig: Figure, drawn: Drawn) -> memory.Memory:
    """The memory of a chart that was drawn with some arguments."""
    said = results.manifest
    experiment = said["experiment"]
    manifest = {
        "format": memory.FORMAT,
        "package": said.get("package", ""),
        "rules": said.get("rules_hash", ""),
        "rules_replaced": said.get("rules_replaced", {"names": [], "fingerprint": ""}),
        "experiment": {"key": said.get("experiment_hash", ""), "name": said["name"], "toml": as_toml(experiment)},
        "seed": said["seed"],
        "runs": {"in_all": said.get("n_runs"), "per_point": said["n_runs_per_point"]},
        "chart": chart,
        "arguments": _plain(given),
        "digest": memory.digest(drawn.tables),
        "numbers": int(sum(table.size for table in drawn.tables)),
        "matplotlib": matplotlib.__version__,
    }
    return memory.Memory(manifest, text_of(results, fig, drawn), tuple(drawn.tables), given.get("style", "house"))


def text_of(results: "Results", fig: Figure, drawn: Drawn) -> str:
    """What a chart says, for those who do not see it: title, finding, numbers, and where they come from."""
    end = f" {provenance(results.manifest)}"
    title = title_of(fig)
    title += "" if title.endswith(("?", ".", "!")) else "."
    parts, room = [title, *[drawn.finding] * bool(drawn.finding)], LONGEST_TEXT - len(end)
    for sentence in drawn.sentences:
        if len(" ".join([*parts, sentence])) > room:
            parts.append(f"{len(drawn.sentences)} such figures in all.")
            break
        parts.append(sentence)
    return " ".join(parts) + end


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as JSON has them; settings of matplotlib that it lacks as text."""
    plain: dict[str, Any] = json.loads(
        json.dumps(dict(given), default=lambda x: list(x) if isinstance(x, tuple | set) else str(x))
    )
    return plain


def experiment_of(manifest: Mapping[str, Any]) -> schema.Experiment:
    """The experiment that a figure's manifest carries.

    Raises
    ------
    InputError
        If its text is no experiment, or another one than the manifest says.
    """
    try:
        said = tomllib.loads(str(manifest["experiment"]["toml"]))
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise InputError(
            f"the experiment in the figure cannot be read ({error}); give the file as crink-abm wrote it"
        ) from None
    return reader.checked(said, "the figure's experiment")

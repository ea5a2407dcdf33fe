"""``reproduce``: a figure's manifest read, its numbers computed again from the seed, compared to the bit, and drawn again."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from ..util.errors import InputError, RunsFailedError, one_line, told
from ..util.progress import shown
from .terminal import charts, check_writable, print_json, ready_engine, say


def reproduce(args: argparse.Namespace) -> None:
    """A figure's numbers again from its seed: whether they are the same to the bit; and the figure, drawn again"""
    gallery = charts()
    from ..charts import memory, remembered, style
    from ..model.keys import rules_hash
    from ..version import __version__

    source = Path(args.figure)
    manifest = memory.read(source)
    experiment = remembered.experiment_of(manifest)
    if names := manifest.get("rules_replaced", {}).get("names"):
        raise InputError(
            f"{str(source)!r} was made with functions in place of the rules {', '.join(map(str, names))}, which no figure "
            "carries; run "
            "the sweep with them and draw it in Python"
        )
    form = memory.form_of(source)
    target = Path(args.redraw) if args.redraw else _beside(source, args.out, form)
    if target.suffix.removeprefix(".").lower() not in memory.FORMATS:
        raise InputError(
            f"a figure is written as {', '.join(memory.FORMATS)}; {told(target.name)} ends in none of them"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    check_writable(target)
    same_rules, same_text = manifest["rules"] == rules_hash(), experiment.key() == manifest["experiment"].get("key")
    if not same_rules:
        say(
            f"note: the figure was made by rules {told(manifest['rules'])} (package {told(manifest['package'])}), and "
            f"{rules_hash()} "
            f"({__version__}) are installed: its numbers may come out as others"
        )
    with tempfile.TemporaryDirectory() as place:
        results = _swept(experiment, Path(args.out or place))
        given = {
            name: tuple(value) if isinstance(value, list) else value for name, value in manifest["arguments"].items()
        }
        fig = gallery.figure(results, str(manifest["chart"]), **given)
    made = memory.of(fig)
    same = made is not None and made.manifest["digest"] == manifest["digest"]
    with style.context(given.get("style", "house")):
        data = memory.rendered(fig, target.suffix.removeprefix(".").lower(), style.DPI)
    memory.write_bytes(target, data)
    bytes_same = data == source.read_bytes()
    _tell(
        {"figure": str(source), "chart": manifest["chart"], "experiment": experiment.experiment.name, "seed": manifest["seed"],
         "identical": same, "identical_file": bytes_same, "identical_rules": same_rules, "identical_experiment": same_text,
         "digest": manifest["digest"], "digest_again": made.manifest["digest"] if made else None,
         "numbers": manifest.get("numbers"), "drawn_again": str(target), "results": args.out},
        args.json, results.manifest["n_runs"],
    )  # fmt: skip
    if not same:
        raise RunsFailedError(
            "the numbers drawn are not those that come out: the figure was changed, or it comes from other rules or libraries"
        )


def _beside(source: Path, out: str | None, form: str) -> Path:
    name = f"{source.stem}-again.{form}"
    return Path(out) / "figures" / name if out else source.with_name(name)


def _swept(experiment: Any, folder: Path) -> Any:
    """The experiment's results, run into a folder."""
    from ..api import sweep
    from ..sweeps.store import Store

    Store(folder).check(experiment.experiment.name)
    ready_engine()
    say("running the experiment again from its seed ...")
    return sweep(experiment, folder, progress=shown("run"), say=say)


def _tell(said: dict[str, Any], as_json: bool, n_runs: int) -> None:
    if as_json:
        print_json(said)
        return
    print(f"{one_line(said['figure'])}: chart {said['chart']} of {said['experiment']}, seed {said['seed']}")
    n = said["numbers"]
    numbers = f"the {n:,} numbers drawn" if isinstance(n, int) else "the numbers drawn"
    if said["identical"]:
        print(f"{numbers} come out again from {n_runs:,} runs, identical to the bit")
    else:
        now = said["digest_again"] or "none"
        print(f"{numbers} do NOT come out again from {n_runs:,} runs: digest {said['digest'][:16]}, and now {now[:16]}")
    whether = "byte for byte the same" if said["identical_file"] else "not byte for byte the same"
    print(f"the file drawn again is {whether}: {said['drawn_again']}")

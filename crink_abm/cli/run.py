"""``run``: one run, told month by month."""

import argparse
from typing import TYPE_CHECKING

from ..util.errors import InputError
from .terminal import print_json

if TYPE_CHECKING:
    from ..agents.model import DeterrenceModel


def run(args: argparse.Namespace) -> None:
    """One run in Mesa, told month by month."""
    from ..agents.model import DeterrenceModel
    from ..model.scenarios import assignment, scenario

    chosen = scenario(args.scenario) if args.scenario else {}
    settings = [assignment(text) for text in args.set]
    for name, value in settings:
        if [other for other, _ in settings].count(name) > 1:
            raise InputError(f"{name} is set twice; set it once")
        chosen[name] = value
    tell(DeterrenceModel(chosen, seed=args.seed, run=args.run, months=args.months).run(), args)


def tell(model: "DeterrenceModel", args: argparse.Namespace) -> None:
    if not args.json:
        print(model.story)
        return
    history = model.history
    print_json(
        {
            "seed": model.key[0], "run": model.key[1], **model.source, "start": model.start,
            "months": len(history), "levers": model.levers, "parameters": model.parameters,
            "outcome": model.outcome, "events": [event.as_dict() for event in model.events],
            "history": {"month": history.index.tolist(), **{name: history[name].tolist() for name in history.columns}},
        }
    )  # fmt: skip

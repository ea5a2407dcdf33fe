"""A common pool of arms: claims that ask for the same runs share them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...model.overrides import fingerprint
from ..kept import Kept, key_of
from ..responses import Arm, Responses, Setting, respond


class Pool:
    """Arms that are asked for, each run once with all that is asked of it.

    Attributes
    ----------
    rounds : runs of an arm in each world
    """

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self._asked: dict[str, tuple[Setting, Arm, dict[str, None]]] = {}
        self._found: dict[str, Responses] = {}

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, setting: Setting, arm: Arm, asked: Sequence[str]) -> str:
        """Ask for an arm; returns the key under which its responses will be."""
        values = setting.values(arm)
        key = key_of(setting.calendar(arm), values, setting.worlds.order, [setting.seed], fingerprint(arm.rules))
        _, _, measures = self._asked.setdefault(key, (setting, arm, {}))
        measures.update(dict.fromkeys(asked))
        return key

    def run(self, kept: Kept | None = None, progress: Callable[[int, int], object] | None = None) -> None:
        """Run all that was asked for and is not there."""
        for done, (key, (setting, arm, measures)) in enumerate(self._asked.items()):
            if key not in self._found:
                self._found[key] = respond(setting, [arm], sorted(measures), rounds=self.rounds, kept=kept)
            if progress:
                progress(done + 1, len(self._asked))

    def found(self, keys: Mapping[str, str], asked: Sequence[str]) -> Responses:
        """The responses of some arms: name -> key."""
        parts: list[Any] = [self._found[key] for key in keys.values()]
        columns = [[one.measure(name) for name in asked] for one in parts]
        stack = {
            what: np.stack([getattr(one, what)[0][..., column] for one, column in zip(parts, columns, strict=True)])
            for what in ("total", "among", "noise")
        }
        return Responses(tuple(keys), tuple(asked), number=parts[0].number, rounds=self.rounds, **stack)

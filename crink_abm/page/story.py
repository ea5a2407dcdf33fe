"""The words with which a run is told, those of :mod:`crink_abm.agents.narrative`, for the page's teller (``src/story.js``)."""

from typing import Any

from ..agents import narrative
from ..model.outcomes import REGISTRY


def _theatre(one: Any) -> dict[str, Any]:
    named = (
        "place",
        "where",
        "force",
        "leader",
        "state",
        "status",
        "imposed",
        "decides",
        "choice",
        "best",
        "type",
        "theory",
    )
    return {
        **{name: getattr(one, name) for name in named},
        "says": {str(int(option)): text for option, text in one.says.items()},
        "options": [list(option) for option in one.options], "weighed": list(one.weighed),
    }  # fmt: skip


def tables() -> dict[str, Any]:
    """Texts and names by which events are told."""
    return {
        "theatres": [_theatre(one) for one in (narrative._TAIWAN, narrative._KOREA)],
        "tests": {f"{a},{b}": text for (a, b), text in narrative._TESTS.items()},
        "turns": [list(turn) for turn in narrative.TURNS],
        "imposed": list(narrative._IMPOSED),
        "firsts": [[one.first, one.story] for one in REGISTRY.by_name.values() if one.story and one.first],
        "texts": narrative.TEXTS,
    }  # fmt: skip

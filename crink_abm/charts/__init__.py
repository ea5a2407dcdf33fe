"""Pictures. The only package that imports matplotlib. Imports what stands below it: ``util`` to ``analysis``."""

from .functions import (
    WORDS,
    data_of,
    difference_spreads,
    factors,
    first_failures,
    frontier,
    heat,
    icons,
    incidence,
    levers,
    packages,
    ranking,
    responses,
    sample,
    spreads,
    text_of,
)
from .gallery import CHARTS, draw, figure

__all__ = [
    "CHARTS", "WORDS", "data_of", "difference_spreads", "draw", "factors", "figure", "first_failures", "frontier", "heat",
    "icons", "incidence", "levers", "packages", "ranking", "responses", "sample", "spreads", "text_of",
]  # fmt: skip

"""Pictures. The only package that imports matplotlib. Imports what stands below it: ``util`` to ``analysis``."""

from .gallery import CHARTS, draw, figure

__all__ = ["CHARTS", "draw", "figure"]

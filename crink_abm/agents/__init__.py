"""Mesa: one run, to watch and to change. The only package that imports Mesa. Imports ``util`` and ``model``."""

"""The historical record and the model run along it. Imports what stands below it: ``util`` to ``ensemble``; not
``experiment``."""

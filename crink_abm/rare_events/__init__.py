"""Rare events by importance sampling. Imports what stands below it: ``util`` to ``record``; not ``sweeps``, not
``calibration``."""

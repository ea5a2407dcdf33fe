"""Which states of the world are run: drawn, screened, crossed, calibrated or read from a file. Imports what stands below it:
``util`` to ``engine``."""

"""What came of runs, to be read: a sweep in its folder, or runs in memory. Imports what stands below it: ``util`` to
``calibration``; not ``validation``."""

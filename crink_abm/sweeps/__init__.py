"""An experiment into a folder: runs planned, computed, stored and taken up again. Imports what stands below it: ``util`` to
``record``; not ``rare_events``, not ``calibration``."""

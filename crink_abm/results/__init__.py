"""What a sweep has left in its folder, to be read. Imports what stands below it: ``util`` to ``calibration``; not
``validation``."""

"""How good the calibrated model is: predictive checks, simulation-based calibration, forecasts. Imports what stands below
it: ``util`` to ``calibration``; not ``results``."""

"""Executors: who computes the runs, here or on other machines. Part of :mod:`crink_abm.sweeps`: imports what it does, and no
runner."""

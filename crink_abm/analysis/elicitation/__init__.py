"""A reader's own beliefs: distributions from quantiles, experts pooled, worlds weighed anew.

Imports from ``analysis`` and below.
"""

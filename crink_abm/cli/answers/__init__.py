"""Commands that answer: each reads an experiment file with ``[ask]``, runs an analysis, and writes tables and charts.

Imports from all packages but ``__main__``.
"""

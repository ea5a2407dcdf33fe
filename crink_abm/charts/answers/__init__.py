"""Charts of the answers: one function each, drawing what an analysis found and computing nothing.

Imports from ``analysis`` for types alone, and from ``charts``.
"""

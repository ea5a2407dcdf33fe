"""Pages made of the answers.

Imports from ``analysis`` and below.
"""

"""Which beliefs matter: screening, variance-based indices, and Shapley effects, of levels and of effects.

Imports from ``analysis`` and below; SALib is loaded here alone.
"""

"""What one has to believe: the beliefs that decide the sign of a policy's effect, and the level at which it turns.

Imports from ``analysis`` and below.
"""

"""Portfolios: thousands of policies by cost and risk; which are on the front, which is robust, what levers trade for.

Imports from the analyses' common ground and below.
"""

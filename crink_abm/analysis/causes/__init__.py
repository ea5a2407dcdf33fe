"""Causes: what would have averted one war, by exact counterfactual replay, and the pathways of many."""

"""Thirty claims of the article: each run against its counter-claim, its ablation and its constant, and called by one rule."""

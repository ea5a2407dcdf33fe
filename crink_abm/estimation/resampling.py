"""Weighted samples: weights that sum to 1, systematic resampling, effective size."""

import numpy as np


def normalised(log_weight: np.ndarray | float) -> np.ndarray:
    """Weights that sum to 1."""
    log_weight = np.asarray(log_weight)
    weights = np.exp(log_weight - log_weight.max())
    return weights / weights.sum()


def resampled(weights: np.ndarray, n: int, seed: int) -> np.ndarray:
    """How often each world counts in ``n`` draws by systematic resampling (Kitagawa 1996)."""
    points = (np.arange(n) + np.random.default_rng(seed).random()) / n
    rows = np.minimum(np.searchsorted(np.cumsum(weights), points), len(weights) - 1)
    return np.bincount(rows, minlength=len(weights))


def effective_size(weights: np.ndarray) -> float:
    """Kish's effective sample size, (Σ w)² / Σ w²."""
    return float(weights.sum() ** 2 / (weights**2).sum())

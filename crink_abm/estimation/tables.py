"""The columns of tables of estimates, and the intervals that are put into them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..util.errors import InputError
from . import intervals, over_worlds

#: The three spreads of a probability; with ``diff_`` before them, those of its paired difference from the baseline.
SPREADS = ("mc_se", "ensemble_se", "parameter_sd", "structure_sd", "structure_low", "structure_high")

DIFF_SPREADS = tuple(f"diff_{name}" for name in SPREADS)

#: Counts of runs; as many equally weighing runs as say the same; share with the event and its difference, worlds weighed evenly.
COUNTED = ("n_runs", "n_events", "n_only_policy", "n_only_baseline", "n_both", "n_effective", "share", "diff_share")

#: Probability and paired difference by control variates, their standard errors, and by how much their variance fell.
CONTROLLED = ("cv_prob", "cv_prob_se", "variance_reduction", "cv_diff", "cv_diff_se", "diff_variance_reduction")

#: Ends of the intervals that take the worlds as the sample, and the degrees of freedom of these worlds.
WORLDS = ("ensemble_low", "ensemble_high", "diff_ensemble_low", "diff_ensemble_high")


#: What is known of a row before its intervals are put in.
COLUMNS = (*COUNTED, *CONTROLLED, *SPREADS, *DIFF_SPREADS, "ensemble_df", "ensemble_low", "ensemble_high")

#: What is put in besides: the intervals (:func:`with_intervals`), and tests within families.
ADDED = (
    "prob", "low", "high", "diff", "diff_low", "diff_high", "base_prob", "method", "diff_method", *WORLDS, "interval", "q_value",
    "discernible", "grid_q_value", "grid_discernible",
)  # fmt: skip


def change_error(table: Mapping[str, np.ndarray]) -> np.ndarray:
    """The standard errors over worlds that intervals and tests of changes go by."""
    with np.errstate(invalid="ignore"):  # every run may have failed
        moved = (table["n_only_policy"] + table["n_only_baseline"]) / table["n_runs"]
    return over_worlds.of_change(table["diff_ensemble_se"], moved, table["ensemble_df"])


#: How a number came about.
COUNTS, CONTROL = "counts", "control variates"
#: The same as counts, where replaced rules state odds or draw, so that residuals may not have mean 0.
REPLACED = "counts (rules replaced)"


def interval_columns(table: pd.DataFrame, interval: str = "best", take_out: bool = True) -> pd.DataFrame:
    """A table of counts with the columns of :func:`with_intervals`."""
    given = {
        name: table[name].to_numpy() for name in (*COLUMNS, "diff_ensemble_low", "diff_ensemble_high") if name in table
    }
    return table.assign(**with_intervals(given, interval, take_out))


def with_intervals(
    table: dict[str, np.ndarray], interval: str = "best", take_out: bool = True
) -> dict[str, np.ndarray]:
    """Columns of counts with prob, low, high, and the paired difference from the baseline, with their intervals and methods.

    ``interval`` is ``"jeffreys"`` or ``"clopper-pearson"`` for counts and those intervals of them, with Newcombe's of
    differences. ``"best"`` uses control variates where that is valid, and counts with Clopper's and Pearson's
    interval elsewhere. Where they are used the interval is that of as many independent runs as would have the same
    standard error. ``base_prob`` is the baseline's probability on the same runs with the same multiples: prob less base_prob is
    diff. Rows of conditional outcomes have no paired difference. An interval over worlds is never narrower than the one that
    takes the worlds as given.

    Source: Korn and Graubard 1998 (effective counts); Newcombe 1998.
    """
    if interval not in intervals.KINDS:
        raise InputError(f"interval is one of {', '.join(intervals.KINDS)}; {interval!r} was given")
    out, n_rows = dict(table), len(table["share"])
    counts = COUNTS if take_out else REPLACED
    kind = intervals.INTERVALS.get(interval, intervals.clopper_pearson)
    prob, worth = table["share"], table["n_effective"]
    paired = table["n_only_policy"] >= 0
    diff = np.where(paired, table["diff_share"], np.nan)
    method = diff_method = np.full(n_rows, counts, object)
    ends = np.full((2, n_rows), np.nan)
    up, down, both, n = (table[name][paired] for name in ("n_only_policy", "n_only_baseline", "n_both", "n_runs"))
    with np.errstate(invalid="ignore", divide="ignore"):
        raw, *at_ends = intervals.newcombe(up, down, both, n)
        ends[:, paired] = np.array(at_ends) + (diff[paired] - raw)  # the same width where worlds are weighed
        if interval == "best":
            better, moved = ~np.isnan(table["cv_prob"]), ~np.isnan(table["cv_diff"])
            prob, diff = np.where(better, table["cv_prob"], prob), np.where(moved, table["cv_diff"], diff)
            worth = np.where(better, prob * (1.0 - prob) / table["cv_prob_se"] ** 2, worth)
            freedom = np.maximum(table["n_only_policy"] + table["n_only_baseline"], 2)
            ends = np.where(moved, over_worlds.student(diff, table["cv_diff_se"], freedom), ends)
            method, diff_method = np.where(better, CONTROL, method), np.where(moved, CONTROL, diff_method)
        out["prob"], (out["low"], out["high"]) = prob, kind(prob * worth, worth)
        out["diff"], (out["diff_low"], out["diff_high"]) = diff, np.clip(ends, -1.0, 1.0)
        out["base_prob"] = prob - diff
        out["method"], out["diff_method"] = method, np.where(paired, diff_method, np.array(None, object))
        freedom = table["ensemble_df"]
        for prefix, spread in (
            ("", over_worlds.on_the_logit(prob, table["ensemble_se"], freedom)),
            ("diff_", over_worlds.student(diff, change_error(table), freedom)),
        ):
            for end, value, wider in (("low", spread[0], np.fmin), ("high", spread[1], np.fmax)):
                name = f"{prefix}ensemble_{end}"
                few = np.where(freedom < over_worlds.MANY - 1, table.get(name, np.nan), np.nan)
                value = np.clip(wider(np.where(np.isnan(few), value, few), out[f"{prefix}{end}"]), -1.0, 1.0)
                out[name] = np.where(freedom > 0, value, np.nan)
    out["interval"] = np.full(n_rows, interval, object)
    return out

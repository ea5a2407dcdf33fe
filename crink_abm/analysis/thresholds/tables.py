"""The tables of a study of thresholds, row by row: numbers first, then the sentence that they allow."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...ensemble.worlds import Worlds
from ...estimation import clusters
from ...estimation.intervals import over_worlds
from ...model.parameters import CATALOGUE
from ...typing import FloatArray
from ..questions import BASELINE
from ..responses import Responses
from . import beliefs, words
from .crossing import Crossing
from .reversal import Direction, odds
from .screening import Screen

JOINT = ["package", "outcome", "first", "first_level", "second", "second_level", "why", "effect", "low", "high", "n_worlds",
         "runs_per_world"]  # fmt: skip
BOUNDARY = [
    "package",
    "outcome",
    "first",
    "first_level",
    "second",
    "threshold",
    "low",
    "high",
    "kind",
    "below",
    "above",
]
_SCREENING = [
    "package",
    "outcome",
    "belief",
    "share_ensemble",
    "p_ensemble",
    "share_prior",
    "p_prior",
    "candidate",
    "named",
]
_CURVES = ["package", "outcome", "belief", "level", "effect", "low", "high", "noise_low", "noise_high"]
_QUANTILES = {"ensemble_5": 0.05, "ensemble_25": 0.25, "ensemble_75": 0.75, "ensemble_95": 0.95}
_SIDES = [f"{where}_{side}" for where in ("ensemble", "prior") for side in ("lowers", "unclear", "raises")]


def _noise(halves: FloatArray) -> tuple[float, float]:
    """The Monte Carlo interval of a mean effect, the worlds given, from its halves."""
    mean, n = float(halves.mean()), halves.shape[1]
    half = over_worlds(n + 1) * float(np.sqrt(((halves[0] - halves[1]) ** 2).sum() / 4.0)) / n
    return mean - half, mean + half


def questions(asked: list[tuple[str, str, Responses, Responses, Mapping[str, Screen]]], margin: float) -> pd.DataFrame:
    """The effect of each package, in the ensemble and over the bare prior."""
    rows = []
    for package, outcome, now, wide, screens in asked:
        halves, bare = (found.change(package, BASELINE, outcome) for found in (now, wide))
        effect, low, high = clusters.mean_interval(halves.mean(0), now.number)
        rows.append(
            (package, outcome, effect, low, high, *_noise(halves), *verdict(low, high, margin),
             *clusters.mean_interval(bare.mean(0), wide.number), screens["ensemble"].reliability,
             screens["prior"].reliability, halves.shape[1], int(now.number.max()) + 1, bare.shape[1], now.rounds)
        )  # fmt: skip
    columns = ["package", "outcome", "effect", "low", "high", "noise_low", "noise_high", "sign", "size", "prior_effect",
               "prior_low", "prior_high", "reliability", "prior_reliability", "n_worlds", "n_different", "n_prior_worlds",
               "runs_per_world"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def verdict(low: float, high: float, margin: float) -> tuple[str, str]:
    """The sign of an effect (lowers, raises, unclear) by its interval, and its size (beyond a margin, within, unsettled)."""
    sign = "lowers" if high < 0.0 else "raises" if low > 0.0 else "unclear"
    beyond = high < -margin or low > margin
    size = "beyond" if beyond else "within" if -margin < low and high < margin else "unsettled"
    return sign, size


def screening(
    asked: list[tuple[str, str, Mapping[str, Screen], list[str]]], named: Mapping[str, list[str]], most: int
) -> pd.DataFrame:
    """The strongest beliefs of each question, and all its candidates."""
    rows = []
    for package, outcome, screens, found in asked:
        both = screens["ensemble"].table.merge(
            screens["prior"].table, on="belief", how="outer", suffixes=("_ensemble", "_prior")
        )
        both["order"] = both[["share_ensemble", "share_prior"]].max(axis=1)
        both = both.sort_values(["order", "belief"], ascending=[False, True], kind="stable").reset_index(drop=True)
        kept = both[(both.index < most) | both["belief"].isin(found)]
        for row in kept.itertuples():
            rows.append(
                (package, outcome, row.belief, row.share_ensemble, row.p_ensemble, row.share_prior, row.p_prior,
                 row.belief in found, row.belief in named.get(package, []))
            )  # fmt: skip
    return pd.DataFrame(rows, columns=_SCREENING)


def pairs(asked: list[tuple[str, str, Mapping[str, Screen]]]) -> pd.DataFrame:
    """The pairs that go most with what single beliefs leave of each effect."""
    rows = [
        (package, outcome, where, row.first, row.second, row.correlation, row.p)
        for package, outcome, screens in asked
        for where, one in screens.items()
        for row in one.pairs.itertuples()
    ]
    return pd.DataFrame(rows, columns=["package", "outcome", "ensemble", "first", "second", "correlation", "p"])


def curves(found: Mapping[tuple[str, str, str], Crossing], levels: Mapping[str, int]) -> pd.DataFrame:
    """Effects where a belief is imposed on every world."""
    rows = [
        (*question, *row)
        for question, one in found.items()
        for row in zip(one.levels, one.mean, one.low, one.high, one.noise_low, one.noise_high, strict=True)
    ]
    return pd.DataFrame(rows, columns=_CURVES).assign(**levels)


def regions(one: Crossing) -> list[tuple[float, float, int]]:
    """The levels examined, cut into parts by the clear sign of the effect there (0 in the confidence set): ascending."""
    at, end, parts = float(one.levels[0]), float(one.levels[-1]), []
    for low, high in one.pieces:
        if low > at:
            parts.append((at, low, _sign(one, (at + low) / 2.0)))
        parts.append((low, high, 0))
        at = high
    if at < end:
        parts.append((at, end, _sign(one, (at + end) / 2.0)))
    return parts


def _sign(one: Crossing, level: float) -> int:
    return int(np.sign(np.interp(level, one.levels, one.mean)))


def sides(name: str, one: Crossing, worlds: Worlds) -> dict[str, Any]:
    """The shares of the ensemble and of the bare prior where the effect clearly lowers, clearly raises, or is unclear.

    ``lowers``, ``lowers_low`` and ``lowers_high`` are the share of the ensemble on the lowering side of the estimated curve: its
    interval goes from the low end of what clearly lowers to the high end of what does not clearly raise, so that it holds
    both the threshold's uncertainty and that of an ensemble of so many different worlds.
    """
    p, number = CATALOGUE[name], worlds.number
    x = worlds.column(name)
    if p.switch is not None:
        clear = np.where(one.high < 0.0, -1, np.where(one.low > 0.0, 1, 0))
        place = np.searchsorted(one.levels, x)
        sign, drawn = clear[np.minimum(place, len(clear) - 1)], clear
        side = np.sign(one.mean)[np.minimum(place, len(clear) - 1)]
        prior = {s: float(np.mean(drawn == s)) for s in (-1, 0, 1)}
        prior_lowers = float(np.mean(one.mean < 0.0))
    else:
        parts = regions(one)
        ends = np.array([high for _, high, _ in parts])
        sign = np.array([s for *_, s in parts])[np.minimum(np.searchsorted(ends, x), len(parts) - 1)]
        side = np.sign(np.interp(x, one.levels, one.mean))
        prior = {s: float(sum(_mass(p, low, high) for low, high, sign_ in parts if sign_ == s)) for s in (-1, 0, 1)}
        even = p.quantile((np.arange(4000) + 0.5) / 4000.0)
        prior_lowers = float(np.mean(np.interp(even, one.levels, one.mean) < 0.0))
    share, _, _ = beliefs.share_of(side < 0, number)
    _, low, _ = beliefs.share_of(sign < 0, number)
    _, _, high = beliefs.share_of(sign <= 0, number)
    ensemble = {s: float(np.mean(sign == s)) for s in (-1, 0, 1)}
    words_ = {-1: "lowers", 0: "unclear", 1: "raises"}
    return {
        **{f"ensemble_{word}": ensemble[s] for s, word in words_.items()},
        **{f"prior_{word}": prior[s] for s, word in words_.items()},
        "lowers": share, "lowers_low": low, "lowers_high": high, "lowers_of_prior": prior_lowers,
    }  # fmt: skip


def _mass(p: Any, low: float, high: float) -> float:
    return float(beliefs.position(p, high) - beliefs.position(p, low))


def thresholds(
    found: Mapping[tuple[str, str, str], Crossing], worlds: Worlds, levels: Mapping[str, int],
    screens: Mapping[tuple[str, str], Mapping[str, Screen]],
) -> pd.DataFrame:  # fmt: skip
    """Where each belief turns each effect, who stands on which side, and the sentence."""
    rows = []
    for (package, outcome, name), one in found.items():
        p = CATALOGUE[name]
        switch = p.switch is not None
        x, u = worlds.column(name), None
        kind = _switch_kind(one) if switch else one.kind
        if not switch:
            u = beliefs.position(p, x)
        noise = (
            (one.noise_pieces[0][0], one.noise_pieces[-1][1]) if one.noise_pieces and not switch else (np.nan, np.nan)
        )
        low, high = one.span if not switch else (np.nan, np.nan)
        said = {
            "package": package, "outcome": outcome, "belief": name, "kind": kind, "found": kind in ("bounded", "levels"),
            "threshold": np.nan if switch else one.root, "low": low, "high": high, "noise_low": noise[0], "noise_high": noise[1],
            "below": 0 if switch else one.below, "above": 0 if switch else one.above, "unit": p.unit,
            "declared_low": p.low, "declared_high": p.high, "examined_low": float(one.levels[0]),
            "examined_high": float(one.levels[-1]), **sides(name, one, worlds),
            "ensemble_median": float(np.median(x)), **_spread(x),
            "narrowed": np.nan if u is None else 1.0 - float(np.std(u)) * np.sqrt(12.0),
            "source": p.source, "standing": beliefs.standing(p), "share_of_variance": _strength(screens[package, outcome], name),
            **levels,
        }  # fmt: skip
        said["sentence"] = words.threshold(said, one)
        rows.append(said)
    columns = ["package", "outcome", "belief", "kind", "found", "threshold", "low", "high", "noise_low", "noise_high", "below",
               "above", "unit", "declared_low", "declared_high", "examined_low", "examined_high", *_SIDES, "lowers", "lowers_low",
               "lowers_high", "lowers_of_prior", "ensemble_median", *_QUANTILES, "narrowed", "source", "standing",
               "share_of_variance",                *levels, "sentence"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def spread(names: Iterable[str], worlds: Worlds, bins: int = 24) -> pd.DataFrame:
    """Where the ensemble and the bare prior put beliefs: shares by bin of the declared range, or by level of a switch."""
    rows: list[Any] = []
    for name in dict.fromkeys(names):
        p, x = CATALOGUE[name], worlds.column(name)
        if p.switch is not None:
            for level in p.drawn:
                rows.append((name, float(level), float(level), float(np.mean(x == float(level))), 1.0 / len(p.drawn)))
            continue
        edges = np.asarray(p.quantile(np.linspace(0.0, 1.0, bins + 1)), float)
        counts = np.histogram(
            np.clip(x, p.low, p.high), np.concatenate([edges[:-1], [np.nextafter(edges[-1], np.inf)]])
        )[0]
        rows += [
            (name, low, high, count / len(x), 1.0 / bins)
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        ]
    return pd.DataFrame(rows, columns=["belief", "low", "high", "ensemble", "prior"])


def _strength(screens: Mapping[str, Screen], name: str) -> float:
    """The larger share of between-world variance that a belief carries, of the two ensembles."""
    shares = [float(x) for one in screens.values() for x in one.table.loc[one.table["belief"] == name, "share"]]
    return max(shares, default=float("nan"))


def _spread(x: FloatArray) -> dict[str, float]:
    return {name: float(np.quantile(x, u)) for name, u in _QUANTILES.items()}


def _switch_kind(one: Crossing) -> str:
    """How the levels of a switch divide: "levels" where it clearly turns the sign, "none" where all clearly have one, else "
    ""undecided"."""
    lowers, raises = bool((one.high < 0.0).any()), bool((one.low > 0.0).any())
    if lowers and raises:
        return "levels"
    return "none" if ((one.high < 0.0) | (one.low > 0.0)).all() else "undecided"


def reversal(
    lines: Iterable[tuple[Any, Direction]], moved: list[Crossing], checked: list[tuple[float, float, float, float]],
    worlds: Worlds, within: float, levels: Mapping[str, int],
) -> pd.DataFrame:  # fmt: skip
    """How far each direction goes until the mean effect turns: found where the other sign is clear within reach."""
    rows = []
    for (one, line), path, (at, check, check_low, check_high) in zip(lines, moved, checked, strict=True):
        low, high = path.span if path.pieces else (np.nan, np.nan)
        start = _sign_of(path.low[0], path.high[0])
        kind = "unclear" if not start else path.kind
        found = kind == "bounded"
        distance = path.roots[0] if found and path.roots else np.nan
        before, after = [], []
        for name, step in zip(line.beliefs, line.step, strict=True):
            p = CATALOGUE[name]
            x = worlds.column(name)
            before.append(float(np.median(x)))
            after.append(float(np.median(beliefs.values(p, beliefs.scores(p, x) + at * step))))
        said = {
            "package": one.package, "outcome": one.outcome, "beliefs": ", ".join(line.beliefs), "n_beliefs": len(line.beliefs),
            "effect": path.mean[0], "effect_low": path.low[0], "effect_high": path.high[0], "kind": kind, "found": found,
            "distance": distance, "low": low if found else np.nan, "high": high if found else np.nan,
            "odds": odds(distance) if found else np.nan, "log_density_ratio": -0.5 * distance**2 if found else np.nan,
            "predicted": line.predicted, "within": within,
            "farthest_effect": path.mean[-1], "farthest_low": path.low[-1], "farthest_high": path.high[-1],
            "simulated_at": at, "check_effect": check, "check_low": check_low, "check_high": check_high,
            "steps": ", ".join(f"{step:.4g}" for step in line.step), "medians_before": ", ".join(f"{x:.4g}" for x in before),
            "medians_there": ", ".join(f"{x:.4g}" for x in after), "evaluations": len(path.levels) + 1, **levels,
        }  # fmt: skip
        said["sentence"] = words.reversal(said, list(line.beliefs), before, after)
        rows.append(said)
    columns = ["package", "outcome", "beliefs", "n_beliefs", "effect", "effect_low", "effect_high", "kind", "found", "distance",
               "low", "high", "odds", "log_density_ratio", "predicted", "within", "farthest_effect", "farthest_low",
               "farthest_high", "simulated_at", "check_effect", "check_low", "check_high", "steps", "medians_before",
               "medians_there", "evaluations", *levels, "sentence"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _sign_of(low: float, high: float) -> int:
    return -1 if high < 0.0 else 1 if low > 0.0 else 0

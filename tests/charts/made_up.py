"""Results of a made-up sweep: the part of ``Results`` that charts read, over a response that is known."""

from itertools import product

import numpy as np
import pandas as pd

from crink_abm.model import outcomes
from crink_abm.model.levers import LEVERS

SWEPT = ("usfk_posture", "sanctions_intensity", "trilateral_coordination")
BASE = {name: lever.today for name, lever in LEVERS.items()}
PACKAGE = {"usfk_posture": 0.8, "counter_hybrid": 0.9}


class FakeResults:
    """The part of sweeps.Results that charts read, over a made-up response."""

    def __init__(self, swept=SWEPT, one_at_a_time=tuple(LEVERS), packages=None):
        packages = {"strong": PACKAGE} if packages is None else packages
        policies = [{**BASE, **dict(zip(swept, x, strict=True))} for x in product((0.0, 0.5, 1.0), repeat=len(swept))]
        policies += [{**BASE, name: level} for name in one_at_a_time for level in (0.0, 0.25, 1.0)]
        policies += [{**BASE, **chosen} for chosen in packages.values()] + [BASE]
        labels = [""] * (len(policies) - len(packages) - 1) + [*packages, "baseline"]
        table = pd.DataFrame(policies).assign(label=labels)
        table = (
            table.sort_values("label").drop_duplicates(list(LEVERS), keep="last").sort_index().reset_index(drop=True)
        )
        others = [name for name in LEVERS if name not in swept]
        on_grid = bool(swept) & table[list(swept)].isin([0.0, 0.5, 1.0]).all(axis=1)
        on_grid &= (table[others] == pd.Series(BASE)[others]).all(axis=1)
        sampled = np.random.default_rng(1).random((0 if not swept else 64, len(LEVERS)))
        table = pd.concat([table.assign(on_grid=on_grid, family="any"), pd.DataFrame(sampled, columns=list(LEVERS)).assign(
            label="", on_grid=False, family="sample")], ignore_index=True)  # fmt: skip
        table["timing"] = np.where(table["on_grid"], np.where(table.index % 2, "late", "early"), None)
        self.points = table.assign(point=table.index)
        self.baseline = int(self.points.loc[self.points["label"] == "baseline", "point"].iloc[0])
        self.folder = None
        self.estimates = pd.concat([self._estimate(name, k) for k, name in enumerate(outcomes.OUTCOMES)])
        self.manifest = {
            "name": "made_up", "n_runs_per_point": 1000, "runs_of_points": None, "seed": 7, "swept": list(swept),
            "worlds": {"n": 42, "reached": 42, "note": None, "screen": {"share_kept": 0.125, "undecided": 3}},
            "grid": [
                *({"name": name, "levels": [0.0, 0.5, 1.0], "labels": ["0", "0.5", "1"]} for name in swept),
                *[{"name": "timing", "levels": ["early", "late"], "labels": ["early", "late"]}] * bool(swept),
            ],
            "experiment": {
                "factors": {"timing": {"early": {}, "late": {"dual_role": {"2026-01": 0.3, "2028-01": 0.9}}}},
                "sample": {"method": "sobol", "levers": "all", "ranges": {}} if swept else None,
                "experiment": {"months": 120},
                "packages": packages,
                "levers": {name: {"from": 0.0, "to": 1.0, "points": 3} for name in swept},
            },
        }  # fmt: skip

    def _estimate(self, name, k):
        diff = sum((self.points[lever] - BASE[lever]) * 0.02 * np.cos(3 * k + i) for i, lever in enumerate(LEVERS))
        rows = self.points.assign(outcome=name, diff=diff, diff_low=diff - 0.01, diff_high=diff + 0.01, prob=0.3 + diff)
        rows = rows.assign(diff_ensemble_low=diff - 0.02, diff_ensemble_high=diff + 0.02)
        rows = rows.assign(low=rows["prob"] - 0.03, high=rows["prob"] + 0.03, discernible=diff.abs() >= 0.01)
        spreads = {
            "mc_se": 0.015,
            "parameter_sd": 0.2,
            "structure_sd": 0.1,
            "structure_low": 0.2,
            "structure_high": 0.4,
        }
        rows = rows.assign(grid_discernible=rows["discernible"], row="a row", **spreads)
        return rows.assign(**{f"diff_{spread}": value / 10 for spread, value in spreads.items()})

    def slice(self, outcome, *free):
        rows = self.estimates[self.estimates["outcome"] == outcome]
        for name in set(LEVERS) - set(free):
            rows = rows[np.isclose(rows[name], BASE[name])]
        return rows.sort_values(list(free)).reset_index(drop=True)

    def _curves(self, points, names):
        month = np.arange(120)
        prob = 0.3 * (month + 1) / 120
        frames = [
            pd.DataFrame(
                {"point": p, "outcome": n, "month": month, "prob": prob, "low": prob * 0.9, "high": prob * 1.1}
            )
            for p in points
            for n in names
        ]
        return pd.concat(frames, ignore_index=True)

    def incidence(self, points, names):
        return self._curves(points, names)

    def incidence_change(self, points, names):
        rows = self._curves(points, names)
        share = np.where(rows["point"] % 2, 0.1, -0.2)
        parts = {"diff": 1.0, "diff_low": 0.8, "diff_high": 1.2, "diff_ensemble_low": 0.5, "diff_ensemble_high": 1.5}
        return rows.assign(**{name: rows["prob"] * share * factor for name, factor in parts.items()})

    def competing(self, points):
        return self._curves(points, outcomes.CAUSES)

"""The numbers of docs/testing_campaign.md: the regime of missile tests fitted, tested, and set beside simple rivals.

    python docs/testing_campaign.py fit       the fit to 2012-19, and scores of the rule alone
    python docs/testing_campaign.py worlds    launch days, hindcast and 2035 of whole worlds
                                              (--ensemble prior, defaults or calibrated)
    python docs/testing_campaign.py levers    what levers do to provocations, 2026-35

``worlds`` runs under the first edition too: PYTHONPATH=the checkout of it.
"""

import argparse
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from crink_abm.calibration import observation
from crink_abm.ensemble import calibrated, worlds
from crink_abm.model import levers
from crink_abm.model.parameters import CATALOGUE
from crink_abm.record import history, tables
from crink_abm.validation import forecast, hindcast, scores

FITTED_TO = "2019-12"
#: Origins of forecasts, one to twelve months ahead.
SPANS = {"2016-21": ("2016-01", "2020-12"), "2020-24, test": ("2019-12", "2023-12"), "2021-24": ("2021-01", "2023-12")}
PERIODS = {
    "2012-13": ("2012-01", "2013-12"), "2014-17": ("2014-01", "2017-12"),
    "moratorium, 2018-01 to 2019-03": ("2018-01", "2019-03"),
    "2019-04 to 12": ("2019-04", "2019-12"), "2020-21": ("2020-01", "2021-12"), "2022-24": ("2022-01", "2024-12"),
}  # fmt: skip
#: What the fit starts from: (mean, s.d.) on the scale fitted. Campaigns and quiet last some 17 months, within a factor of two;
#: a year's technology (0.015) adds a third to the odds; exercises as F040-F045; any speed of a moratorium.
WEAK = {
    "quiet_rate": (np.log(0.2), 0.7), "campaign_rate": (np.log(1.3), 0.5),
    "campaign_begin": (-2.8, 0.7), "campaign_end": (-2.8, 0.7),
    "campaign_backlog": (20.0, 20.0), "campaign_exercise": (0.4, 0.4), "moratorium_speed": (0.0, 1.0),
}  # fmt: skip
_SCALE = {"quiet_rate": np.exp, "campaign_rate": np.exp, "moratorium_speed": expit}
#: The rule without covariates and without a moratorium: two regimes and nothing else.
PLAIN = {"campaign_backlog": 0.0, "campaign_exercise": 0.0, "moratorium_speed": 0.0}


@dataclass
class Course:
    """What the filter reads, from 2012-01 to 2024-12."""

    days: np.ndarray
    gain: np.ndarray
    exercise: np.ndarray
    borders: np.ndarray
    talks: np.ndarray

    @classmethod
    def of(cls, record):
        months = history.months(history.FIRST, 156)
        calendar = history.calendar(record, history.FIRST, 156)
        column = {name: calendar[:, k] for k, name in enumerate(levers.COLUMNS)}
        grown = CATALOGUE["initial_technology"].default * history.course(
            record, "initial_technology", history.FIRST, 157
        )
        return cls(
            record["launch_days"].set_index("month")["launch_days"].reindex(months).to_numpy(), np.diff(grown),
            2.0 * column["exercise_tempo"] * column["driver_exercise_season"], column["driver_borders"],
            column["diplomatic_offramp"],
        )  # fmt: skip

    def cut(self, n):
        return Course(self.days[:n], self.gain[:n], self.exercise[:n], self.borders[:n], self.talks[:n])


def values(points, free, fixed):
    """Parameters (arrays) of points on the scale fitted, in units of the weak prior's s.d. from its mean."""
    n = len(points)
    out = {name: np.full(n, float(fixed.get(name, 0.0))) for name in (*WEAK, "campaign_borders")}
    for k, name in enumerate(free):
        mean, sd = WEAK[name]
        out[name] = _SCALE.get(name, np.asarray)(mean + sd * points[:, k])
    return out


def left(course, given):
    from crink_abm.record import testing

    n = len(given["quiet_rate"])
    return testing.filtered(
        given,
        course.days,
        np.tile(course.gain, (n, 1)),
        course.exercise,
        np.zeros((n, len(course.days))),
        course.borders,
        course.talks,
    )


def fit(course, fixed, begin=None):
    """(point, its standard errors, both in prior s.d.; log-likelihood) of the mode of likelihood times weak prior."""
    free = [name for name in WEAK if name not in fixed]

    def loss(points):
        return 0.5 * (points**2).sum(1) - left(course, values(points, free, fixed)).log_likelihood.sum(1)

    step = 1e-3 * np.eye(len(free))

    def slope(x):
        both = loss(np.concatenate([x + step, x - step]))
        return (both[: len(free)] - both[len(free) :]) / 2e-3

    start = np.zeros(len(free)) if begin is None else begin
    found = minimize(lambda x: loss(x[None])[0], start, jac=slope, method="BFGS", options={"gtol": 1e-3})
    curvature = np.array([(slope(found.x + 20 * e) - slope(found.x - 20 * e)) / 0.04 for e in step])
    given = values(found.x[None], free, fixed)
    return found.x, np.sqrt(np.diag(np.linalg.inv(curvature))), given, left(course, given).log_likelihood.sum()


def ahead(course, given, origin):
    """Chance of a launch in each of the months after an origin (its number), levers and drivers as they were."""
    from crink_abm.record import testing

    seen = left(course.cut(origin + 1), given)
    prob, backlog, out = seen.prob, seen.backlog, []
    for t in range(origin + 1, min(origin + 13, len(course.days))):
        prob, backlog = testing.step(
            given, prob, backlog, course.gain[[t]], course.exercise[t], 0.0, course.borders[t], course.talks[t]
        )
        out.append(float((prob * (1.0 - testing.emission(given, 0))).sum()))
    return np.array(out)


def briers(course, first, last, named):
    """Brier score by origin of each forecaster: fixed parameters, or a fit anew at each origin (a dict of what is fixed)."""
    out, begun = {}, {}
    for origin in range(levers.month_number(first, history.FIRST), levers.month_number(last, history.FIRST) + 1):
        past, y = course.days[: origin + 1] > 0, course.days[origin + 1 : origin + 13] > 0
        rows = {
            "base rate": np.full(len(y), scores.base_rate(past)),
            "lagged logit": np.array([scores.lagged_logit(past, k + 1) for k in range(len(y))]),
        }
        for name, (anew, given) in named.items():
            if anew:
                begun[name], _, now, _ = fit(course.cut(origin + 1), given, begun.get(name))
            else:
                now = given
            rows[name] = ahead(course, now, origin)
        for name, p in rows.items():
            out.setdefault(name, []).append(scores.brier(p, y).mean())
    return {name: np.array(x) for name, x in out.items()}


def show(found):
    base = found["base rate"]
    print(
        "| forecaster | n origins | Brier | low | high | skill | skill low | skill high |\n|---|---|---|---|---|---|---|---|"
    )
    for name, x in found.items():
        mean, low, high, skill, worst, best = scores.block_interval(x, base)
        tail = "| | |" if name == "base rate" else f"| {worst:+.2f} | {best:+.2f} |"
        print(f"| {name} | {len(x)} | {mean:.3f} | {low:.3f} | {high:.3f} | {skill:+.2f} {tail}")


def fitted(_):
    record = tables.load()
    course = Course.of(record)
    n = levers.month_number(FITTED_TO, history.FIRST) + 1
    borders = CATALOGUE["campaign_borders"].default
    point, error, best, likelihood = fit(course.cut(n), {"campaign_borders": borders})
    print(f"fit to 2012-01 to {FITTED_TO}, log-likelihood {likelihood:.2f}\n")
    print("| parameter | mode | two errors below | above | package | low | high |\n|---|---|---|---|---|---|---|")
    for k, name in enumerate(WEAK):
        mean, sd = WEAK[name]
        ends = [_SCALE.get(name, float)(mean + sd * (point[k] + s * error[k])) for s in (0, -2, 2)]
        p = CATALOGUE[name]
        print(f"| {name} | {ends[0]:.3g} | {ends[1]:.3g} | {ends[2]:.3g} | {p.default:g} | {p.low:g} | {p.high:g} |")
    print("\nlog-likelihood of 2012-19 without:")
    for what in (("campaign_backlog",), ("campaign_exercise",), ("moratorium_speed",), tuple(PLAIN)):
        print(f"  {', '.join(what)}: {fit(course.cut(n), dict.fromkeys(what, 0.0))[3]:.2f}")
    package = {name: np.array([CATALOGUE[name].default]) for name in (*WEAK, "campaign_borders")}
    named = {
        "rule, fitted to 2012-19": (False, best),
        "rule, the package's defaults": (False, package),
        "rule, fitted anew at each origin": (True, {"campaign_borders": borders}),
        "rule, fitted to 2012-19, borders without effect": (False, best | {"campaign_borders": np.zeros(1)}),
        "rule, fitted to 2012-19, borders at the top of their range": (
            False,
            best | {"campaign_borders": np.array([1.5])},
        ),
        "two regimes, no covariates, fitted anew at each origin": (True, dict(PLAIN)),
    }
    for span, (first, last) in SPANS.items():
        print(f"\n{span}: origins {first} to {last}\n")
        show(briers(course, first, last, named))
    trains = Course(course.days, course.gain, course.exercise, course.borders.copy(), course.talks)
    trains.borders[levers.month_number("2022-01", history.FIRST) :] *= 0.5
    print("\nborders half open from 2022-01 (freight trains), fitted to 2012-19:")
    for span, (first, last) in SPANS.items():
        print(f"  {span}: {briers(trains, first, last, {'rule': (False, best)})['rule'].mean():.3f}")


def ensemble(name, n, seed=9):
    if name == "calibrated":
        return calibrated.load()
    if name == "prior":
        return worlds.prior(n, seed=seed)
    one = worlds.defaults()
    return worlds.Worlds(np.repeat(one.values, n, 0), one.origin, n)


def whole(args):
    record = tables.load()
    drawn = ensemble(args.ensemble, args.worlds)
    begun = history.at_start(drawn, record, history.FIRST)
    names = ("launch_days", "taiwan_status", "korea_status")
    ran = observation.series(history.calendar(record, history.FIRST, 156), begun.values, names, replicates=2, seed=1)
    kept = ran["launch_days"][observation.peaceful(ran["taiwan_status"], ran["korea_status"])]
    seen = record["launch_days"].set_index("month")["launch_days"]
    months = history.months(history.FIRST, 156)
    print(f"{args.ensemble}, {len(drawn)} worlds: launch days of histories begun in 2012 and not corrected since\n")
    print("| period | seen | mean | 5 % | 95 % |\n|---|---|---|---|---|")
    for period, (first, last) in PERIODS.items():
        x = kept[:, months.index(first) : months.index(last) + 1].sum(1)
        print(
            f"| {period} | {seen[first:last].sum()} | {x.mean():.1f} | {np.quantile(x, 0.05):.0f} | {np.quantile(x, 0.95):.0f} |"
        )
    names = ("provocation_prob", "provocation_memory")
    ran = observation.series(levers.calendar(None, 120), drawn.values, names, replicates=2, seed=1)
    prob, memory = ran["provocation_prob"][..., -12:], ran["provocation_memory"]
    print(f"\n2035: mean chance of a provocation {prob.mean():.3f}, median {np.median(prob):.3f};")
    print(
        f"memory above 0.95 in {(memory[..., -12:] > 0.95).mean():.3f} of its months, {(memory > 0.95).mean():.3f} of 2026-35"
    )
    for span, (first, last) in SPANS.items():
        rows = hindcast.rolling({forecast.MODEL: drawn}, record, first, last, 1).table()
        print(f"\n{span}: origins {first} to {last}")
        for series in ("month with a launch", "month with a provocation (CSIS)"):
            part = rows[(rows["series"] == series) & (rows["score"] == "Brier")]
            by = part.pivot_table(index="origin", columns="forecaster", values="value", aggfunc="mean")
            print(f"\n{series}\n")
            show(
                {"base rate": by["base rate"].to_numpy()}
                | {name: by[name].to_numpy() for name in by if name != "base rate"}
            )


POLICIES = {
    "today": {}, "off-ramp 0": {"diplomatic_offramp": 0.0}, "off-ramp 0.5": {"diplomatic_offramp": 0.5},
    "off-ramp 0.9": {"diplomatic_offramp": 0.9}, "exercises suspended": {"exercise_tempo": 0.0},
    "exercises doubled": {"exercise_tempo": 1.0}, "China engaged in full": {"china_engagement": 1.0},
    "illicit income closed off": {"counter_hybrid": 1.0}, "war in Ukraine over": None,
}  # fmt: skip


def moved(_):
    drawn, base = worlds.prior(1000, seed=9), None
    for name, policy in POLICIES.items():
        calendar = levers.calendar(policy, 120, drivers={"driver_ukraine": 0.0} if policy is None else None)
        names = ("provocation", "testing_regime", "launch_days")
        ran = observation.series(calendar, drawn.values, names, replicates=2, seed=1)
        a_year = 12.0 * ran["provocation"].mean((1, 2))
        base = a_year if base is None else base
        change = a_year - base
        said = f"{change.mean():+.2f} ± {1.96 * change.std(ddof=1) / len(change) ** 0.5:.2f}" if policy != {} else ""
        campaign, moratorium = (100 * (ran["testing_regime"] == k).mean() for k in (1, 2))
        days = 12.0 * ran["launch_days"].mean()
        print(f"| {name} | {a_year.mean():.2f} | {said} | {days:.1f} | {campaign:.0f} | {moratorium:.0f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = parser.add_subparsers(required=True)
    sub.add_parser("fit").set_defaults(run=fitted)
    sub.add_parser("levers").set_defaults(run=moved)
    told = sub.add_parser("worlds")
    told.add_argument("--ensemble", choices=("prior", "defaults", "calibrated"), default="prior")
    told.add_argument("--worlds", type=int, default=1000)
    told.set_defaults(run=whole)
    given = parser.parse_args()
    given.run(given)

"""The calibration told: what was fitted, what moved, what fits, what does not, and what nobody knows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..analysis import conditional as headline
from ..calibration import observation
from ..calibration.contraction import moved as moved_by
from ..calibration.likelihood import blocks, effective_by_two_looks
from ..calibration.posterior import Calibration, log_weights
from ..calibration.reference_table import CHUNK, look_afresh
from ..calibration.summaries import summarise
from ..calibration.targets import Targets
from ..charts import calibration
from ..ensemble import worlds
from ..ensemble.worlds import Worlds
from ..estimation.resampling import effective_size, normalised
from ..record.tables import Record
from ..util.files import write_json, write_table
from ..util.markdown import markdown_table
from ..validation import forecast, hindcast, sbc
from ..validation import predictive_checks as checks

#: The figure of the specification for the lag-1 autocorrelation of log aircraft, which the tables do not give.
SPECIFIED_LAG = 0.56


@dataclass(frozen=True)
class Report:
    """Everything a calibration is judged by."""

    fit: Calibration
    moved: pd.DataFrame
    limit: float
    switches: pd.DataFrame
    checks: checks.Checks
    ranks: sbc.Ranks
    wrong: sbc.Ranks
    scores: pd.DataFrame
    notes: tuple[str, ...]
    headline: pd.DataFrame
    other_lag: dict[str, Any]
    record_share: float
    by_two_looks: float

    def figures(self) -> dict[str, Any]:
        """Name -> (title, what it shows, function that draws it)."""
        return {
            "predictive_checks": (
                "The record among the calibrated ensemble's own histories",
                "Vermillion: the record. Blue: fitted figures; grey: not fitted. p: two-sided predictive tail probability.",
                lambda: calibration.predictive(self.checks),
            ),
            "launch_days_by_year": (
                "Launch days a year, begun in 2012 and not corrected since",
                "Only the mean, dispersion and clustering of 2022-24 were fitted.",
                lambda: calibration.yearly(self.checks),
            ),
            "moved_parameters": (
                f"The record moved {int(self.moved['moved'].sum())} of {len(self.moved)} parameters",
                "The thirty with the largest distance; blue: beyond what chance would do.",
                lambda: calibration.moved(self.moved, self.limit),
            ),
            "rank_histograms": (
                "Known parameters are found again: ranks are uniform",
                "Band: where 99 % of counts lie if ranks are uniform.",
                lambda: calibration.ranks(self.ranks),
            ),
            "hindcast_skill": (
                "Skill of twelve-month forecasts over the base rate",
                "95 % intervals by blocks of origins, overlapping windows and persistence allowed for; cut at the panels' edges, "
                "and left out where blocks are too few.",
                lambda: calibration.skill(self.scores),
            ),
            "headline_by_conditional": (
                "Headline differences over the chance that Korea follows Taiwan",
                "Each lever raised by 0.3 alone; 95 % intervals over worlds; no band on that chance is used.",
                lambda: calibration.headline(self.headline),
            ),
        }

    def note(self) -> str:
        """Provenance in a line, for every chart."""
        m = self.fit.manifest()
        return f"Rules {m['rules_hash']}; {m['draws']:,} prior draws, seed {m['seed']}; {m['command']}"

    def write(self, folder: Path) -> list[Path]:
        """Tables as Parquet, the manifest, the ensemble and the charts."""
        folder.mkdir(parents=True, exist_ok=True)
        self.fit.freeze(folder)
        tables = {"funnel": self.fit.funnel(), "moved": self.moved, "switches": self.switches, "checks": self.checks.table,
                  "launch_days_by_year": self.checks.yearly, "ranks": self.ranks.table(), "hindcast": self.scores,
                  "headline": self.headline}  # fmt: skip
        for name, table in tables.items():
            write_table(folder / f"{name}.parquet", table)
        said = {"lag_of_the_specification": self.other_lag, "share_left_by_the_record_alone": self.record_share,
                "effective_sample_size_by_two_looks": self.by_two_looks}  # fmt: skip
        write_json(folder / "summary.json", self.fit.manifest() | said)
        return self.draw(folder / "figures")

    def draw(self, folder: Path, formats: Iterable[str] = calibration.FORMATS) -> list[Path]:
        """The charts."""
        return calibration.draw(self.figures(), folder, self.note(), formats)


def _record_share(fit: Calibration, record: Record) -> float:
    """Share of the prior's volume that the record alone leaves, the elicited bands apart: from one chunk of fresh draws."""
    drawn = worlds.prior(CHUNK, seed=fit.plan.seed + 10)
    found = summarise(
        drawn, record, replicates=fit.plan.replicates, seed=fit.plan.seed + 10, early_runs=fit.plan.early_runs
    )
    return effective_size(normalised(sum(blocks(found, fit.seen).values()))) / len(drawn)


def _by_two_looks(fit: Calibration, record: Record, progress: Callable[[str, float], object] | None = None) -> float:
    """Effective draws, freed of the noise of the weights by another look at every world of the bank."""
    other = look_afresh(fit.bank, fit.plan, record, progress)
    return effective_by_two_looks(fit.weights, normalised(sum(log_weights(other, fit.seen).values())))


def _other_lag(fit: Calibration) -> dict[str, Any]:
    """What changes if the specification's lag-1 of 0.56 is the target in place of the tables' own."""
    seen = fit.seen
    aircraft = seen.aircraft.copy()
    aircraft[observation.AIRCRAFT.index("lag-1 of log aircraft")] = SPECIFIED_LAG
    other = Targets(seen.launches, aircraft, seen.n_onsets, seen.n_crises, seen.force, seen.years, seen.flow)
    weights = normalised(sum(log_weights(fit.bank, other).values()))
    values, column = fit.bank.worlds.values, fit.bank.worlds.column("pla_persistence")
    both = [moved_by(values, w, fit.plan.seed).set_index("parameter")["position"] for w in (fit.weights, weights)]
    shift = (both[1] - both[0]).abs().drop("pla_persistence")
    return {
        "lag": SPECIFIED_LAG,
        "effective_sample_size": effective_size(weights),
        "pla_persistence": float((weights * column).sum()),
        "pla_persistence_by_the_tables": float((fit.weights * column).sum()),
        "largest_other_shift": float(shift.max()),
        "largest_other": shift.idxmax(),
        "next_shift": float(shift.drop(shift.idxmax()).max()),
    }


def report(fit: Calibration, record: Record, progress: Callable[[str, float], object] | None = None) -> Report:
    """Judge a calibration: predictive checks, ranks with a negative control, hindcast, headline."""
    seed = fit.plan.seed
    ensemble = Worlds(fit.sample(), "calibrated", fit.plan.draws, in_turn=True)
    moved = fit.moved()
    table, scorer = hindcast.hindcast(
        {forecast.MODEL: ensemble, forecast.PRIOR: worlds.prior(len(ensemble), seed=seed + 9)}, record, seed, progress
    )
    return Report(
        fit,
        moved,
        moved.attrs["limit"],
        fit.switches(),
        checks.check(ensemble, record, fit.seen, seed),
        sbc.rank(record, progress=progress),
        sbc.rank(record, n=100, sharpen=4.0),
        table,
        tuple(sorted(scorer.notes)),
        headline.by_conditional(ensemble, seed),
        _other_lag(fit),
        _record_share(fit, record),
        _by_two_looks(fit, record, progress),
    )


def _table(frame: pd.DataFrame, **formats: str) -> str:
    """Some columns of a frame as Markdown, each by its format."""
    rows = [
        [format(row[c], f) if not pd.isna(row[c]) else "" for c, f in formats.items()] for _, row in frame.iterrows()
    ]
    return markdown_table([c.replace("_", " ") for c in formats], rows)


def _points(frame: pd.DataFrame) -> str:
    rows = [
        [row["lever"], row["outcome"], f"{row['from']:g}-{row['to']:g}", row["n_worlds"], f"{100 * row['prob']:.1f}",
         f"{100 * row['diff']:+.2f} [{100 * row['diff_low']:+.2f}, {100 * row['diff_high']:+.2f}]",
         f"{100 * row['share_lowered']:.0f}"]
        for row in frame.to_dict("records")
    ]  # fmt: skip
    head = ["lever, +0.3", "outcome", "P(Korea within 12 months given Taiwan)", "worlds", "risk today, %",
            "change, points [95 %]", "lowers in, % of worlds"]  # fmt: skip
    return markdown_table(head, rows)


def verdict(scores: pd.DataFrame) -> str:
    """Where the model is told from the base rate, in a sentence."""
    mine = scores[scores["forecaster"] == forecast.MODEL]
    told = [
        f"{'beats' if row.beats_base_rate == 'yes' else 'loses to'} it at {row.series} ({row.score}, origins of {row.period})"
        for row in mine[mine["beats_base_rate"].isin(["yes", "no"])].itertuples()
    ]
    if not told:
        return "In no series and period can the calibrated model be told from the base rate."
    return f"The calibrated model {'; '.join(told)}; elsewhere the two cannot be told apart."


def document(r: Report, template: str) -> str:
    """The page: a template's placeholders ``{{ name }}`` filled from the report."""
    m = r.fit.manifest()
    parts = {
        "draws": f"{m['draws']:,}",
        "effective": f"{m['effective_sample_size']:,.0f}",
        "volume": f"{100 * m['share_of_prior_volume_left']:.2f} %",
        "record_share": f"{100 * r.record_share:.1f} %",
        "band_factor": f"{r.record_share / m['share_of_prior_volume_left']:.0f}",
        "effective_twice": f"{r.by_two_looks:,.0f}",
        "volume_twice": f"{100 * r.by_two_looks / m['draws']:.2f} %",
        "by_copies": f"{m['spread_by_copies']:.2f}",
        "unique": f"{m['n_unique']:,}",
        "size": f"{m['n_worlds']:,}",
        "largest": f"{100 * m['largest_weight']:.2f} %",
        "rules": m["rules_hash"],
        "command": m["command"],
        "targets": markdown_table(["target", "value"], m["targets"].items()),
        "funnel": _table(r.fit.funnel(), block="", effective_alone=",.0f", effective_so_far=",.0f"),
        "n_moved": str(int(r.moved["moved"].sum())),
        "n_parameters": str(len(r.moved)),
        "limit": f"{r.limit:.3f}",
        "moved": _table(
            r.moved.head(15), parameter="", prior_median=".3g", posterior_mean=".3g", variance_ratio=".2f", distance=".3f",
            moved="", meaning="",
        ),
        "switches": _table(r.switches, switch="", level="", prior=".2f", posterior=".2f", p_value=".3f"),
        "checks": _table(r.checks.table, figure="", seen=".3g", mean=".3g", low=".3g", high=".3g", tail_prob=".2f", fitted=""),
        "ranks": _table(r.ranks.table(), parameter="", bins_outside="", p_value=".3f"),
        "n_ranks": str(len(r.ranks.ranks)),
        "ranks_said": "are uniform" if r.ranks.uniform() else "ARE NOT uniform",
        "rank_size": f"{pd.Series(r.ranks.effective).median():,.0f}",
        "wrong_said": "is not found out" if r.wrong.uniform() else "is found out",
        "wrong_p": f"{r.wrong.table()['p_value'].max():.1g}",
        "scores": _table(
            r.scores, series="", score="", period="", forecaster="", n_origins="", mean=".3f", low=".3f", high=".3f",
            skill="+.2f", skill_low="+.2f", skill_high="+.2f", beats_base_rate="",
        ),
        "score_notes": "\n".join(r.notes),
        "verdict": verdict(r.scores),
        "headline": _points(r.headline[r.headline["outcome"] == "any_failure"]),
        "other_lag": f"{r.other_lag['pla_persistence']:.2f}",
        "own_lag": f"{r.other_lag['pla_persistence_by_the_tables']:.2f}",
        "other_effective": f"{r.other_lag['effective_sample_size']:,.0f}",
        "other_shift": f"{r.other_lag['largest_other_shift']:.2f}",
        "other_name": r.other_lag["largest_other"],
        "next_shift": f"{r.other_lag['next_shift']:.2f}",
    }  # fmt: skip
    for name, value in parts.items():
        template = template.replace("{{ " + name + " }}", value)
    return template

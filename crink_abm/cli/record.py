"""The commands that set the model against the record: ``calibrate`` and ``validate``."""

import argparse
from pathlib import Path

from ..util.errors import InputError
from .terminal import check_folder, check_writable, print_json, ready_engine, rows_of, say, stages


def calibrate(args: argparse.Namespace) -> None:
    """Fit the model to the record: an ensemble of weighted worlds, and how well it does."""
    from importlib.resources import files

    from ..calibration import posterior
    from ..calibration.reference_table import Plan
    from ..record import tables
    from ..util.files import refuse_link

    out, package = Path(args.out), Path(str(files("crink_abm") / "data"))
    plan = Plan(seed=args.seed) if args.draws is None else Plan(draws=args.draws, seed=args.seed)
    if plan.draws < 1024:
        raise InputError(f"--draws is at least 1024; {plan.draws} was given")
    if args.markdown and args.fit_only:
        raise InputError("--markdown tells what --fit-only leaves out; give one of them")
    page = Path(args.markdown) if args.markdown else None
    template = None if page is None else _template(page)
    check_folder(out)
    if args.freeze:
        check_folder(package, "--out, and without --freeze")
    for path in (out / "figures", *out.glob("*.parquet"), *out.glob("*.json")):
        refuse_link(path)
    record = tables.load()
    ready_engine()
    fit = posterior.calibrate(record, plan, stages())
    fit.freeze(out)
    if args.freeze:
        fit.freeze(package)
    drawn = []
    if not args.fit_only:
        from ..report import calibration

        told = calibration.report(fit, record, stages())
        drawn = told.write(out)
        if page is not None and template is not None:
            page.write_text(calibration.document(told, template), encoding="utf-8")
            told.draw(page.parent / "figures" / "calibration", ("png",))
    m = fit.manifest()
    if args.json:
        print_json(m | {"folder": str(out), "charts": [str(path) for path in drawn]})
        return
    print(
        f"{m['draws']:,} prior draws, {m['effective_sample_size']:,.0f} effective after the record and the elicited bands:"
    )
    print(f"{100 * m['share_of_prior_volume_left']:.2f} % of the prior's volume is left")
    print(fit.funnel().to_string(index=False, float_format=lambda x: f"{x:,.0f}"))
    print(
        f"\n{m['n_worlds']} equally weighted worlds, {m['n_unique']} different ones; largest weight {m['largest_weight']:.4f}"
    )
    if drawn:
        moved = told.moved[told.moved["moved"]]
        print(
            f"parameters the data moved: {len(moved)} of {len(told.moved)}: {', '.join(moved['parameter']) or 'none'}"
        )
        print(told.checks.table.to_string(index=False, float_format=lambda x: f"{x:.3g}"))
    print(f"\nwritten to {out}{' and into the package' if args.freeze else ''}")


def _template(page: Path) -> str:
    """The text that a page is filled from, beside it.

    Raises
    ------
    InputError
        If there is none, or the page cannot be written.
    """
    check_writable(page)
    place = page.with_name(f"{page.stem}_template.md")
    try:
        return place.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"--markdown {str(page)!r} is filled from {str(place)!r}, which cannot be read ({error}); docs/ has both"
        ) from None


def validate(args: argparse.Namespace) -> None:
    """Score the calibrated ensemble: on the package's own record, or on later months given as files."""
    from ..ensemble import calibrated
    from ..ensemble import worlds as ensembles
    from ..record import tables
    from ..validation import forecast, hindcast

    if args.drivers and not args.observed:
        raise InputError("--drivers says what drove months that --observed gives; give both, or neither")
    record = tables.load()
    observed = tables.load(args.observed, tables.OBSERVED) if args.observed else None
    drivers = tables.load(args.drivers, tables.DRIVING) if args.drivers else None
    ready_engine()
    model = calibrated.load()
    both = {forecast.MODEL: model, forecast.PRIOR: ensembles.prior(len(model), seed=args.seed + 9)}
    if observed:
        table, scorer, said = hindcast.validate(both, record, observed, drivers, args.seed, stages())
    else:
        table, scorer = hindcast.hindcast(both, record, args.seed, stages())
        said = "the package's own record, monthly origins 2016-01 to 2023-12, 1 to 12 months ahead"
    for note in sorted(scorer.notes):
        say(note)
    if args.json:
        manifest = calibrated.read()[1]
        print_json({"scored": said, "frozen": manifest["rules_hash"], "seed": args.seed, "notes": sorted(scorer.notes),
                     "scores": rows_of(table)})  # fmt: skip
        return
    print(f"scored: {said}; parameters as frozen. Lower scores are better; skill is over the base rate")
    for (series, score), rows in table.groupby(["series", "score"], sort=False):
        print(f"\n{series}, {score}")
        print(
            rows.drop(columns=["series", "score"]).to_string(index=False, float_format=lambda x: f"{x:.3f}", na_rep="")
        )
    lost = table[(table["forecaster"] == forecast.MODEL) & (table["skill"] < 0)]
    if len(lost):
        said = "; ".join(f"{r.series} ({r.score}, {r.period})" for r in lost.itertuples())
        print(f"\nthe model does not beat the base rate in: {said}")

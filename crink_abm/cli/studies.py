"""Commands that need no sweep: policies compared, rare events, the sign audit."""

import argparse
from pathlib import Path

from ..ensemble import summary
from ..util.progress import shown
from .terminal import check_folder, check_writable, print_json, ready_engine, rows_of, say


def compare(args: argparse.Namespace) -> None:
    """Policies under common random numbers."""
    from ..api import compare as run_compare
    from ..ensemble.build import ensemble
    from ..model import arguments
    from ..model.levers import calendar
    from ..model.scenarios import policy
    from ..util.plain import check_names

    policies = [policy(text) for text in args.policies]
    names = list(args.policies)
    if len(policies) == 1:
        policies, names = [{}, *policies], ["today", *names]
    check_names("a policy", names)
    arguments.months(args.months)
    arguments.runs(args.runs)
    for chosen in policies:
        calendar(chosen, args.months)
    ready_engine()
    say("running ...")
    worlds = ensemble(args.worlds)
    table = run_compare(
        *policies,
        runs=args.runs,
        seed=args.seed,
        worlds=worlds,
        months=args.months,
        names=names,
        interval=args.interval,
    )
    if args.json:
        told = {"worlds": worlds.origin, "n_worlds": len(worlds), "screen": worlds.report}
        print_json({"seed": args.seed, **told, "baseline": names[0], "estimates": rows_of(table)})
        return
    print(f"{args.runs:,} runs a policy over {args.months} months, the same random numbers for each, seed {args.seed}")
    print(f"{len(worlds)} world{'s' * (len(worlds) > 1)} ({args.worlds}); differences from {names[0]!r}")
    if worlds.report:
        print(summary.fully(worlds.report))
    print("low, high: 95 % Monte Carlo interval, the worlds given; worlds_...: with the worlds as the sample")
    for name, rows in table.groupby("policy", sort=False):
        print(f"\n{name}")
        columns = ["outcome", "prob", "low", "high", "ensemble_low", "ensemble_high", "n_runs", "method"]
        columns += (
            [] if name == names[0] else ["diff", "diff_low", "diff_high", "diff_ensemble_low", "diff_ensemble_high"]
        )
        print(rows[columns].to_string(index=False, float_format=lambda x: f"{x:.4f}", na_rep=""))


def rare(args: argparse.Namespace) -> None:
    """Probabilities far below 1/runs: an experiment's policies by importance sampling."""
    from ..rare_events import estimator, sampler, study

    study.prepared(args.file, args.outcome, args.relative, None)
    if args.out is not None:
        check_folder(Path(args.out))
    ready_engine("crink_tilted", sampler.compiled)
    table = study.rare(
        args.file, outcome=args.outcome, relative=args.relative, out=args.out,
        progress=lambda runs: say(f"{runs:,} runs ..."),
    )  # fmt: skip
    if args.json:
        print_json({"relative": args.relative, "estimates": rows_of(table)})
        return
    print(f"{table['method'].iloc[0]}; low, high: 95 %, between {estimator.REPLICATES} replicates")
    print(table.drop(columns=["method", "doubt"]).to_string(index=False, float_format=lambda x: f"{x:.3g}"))
    for row in table[table["doubt"] != ""].itertuples():
        print(f"doubtful: {row.outcome} of policy {row.point}: {row.doubt}")
    for row in table[~table["reached"] & (table["doubt"] == "")].itertuples():
        said = f"{row.relative_error:.2f} is as near as {row.n_runs:,} runs come" if row.prob else "no event was seen"
        print(f"not reached: {row.outcome} of policy {row.point}: {said}; raise most_runs in [rare]")


def audit(args: argparse.Namespace) -> None:
    """The sign audit."""
    from ..analysis import sign_audit as audits
    from ..experiment import reader
    from ..report import sign_audit as report
    from ..util.files import refuse_link, write_table

    experiment = reader.read(args.file, audits.AuditFile)
    audits.judge(experiment)
    if args.out is not None:
        folder = Path(args.out)
        for name in ("audit", "audit_worlds"):
            refuse_link(folder / f"{name}.parquet")
        check_folder(folder)
    if args.markdown is not None:
        check_writable(Path(args.markdown))
    ready_engine()
    found = audits.run(experiment, shown("lever"))
    if args.out:
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "audit.parquet", found.table)
        write_table(folder / "audit_worlds.parquet", found.worlds)
    if args.markdown:
        Path(args.markdown).write_text(report.document(found), encoding="utf-8")
    if args.json:
        print_json({"screen": found.report, "one_signed": found.one_signed(), "audit": rows_of(found.table)})
        return
    row = found.table.iloc[0]
    print(
        f"{int(row['n_worlds'])} worlds, {int(row['runs_per_world'])} runs each and lever; lowers / raises, per cent of worlds\n"
    )
    print(report.markdown(found))
    one = found.one_signed()
    print(f"\nlevers with one sign on any_failure in more than 95 % of the clear worlds: {', '.join(one) or 'none'}")

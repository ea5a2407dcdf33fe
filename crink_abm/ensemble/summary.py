"""What a set of worlds is of its prior, in words: for terminals, charts and pages."""

from typing import Any


def briefly(report: dict[str, Any] | None) -> str:
    """A few words: how much of the prior is left."""
    if not report:
        return "no prior screen"
    share = f"{100 * report['share_kept']:.3g} %"
    return (
        f"{share} of prior draws kept"
        if "undecided" in report
        else f"the record of 2012-24 leaves {share} of what was thought possible"
    )


def fully(report: dict[str, Any] | None) -> str:
    """A sentence, with the interval of the share where a screen made it."""
    if not report:
        return briefly(report)
    if "undecided" not in report:
        return (
            f"the record and the elicited bands leave {100 * report['share_kept']:.2g} % of the prior's volume "
            f"({report['drawn']:,} draws, {report['kept']:,} different worlds in the ensemble)"
        )
    share, low, high, none, every = (
        100 * report[name]
        for name in ("share_kept", "share_low", "share_high", "share_if_undecided_fail", "share_if_undecided_pass")
    )
    return (
        f"the screen kept {report['kept']:,} of {report['drawn']:,} prior draws ({share:.1f} %, 95 % interval {low:.1f} to "
        f"{high:.1f} %); {report['undecided']} stood at an edge: {none:.1f} or {every:.1f} % with none or all of them"
    )


def worlds_in_words(worlds: dict[str, Any]) -> str:
    """How many worlds a sweep's runs live in, from its manifest's ``worlds``."""
    n, reached = worlds["n"], worlds["reached"]
    return f"{n:,} worlds" if reached == n else f"{reached:,} of {n:,} worlds"


def runs_in_words(manifest: dict[str, Any]) -> str:
    """How many runs a sweep's points have."""
    settled = manifest["runs_of_points"]
    if settled is None:
        return f"{manifest['n_runs_per_point']:,} runs"
    return f"{min(settled):,} to {max(settled):,} runs (half-width {manifest['precision']['asked']:g})"

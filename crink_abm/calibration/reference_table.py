"""The bank, or reference table: prior worlds and what their histories came to, made piece by piece; interrupted, it continues.

Three passes. All draws are summarised on few histories; those with a share of the likelihood worth speaking of are
run through the next ten years, for the elicited bands; those that still have one are looked at again, on fresh random numbers
and more histories, and only that last look gives the weights: the chance that carried a world through the first looks is not
in them. The last look's own chance is: the heaviest worlds weigh more than another look would say, and the effective sample
seems smaller than it is (:func:`look_afresh` says by how much).
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..ensemble import elicited, screening, worlds
from ..ensemble.worlds import Worlds
from ..model.keys import bank_hash
from ..record.tables import Record
from ..util.cache import cache_directory
from ..util.files import read_sealed_table, write_sealed_table
from . import likelihood
from .summaries import Summaries, summarise
from .targets import targets

CHUNK = 8192
#: Of the pieces of a bank; raised where a column of theirs comes to mean another thing, or is kept in another unit.
FORMAT = 1


@dataclass(frozen=True)
class Plan:
    """How large a bank is: with the rules and the record, everything that decides its bytes.

    Attributes
    ----------
    draws : of the prior
    replicates, early_runs, band_runs : histories of 2022-25, of 2012-14, and futures of each draw at first
    again, early_again, bands_again : the same at the last look
    dropped : share of the likelihood of all draws that a pass may leave behind, by its own noisy weights (by fresh looks
        the first leaves more: 1.8 % where this is 0.4 %)
    """

    draws: int = 262_144
    replicates: int = 16
    early_runs: int = 24
    band_runs: int = 64
    again: int = 48
    early_again: int = 192
    bands_again: int = 256
    dropped: float = 0.004
    seed: int = 5

    def key(self, record: Record) -> str:
        """A hash of all that decides the bank."""
        tables = {name: table.to_csv(index=False) for name, table in sorted(record.tables.items())}
        said = [FORMAT, bank_hash(), asdict(self), tables]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Bank:
    """The worlds that were looked at again, and what was found.

    Attributes
    ----------
    worlds : the survivors of ``n_drawn`` draws
    number : each one's number among the draws
    summaries : of the second look
    bands : {band: (events, trials)} over ten years at today's policy
    """

    worlds: Worlds
    number: np.ndarray
    summaries: Summaries
    bands: dict[str, tuple[np.ndarray, np.ndarray]] = field(repr=False)


def draw(plan: Plan, chunk: int) -> Worlds:
    """The prior worlds of one chunk: a Latin hypercube of its own."""
    seed = int(np.random.SeedSequence([plan.seed, chunk]).generate_state(1)[0])
    return worlds.prior(min(CHUNK, plan.draws - chunk * CHUNK), seed=seed)


def _kept(path: Path, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """A table kept at ``path``, made if it is not there as it was written."""
    held = read_sealed_table(path, FORMAT)
    if held is None:
        write_sealed_table(path, make(), FORMAT)
        held = read_sealed_table(path, FORMAT)
    return held


def _heaviest(log_weight: Any, dropped: float) -> np.ndarray:
    """Rows, in order, of the worlds that hold all but the share ``dropped`` of the weight."""
    weight = np.exp(log_weight - log_weight.max())
    order = np.argsort(-weight, kind="stable")
    held = np.cumsum(weight[order]) / weight.sum()
    return np.sort(order[: np.searchsorted(held, 1.0 - dropped) + 1])


def _bands(chosen: Worlds, runs: int, seed: int) -> pd.DataFrame:
    events, trials = screening.counts(chosen.values, runs, 0, seed)
    columns = (("events", events), ("trials", trials))
    return pd.DataFrame(
        {f"band_{k}_{name}": counts[:, k] for k in range(len(elicited.BANDS)) for name, counts in columns}
    )


def _counts(table: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {
        band.name: (table[f"band_{k}_events"].to_numpy(), table[f"band_{k}_trials"].to_numpy())
        for k, band in enumerate(elicited.BANDS)
    }


def band_blocks(counts: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """Log chance of each elicited band in each world."""
    return {band.name: likelihood.in_band(*counts[band.name], band.low, band.high) for band in elicited.BANDS}


def _passed(
    folder: Path, name: str, n: int, work: Callable[[int, int], pd.DataFrame], progress: Callable[[str, float], object]
) -> pd.DataFrame:
    """A pass over rows 0..n, piece by piece, each kept on disk."""
    tables = []
    for low in range(0, n, CHUNK):
        high = min(low + CHUNK, n)
        tables.append(_kept(folder / f"{name}-{low:08d}.parquet", partial(work, low, high)))
        progress(name, high / n)
    return pd.concat(tables, ignore_index=True)


def _last_look(
    values: np.ndarray, record: Record, plan: Plan, low: int, seed: int, threads: int | None
) -> pd.DataFrame:
    """The histories and futures of some worlds, as the last pass has them; ``seed`` is that of the first of them."""
    chosen = Worlds(values, "", 0)
    found = summarise(
        chosen, record, replicates=plan.again, seed=seed, first_world=low, early=8, early_runs=plan.early_again,
        threads=threads,
    ).table()  # fmt: skip
    return pd.concat([found, _bands(chosen, plan.bands_again, seed + 1 + low)], axis=1)


def _found(table: pd.DataFrame) -> tuple[Summaries, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """(summaries, counts by band) of a last look."""
    summaries = Summaries.of_table(table.drop(columns=[c for c in table if c.startswith("band_")]))
    return summaries, _counts(table)


def _folder(plan: Plan, record: Record) -> Path:
    folder = cache_directory() / f"bank-{plan.key(record)}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def look_afresh(
    bank: Bank,
    plan: Plan,
    record: Record,
    progress: Callable[[str, float], object] | None = None,
    threads: int | None = None,
) -> Bank:
    """The same worlds on other random numbers, as many histories: what tells the noise of weights from what they say."""
    values = bank.worlds.values
    table = _passed(
        _folder(plan, record), "afresh", len(values),
        lambda low, high: _last_look(values[low:high], record, plan, low, plan.seed + 101, threads),
        progress or (lambda stage, done: None),
    )  # fmt: skip
    return Bank(bank.worlds, bank.number, *_found(table))


def first_look(
    plan: Plan, record: Record, progress: Callable[[str, float], object] | None = None, threads: int | None = None
) -> Summaries:
    """What every draw's histories came to at the first look: read from the cache as far as it is there, the rest simulated."""

    def look(low: int, high: int) -> pd.DataFrame:
        return summarise(
            draw(plan, low // CHUNK), record, replicates=plan.replicates, seed=plan.seed, first_world=low,
            early_runs=plan.early_runs, threads=threads,
        ).table()  # fmt: skip

    progress = progress or (lambda stage, done: None)
    return Summaries.of_table(_passed(_folder(plan, record), "history", plan.draws, look, progress))


def make(plan: Plan, record: Record, progress: Callable[..., Any] | None = None, threads: int | None = None) -> Bank:
    """The bank of a plan: read from the cache as far as it is there, the rest simulated.

    ``progress`` is called with (draws seen, share of the work done).
    """
    progress = progress or (lambda stage, done: None)
    folder, seen = _folder(plan, record), targets(record)

    def passed(name: str, n: int, work: Callable[[int, int], pd.DataFrame]) -> pd.DataFrame:
        return _passed(folder, name, n, work, progress)

    first: Any = sum(likelihood.blocks(first_look(plan, record, progress, threads), seen).values())
    number = _heaviest(first, plan.dropped)
    values = np.concatenate(
        [draw(plan, c).values[number[number // CHUNK == c] % CHUNK] for c in range(-(-plan.draws // CHUNK))]
    )
    table = passed(
        "future",
        len(number),
        lambda low, high: _bands(Worlds(values[low:high], "", 0), plan.band_runs, plan.seed + 3 + low),
    )
    kept = _heaviest(first[number] + sum(band_blocks(_counts(table)).values()), plan.dropped)
    number, values = number[kept], values[kept]

    def look_again(low: int, high: int) -> pd.DataFrame:
        return _last_look(values[low:high], record, plan, low, plan.seed + 1, threads)

    table = passed("again", len(number), look_again)
    origin = f"prior (Latin hypercubes of {CHUNK}, {plan.draws} draws, seed {plan.seed})"
    return Bank(Worlds(np.ascontiguousarray(values), origin, plan.draws), number, *_found(table))

"""How much an experiment asks for, told before anything is made: policies, runs, hours, memory and disk."""

import contextlib
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError

#: What a run of 120 months costs: runs a second and core by engine, and bytes that it takes in a pack.
RUNS_A_SECOND, BYTES_A_RUN = {"numba": 75_000, "mesa": 13}, 32
#: What a policy costs besides its runs: seconds, bytes of memory, and bytes of the tables (measured over 10,000 policies).
SECONDS_A_POLICY, MEMORY_A_POLICY, BYTES_A_POLICY = 0.0007, 15_000, 400
#: Memory of the smallest sweep, and bytes of each world while a policy is counted.
LEAST_MEMORY, MEMORY_A_WORLD = 700_000_000, 12_000
#: Share of the machine's memory that a sweep may ask for.
SHARE = 0.9


def memory() -> int | None:
    """Bytes of memory that this process may use: the machine's, or the least of the limits set for it; None if not told."""
    found = []
    with contextlib.suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            found.append(int(Path(path).read_text()))
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        found += [limit] * (limit != resource.RLIM_INFINITY)
    return min((one for one in found if one > 0), default=None)


def disk(folder: str | Path) -> int | None:
    """Bytes free where a folder is, or will be; None if not told."""
    for place in (Path(folder).absolute(), *Path(folder).absolute().parents):
        with contextlib.suppress(OSError, ValueError):
            return shutil.disk_usage(place).free
    return None


def cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Size:
    """What an experiment asks for.

    Attributes
    ----------
    policies, runs : how many, all policies together (runs are None where a pilot settles them)
    months : of a run
    worlds : how many, as far as is known
    engine : numba or mesa; another one counts as fast as numba
    workers : threads or processes; the cores of this machine if None
    """

    policies: int
    runs: int | None
    months: int = 120
    worlds: int = 1
    engine: str = "numba"
    workers: int | None = None

    @property
    def hours(self) -> float:
        """About how long it takes."""
        engine = (
            (self.runs or 0)
            * self.months
            / 120
            / RUNS_A_SECOND.get(self.engine, RUNS_A_SECOND["numba"])
            / (self.workers or cores())
        )
        return (engine + self.policies * SECONDS_A_POLICY) / 3600

    @property
    def memory(self) -> int:
        """About the most bytes of memory at a time."""
        return LEAST_MEMORY + self.policies * MEMORY_A_POLICY + self.worlds * MEMORY_A_WORLD

    @property
    def disk(self) -> int:
        """About how many bytes the results take."""
        return (self.runs or 0) * BYTES_A_RUN + self.policies * BYTES_A_POLICY

    def __str__(self) -> str:
        runs = "runs that a pilot settles" if self.runs is None else f"{number(self.runs)} runs"
        hours = "" if self.runs is None else f", about {duration(self.hours)}"
        policies = f"{number(self.policies)} {'policy' if self.policies == 1 else 'policies'}"
        return f"{policies}, {runs}{hours}, {in_bytes(self.memory)} of memory and {in_bytes(self.disk)} of disk"

    def check(self, folder: str | Path | None = None, held: int = 0) -> None:
        """Refuse what this machine has not the memory, or the disk of ``folder`` not the room, for.

        Parameters
        ----------
        held : bytes of it that the folder holds already

        Raises
        ------
        InputError
            With what is asked for, and what there is.
        """
        has = memory()
        if has is not None and self.memory > SHARE * has and self.memory > LEAST_MEMORY + 50_000_000:
            least = LEAST_MEMORY + self.worlds * MEMORY_A_WORLD
            most = max(0, int((SHARE * has - least) // MEMORY_A_POLICY))
            raise InputError(
                f"the experiment asks for {self}; this machine has {in_bytes(has)} of memory, enough for {number(most)} policies "
                "of it: give fewer levels, or a [sample] in place of the grid"
            )
        free = None if folder is None else disk(folder)
        if free is not None and self.disk - held > free:
            raise InputError(
                f"the experiment asks for {self}; {in_bytes(free)} are free where its results would go: give fewer runs or "
                "policies, or another place with --out"
            )


def check_memory(need: int, what: str) -> None:
    """Refuse what this machine's memory does not hold.

    Raises
    ------
    InputError
        With what is asked for, and what there is.
    """
    has = memory()
    if has is not None and need > SHARE * has:
        raise InputError(
            f"{what} take about {in_bytes(need)} of memory, and this machine has {in_bytes(has)}; ask for fewer"
        )


def held_by(folder: str | Path) -> int:
    """Bytes of the runs that a folder holds."""
    total = 0
    with contextlib.suppress(OSError, ValueError):
        for path in (Path(folder) / "runs").glob("*.parquet"):
            total += path.stat().st_size
    return total


def number(n: int) -> str:
    """A count in at most some fifteen characters."""
    return f"{n:,}" if n < 10**15 else f"10^{int(math.log10(n))}"


def duration(hours: float) -> str:
    """How long, in the unit that suits."""
    for unit, most, least in (
        ("seconds", 1 / 60, 3600),
        ("minutes", 1.5, 60),
        ("hours", 72, 1),
        ("days", 24 * 700, 1 / 24),
    ):
        if hours < most:
            return f"{max(1, math.ceil(hours * least))} {unit}".replace("1 seconds", "1 second").replace(
                "1 minutes", "1 minute"
            )
    return f"{hours / 8766:,.0f} years" if hours < 1e13 else f"{number(int(hours / 8766))} years"


def in_bytes(n: int) -> str:
    """Bytes in the unit that suits."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if n >= size:
            return f"{n / size:,.3g} {unit}" if n < 10**15 else f"{number(n // size)} {unit}"
    return f"{max(1, n // 1000)} kB"

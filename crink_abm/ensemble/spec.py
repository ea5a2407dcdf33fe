"""Which worlds an experiment asks for: the table ``[worlds]`` of an experiment file."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, field_validator

from ..util.errors import nearest
from ..util.schema import LIST, Strict, Whole

#: The most runs of each world, and of a screen's draw.
MOST_A_WORLD, MOST_SCREENED = 10**9, 2**24
#: The ensembles that have a name.
ENSEMBLES = ("calibrated", "defaults", "prior")


class WorldsTable(Strict):
    """Which worlds the runs are spread over."""

    ensemble: str = "calibrated"
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    draws: Annotated[Whole, Field(ge=1)] = 9720
    structures: Literal["all", "default"] | dict[str, float | str | Annotated[list[float | str], LIST]] = "all"
    crossing: Literal["balanced", "full"] = "balanced"
    screen: Literal["none", "elicited"] = "elicited"
    screen_runs: Annotated[Whole, Field(ge=16, le=MOST_SCREENED)] = 2048
    size: Annotated[Whole, Field(ge=1)] | None = None
    seed: Annotated[Whole, Field(ge=0, lt=2**64)] = 1
    runs_per_world: Annotated[Whole, Field(ge=1, le=MOST_A_WORLD)] | None = None
    _folder: Path = PrivateAttr(default=Path())

    @field_validator("ensemble")
    @classmethod
    def _named_or_file(cls, value):
        if value not in ENSEMBLES and Path(value).suffix not in (".parquet", ".csv"):
            raise ValueError(
                f"is {', '.join(ENSEMBLES)}, or a file of worlds, .parquet or .csv{nearest(value, ENSEMBLES)}"
            )
        return value

    @property
    def file(self) -> Path | None:
        """The file of worlds, beside the experiment file unless its path says otherwise; None for a named ensemble."""
        return None if self.ensemble in ENSEMBLES else self._folder / self.ensemble

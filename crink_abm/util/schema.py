"""What the tables of TOML files have in common: no entries but their own, whole numbers, lists of bounded length."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

#: The most levels of a dimension.
MOST_LEVELS = 1001

#: A whole number; 1e6 is one.
Whole = Annotated[
    int, BeforeValidator(lambda x: int(x) if isinstance(x, float) and x.is_integer() and abs(x) < 2**63 else x)
]


class Strict(BaseModel):
    """A table that knows its entries, and no others; flags and text are no numbers."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", populate_by_name=True, strict=True)


#: A list of levels.
LIST = Field(min_length=1, max_length=MOST_LEVELS)

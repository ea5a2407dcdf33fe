"""What a simulation is made from: the schedule, the fields, the columns of a calendar and the results, as one object."""

from dataclasses import dataclass

from .fields import FIELDS, Field
from .levers import COLUMNS
from .outcomes import RESULTS
from .schedule import MONTH, Phase, Step


@dataclass(frozen=True)
class Machine:
    """What a kernel is written from.

    Attributes
    ----------
    name : of the file that keeps its machine code
    month : the phases, in order
    fields : the fields of the world, in order
    columns : what each column of a calendar holds
    results : the fields that are returned of each run
    """

    name: str
    month: tuple[Phase, ...]
    fields: tuple[Field, ...]
    columns: tuple[str, ...]
    results: tuple[str, ...]

    def steps(self) -> tuple[Step, ...]:
        """Every step of a month in order."""
        return tuple(step for phase in self.month for step in phase.steps)


#: The model as it is. A machine with more steps and fields (``tilt``) is written by the same text.
MODEL = Machine("crink_kernel", MONTH, FIELDS, COLUMNS, RESULTS)

"""The small integers of the model: actors, options, phases, switches. Append only.

A number here may sit in somebody's stored results; it is
never changed or reused.
"""

from enum import IntEnum


class Actor(IntEnum):
    """Who owns a state variable and takes a decision. WORLD is no agent: it keeps the record."""

    WORLD = 0
    CHINA = 1
    NORTH_KOREA = 2
    RUSSIA = 3
    IRAN = 4
    UNITED_STATES = 5
    SOUTH_KOREA = 6
    JAPAN = 7
    TAIWAN = 8
    MONITORS = 9


class PhaseCode(IntEnum):
    """The ten phases of a month."""

    WORLD = 1
    MONITORS = 2
    SUPPLY = 3
    STOCKS = 4
    ALLIES = 5
    WASHINGTON = 6
    BELIEFS = 7
    XI = 8
    KIM = 9
    OUTCOMES = 10


class XiOption(IntEnum):
    """What Xi chooses among in a crisis."""

    WAIT = 0
    GREY_ZONE = 1
    BLOCKADE = 2
    INVADE = 3


class KimOption(IntEnum):
    """What Kim chooses among in a crisis."""

    STAND_DOWN = 0
    HOLD = 1
    LIMITED_ATTACK = 2
    WAR = 3


class Theory(IntEnum):
    """Decision theory of a leader."""

    EXPECTED_UTILITY = 0
    PROSPECT = 1
    SATISFICING = 2


class Coordination(IntEnum):
    """How the four partners act together."""

    NONE = 0
    TACIT = 1
    DIRECTED = 2


class PostureEffect(IntEnum):
    """What allied posture does to an adversary."""

    DETER = 0
    SPIRAL = 1
    BOTH = 2


class LeaderTypes(IntEnum):
    """When a leader's private type is drawn: his stakes, his costs of force and his optimism about winning."""

    LEADER = 0
    CRISIS = 1
    DECISION = 2

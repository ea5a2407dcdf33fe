"""The small integers of the model: actors, options, phases, switches, draws. Append only.

A number here may sit in somebody's stored results or in a random key; it is
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


class Draw(IntEnum):
    """Every random decision: 256 * actor + slot. The slot is the key, so slots never move."""

    u_us_crisis = 256 * Actor.UNITED_STATES + 0
    u_us_response = 256 * Actor.UNITED_STATES + 1
    u_us_enters = 256 * Actor.UNITED_STATES + 2
    u_us_joins_korea = 256 * Actor.UNITED_STATES + 3
    u_ukraine_ends = 256 * Actor.RUSSIA + 0
    u_russia_joins = 256 * Actor.RUSSIA + 1
    u_iran_turmoil = 256 * Actor.IRAN + 0
    u_iran_joins = 256 * Actor.IRAN + 1
    u_detections = 256 * Actor.MONITORS + 0
    u_taiwan_politics = 256 * Actor.TAIWAN + 0
    u_japan_enters = 256 * Actor.JAPAN + 0
    u_pla_activity = 256 * Actor.CHINA + 0
    u_taiwan_episode = 256 * Actor.CHINA + 1
    u_xi_choice = 256 * Actor.CHINA + 2
    u_taiwan_war_ends = 256 * Actor.CHINA + 3
    u_taiwan_war_result = 256 * Actor.CHINA + 4
    u_taiwan_nuclear = 256 * Actor.CHINA + 5
    u_china_joins = 256 * Actor.CHINA + 6
    u_provocation = 256 * Actor.NORTH_KOREA + 0
    u_launch_days = 256 * Actor.NORTH_KOREA + 1
    u_korea_episode = 256 * Actor.NORTH_KOREA + 2
    u_kim_choice = 256 * Actor.NORTH_KOREA + 3
    u_korea_war_ends = 256 * Actor.NORTH_KOREA + 4
    u_korea_nuclear = 256 * Actor.NORTH_KOREA + 5
    u_north_korea_joins = 256 * Actor.NORTH_KOREA + 6
    u_korea_war_result = 256 * Actor.NORTH_KOREA + 7

    @property
    def actor(self) -> Actor:
        """The actor whose decision this draw settles."""
        return Actor(self // 256)

    @property
    def slot(self) -> int:
        """The number of the decision among the actor's decisions."""
        return self % 256

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
    """Every random decision, each with a number of its own and the actor who takes it.

    The number is the key of its luck: decision d takes word d mod 4 of the random block d div 4, so a number
    never moves. Decisions that fall every month share blocks, and decisions of war share others: a block costs
    the same for one of its words as for four. Numbers left free are for decisions to come.
    """

    def __new__(cls, number: int, actor: Actor):
        draw = int.__new__(cls, number)
        draw._value_ = number
        draw.actor = actor
        return draw

    u_us_crisis = 0, Actor.UNITED_STATES
    u_us_response = 1, Actor.UNITED_STATES
    u_ukraine_ends = 2, Actor.RUSSIA
    u_iran_turmoil = 3, Actor.IRAN
    u_detections = 4, Actor.MONITORS
    u_taiwan_politics = 5, Actor.TAIWAN
    u_pla_activity = 6, Actor.CHINA
    u_taiwan_episode = 7, Actor.CHINA
    u_provocation = 8, Actor.NORTH_KOREA
    u_launch_days = 9, Actor.NORTH_KOREA
    u_korea_episode = 10, Actor.NORTH_KOREA
    u_xi_choice = 16, Actor.CHINA
    u_kim_choice = 20, Actor.NORTH_KOREA
    u_us_enters = 24, Actor.UNITED_STATES
    u_us_joins_korea = 25, Actor.UNITED_STATES
    u_japan_enters = 26, Actor.JAPAN
    u_russia_joins = 27, Actor.RUSSIA
    u_iran_joins = 28, Actor.IRAN
    u_north_korea_joins = 29, Actor.NORTH_KOREA
    u_china_joins = 30, Actor.CHINA
    u_taiwan_war_result = 32, Actor.CHINA
    u_korea_war_result = 33, Actor.NORTH_KOREA
    u_taiwan_nuclear = 34, Actor.CHINA
    u_korea_nuclear = 35, Actor.NORTH_KOREA
    u_taiwan_war_ends = 36, Actor.CHINA
    u_korea_war_ends = 37, Actor.NORTH_KOREA

    @property
    def block(self) -> int:
        """The block of four words that holds this decision's."""
        return self // 4

    @property
    def word(self) -> int:
        """Which of the block's four words."""
        return self % 4

"""Counter-based uniform draws: Philox4x32-10 keyed by (seed; run, month, decision).

A draw is addressed, never consumed, so using one or adding one moves no other:
this is what makes random numbers *common* to every policy (variance of a
difference falls) and lets any run be reopened by its number.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011; known-answer vectors of Random123 in ``tests/model/test_draws.py``.
"""

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from .enums import Actor


class Draw(IntEnum):
    """Every random decision, each with a number of its own and the actor who takes it.

    The number is the key of its draws: decision d takes word d mod 4 of the random block d div 4, so a number
    never moves. Decisions that fall every month share blocks, and decisions of war share others: a block costs
    the same for one of its words as for four. Numbers left free are for decisions to come.
    """

    if TYPE_CHECKING:
        actor: Actor

    def __new__(cls, number: int, actor: Actor) -> "Draw":
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
    u_korea_episode = 10, Actor.NORTH_KOREA
    u_succession = 11, Actor.WORLD
    u_testing_regime = 12, Actor.NORTH_KOREA
    u_administration = 13, Actor.UNITED_STATES
    u_agreement = 14, Actor.NORTH_KOREA
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
    u_xi_stakes = 40, Actor.CHINA
    u_xi_costs = 41, Actor.CHINA
    u_xi_optimism = 42, Actor.CHINA
    u_kim_stakes = 44, Actor.NORTH_KOREA
    u_kim_costs = 45, Actor.NORTH_KOREA
    u_kim_optimism = 46, Actor.NORTH_KOREA

    @property
    def block(self) -> int:
        """The block of four words that holds this decision's."""
        return self // 4

    @property
    def word(self) -> int:
        """Which of the block's four words."""
        return self % 4


_MASK = np.uint64(0xFFFFFFFF)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_32 = np.uint64(32)
_UNIT = 2.0**-32
_HALF = 2.0**-33  # so that every draw is exact, and neither 0 nor 1


def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> tuple[Any, Any, Any, Any]:
    """Philox4x32-10: a 128-bit counter and a 64-bit key to four 32-bit words.

    All words are uint64 holding 32-bit values: NumPy arrays or compiled scalars
    alike (the compiled engine compiles this very function).
    """
    for _ in range(10):
        low = _MULTIPLIER_0 * c0
        high = _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (
            (high >> _32) ^ c1 ^ k0,
            high & _MASK,
            (low >> _32) ^ c3 ^ k1,
            low & _MASK,
        )
        k0 = (k0 + _WEYL_0) & _MASK
        k1 = (k1 + _WEYL_1) & _MASK
    return c0, c1, c2, c3


def uniform_block(seed: Any, run: Any, month: Any, number: Any) -> tuple[Any, Any, Any, Any]:
    """The four uniforms in (0, 1) of one block of decisions.

    Arguments are uint64: the seed, the run's number, the month since the start, and the block's number. The key is
    the seed, the counter (run low, run high, month, number). Each uniform has 32 random bits: (n + 1/2) 2^-32; the
    finest probability a single decision can tell from 0 is 2.3e-10.
    """
    a, b, c, d = philox(run & _MASK, run >> _32, month, number, seed & _MASK, seed >> _32)
    return a * _UNIT + _HALF, b * _UNIT + _HALF, c * _UNIT + _HALF, d * _UNIT + _HALF


#: Blocks whose draws are stratified over runs: what is drawn once a leader, and decides most.
STRATIFIED = (10, 11)
#: Strata, and so the runs that share them one each: a power of two.
STRATA = 64
_BITS, _STRATUM, _FINE = np.uint64(6), np.uint64(STRATA - 1), np.uint64(26)
_ONE, _EIGHT = np.uint64(1), np.uint64(8)
#: Added to a block's number where the block serves all runs of a group.
_OF_GROUP = np.uint64(256)


def _placed(word: Any, of_group: Any, place: Any) -> Any:
    """One stratified uniform: its stratum from the run's place in its group, the rest from the run's own word."""
    stratum = (((of_group >> _EIGHT) | _ONE) * place + of_group) & _STRATUM
    return ((stratum << _FINE) | (word >> _BITS)) * _UNIT + _HALF


def stratified_block(seed: Any, run: Any, month: Any, number: Any) -> tuple[Any, Any, Any, Any]:
    """The four uniforms in (0, 1) of one block of decisions, stratified over runs.

    Runs form groups of ``STRATA`` by their numbers; in each group every stratum [k, k + 1) / STRATA of each of the four has
    exactly one run: the one whose place p in the group has k = (a p + c) mod STRATA, with a (odd) and c drawn for the group.
    Runs of different groups are independent. Two of one group, whatever their distance, are never positively correlated in what
    only rises or only falls with the draw (a leader's readiness for force does); in what comes back (a wave over the strata)
    they can be. So estimates that take runs as independent are unbiased, and their intervals no narrower than they should be,
    however runs are dealt to worlds.
    Source: stratified sampling (Cochran 1977, 5).
    """
    own = philox(run & _MASK, run >> _32, month, number, seed & _MASK, seed >> _32)
    group = run >> _BITS
    shared = philox(group & _MASK, group >> _32, month, number + _OF_GROUP, seed & _MASK, seed >> _32)
    place = run & _STRATUM
    return (
        _placed(own[0], shared[0], place), _placed(own[1], shared[1], place),
        _placed(own[2], shared[2], place), _placed(own[3], shared[3], place),
    )  # fmt: skip


def uniforms(seed: int, run: int, n_months: int) -> dict[str, np.ndarray]:
    """Every draw of one run: ``{draw name: array of n_months floats in (0, 1)}``.

    The interpreted engine looks its draws up here; the compiled engine computes
    the same numbers where it needs them.
    """
    months = np.arange(n_months, dtype=np.uint64)
    key = np.uint64(seed), np.uint64(run), months
    blocks = {
        number: (stratified_block if number in STRATIFIED else uniform_block)(*key, np.uint64(number))
        for number in sorted({draw.block for draw in Draw})
    }
    return {draw.name: blocks[draw.block][draw.word] for draw in Draw}

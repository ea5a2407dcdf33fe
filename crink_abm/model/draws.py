"""Counter-based uniform draws: Philox4x32-10 keyed by (seed; run, month, decision).

A draw is addressed, never consumed, so using one or adding one moves no other:
this is what makes random numbers *common* to every policy (variance of a
difference falls) and lets any run be reopened by its number.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011; known-answer vectors of Random123 in ``tests/test_draws.py``.
"""

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from .enums import Actor


class Draw(IntEnum):
    """Every random decision, each with a number of its own and the actor who takes it.

    The number is the key of its luck: decision d takes word d mod 4 of the random block d div 4, so a number
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
    u_testing_regime = 12, Actor.NORTH_KOREA
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


def uniforms(seed: int, run: int, n_months: int) -> dict[str, np.ndarray]:
    """Every draw of one run: ``{draw name: array of n_months floats in (0, 1)}``.

    The interpreted engine looks its draws up here; the compiled engine computes
    the same numbers where it needs them.
    """
    months = np.arange(n_months, dtype=np.uint64)
    key = np.uint64(seed), np.uint64(run), months
    blocks = {number: uniform_block(*key, np.uint64(number)) for number in sorted({draw.block for draw in Draw})}
    return {draw.name: blocks[draw.block][draw.word] for draw in Draw}

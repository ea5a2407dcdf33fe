"""Rules with a fault, in place of the model's: plain scalar functions, as rules are."""

from ...model.rules import russia, united_states
from ...model.rules.building_blocks import inside, opening


def late_need(russian_need, ukraine_war, wartime_tie, tie_persistence, need_adjustment, month):
    """Moscow's need, which takes no notice of peace for the first ten years of a run."""
    peace = (1.0 - ukraine_war) if month > 120.0 else 0.0
    target = wartime_tie * ((1.0 - peace) + peace * tie_persistence)
    return russian_need + need_adjustment * (target - russian_need)


def swapped_attention(
    us_capacity, threat_taiwan, threat_korea, value_taiwan, value_korea, usfk_posture, heavy_share, dual_role, tied_down,
    tied_heavy,
):  # fmt: skip
    """Attention with the theatres swapped."""
    taiwan, korea = united_states.attention(
        us_capacity, threat_taiwan, threat_korea, value_taiwan, value_korea, usfk_posture, heavy_share, dual_role, tied_down,
        tied_heavy,
    )  # fmt: skip
    return korea, taiwan


def late_opening(taiwan_status, taiwan_last_force, opening_months, month):
    """The door in Korea, with the months counted from a year too early."""
    return 0.0 if taiwan_status >= 2.0 else opening(taiwan_status, taiwan_last_force, opening_months, month + 12.0)


def leaking_join(
    taiwan_status, korea_status, russia_in, ukraine_war, wartime_tie, russian_stock, trilateral_coordination, attention_taiwan,
    coordination, uncoordinated, settlement_tie, russia_reliability, russia_interest, russia_busy, russia_join_cost,
    russia_binding, directed_pull, join_speed, u_russia_joins
):  # fmt: skip
    """Russia's joining, with chance that leaks: the draw is moved by a lever, as where a stream is shared with a policy."""
    prob, _ = russia.joins(
        taiwan_status, korea_status, russia_in, ukraine_war, wartime_tie, russian_stock, trilateral_coordination,
        attention_taiwan, coordination, uncoordinated, settlement_tie, russia_reliability, russia_interest, russia_busy,
        russia_join_cost, russia_binding, directed_pull, join_speed, u_russia_joins,
    )  # fmt: skip
    at_war = taiwan_status == 3.0 or korea_status == 3.0
    drawn = u_russia_joins + 0.5 * (1.0 - ukraine_war)
    return prob, inside(at_war and drawn < prob, russia_in, at_war)

"""Words of the page that the model has no use for: names of levers for a slider, and units of the world."""

#: Lever -> its name on a slider.
LABELS = {
    "usfk_posture": "US forces in Korea",
    "heavy_share": "Heavy share of those forces",
    "dual_role": "Usable for Taiwan",
    "maritime_posture": "Carriers and bombers",
    "trilateral_coordination": "Washington, Tokyo, Seoul together",
    "exercise_tempo": "Tempo of exercises",
    "japan_burden_share": "Japan's share of the burden",
    "sanctions_intensity": "Sanctions on North Korea",
    "exposure": "Exposure of transfers",
    "diplomatic_offramp": "Diplomatic off-ramp",
    "china_engagement": "Engagement with China",
    "counter_hybrid": "Action on illicit income",
    "porcupine_defence": "Taiwan's porcupine defence",
    "declared_resolve": "Declared resolve",
}
#: Lever -> (what a level of 1 is, in which unit, digits): only where the model's scale is one of the world.
UNITS = {
    "usfk_posture": (57_000, "troops", 0),
    "maritime_posture": (2.0, "times today's", 1),
    "exercise_tempo": (2.0, "times today's", 1),
}
#: Pillar -> its heading.
PILLARS = {
    "1 posture": "Posture",
    "2 alliance": "Alliance",
    "3 policy": "Policy",
    "4 hybrid": "Hybrid threats",
    "comparator": "For comparison",
}
#: Outcome -> how a sentence says that it comes about.
PLAIN = {
    "taiwan_blockade": "Taiwan is blockaded",
    "taiwan_invasion": "Taiwan is invaded",
    "korea_attack": "North Korea attacks in a limited way",
    "korea_war": "there is war in Korea",
    "two_front": "force is used in both theatres within the window",
    "russian_join": "Russia joins a war in Asia",
    "nuclear_use": "a nuclear weapon is used",
    "taiwan_failure": "deterrence fails over Taiwan",
    "korea_failure": "deterrence fails in Korea",
    "any_failure": "deterrence fails somewhere",
}
#: Switch -> its question.
SWITCHES = {
    "xi_theory": "How Xi decides",
    "kim_theory": "How Kim decides",
    "coordination": "How the four partners act together",
    "xi_profile": "Which Xi",
    "kim_profile": "Which Kim",
    "leader_types": "A leader's private type is drawn",
    "posture_effect": "What allied posture does",
}
#: Level of a switch -> its name.
LEVELS = {
    "leader_types": {"LEADER": "once a leader", "CRISIS": "once a crisis"},
    "posture_effect": {"DETER": "deters", "SPIRAL": "feeds a spiral", "BOTH": "does both"},
    "coordination": {"NONE": "not at all", "TACIT": "tacitly", "DIRECTED": "under direction"},
}

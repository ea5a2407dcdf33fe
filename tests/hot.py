"""A world in which force is frequent: what a test of counting, storing or estimating needs to see, and the defaults seldom show."""

#: Incidents are many, half of them crises, leaders decide often, and force costs them little: deterrence fails in a third of
#: the runs of ten years, and in half of them where types are drawn anew at each crisis.
HOT = {
    "taiwan_incident_logit": -2.45, "taiwan_crisis_share": 0.5, "crisis_grievance": 4.0, "crisis_decision_prob": 0.25,
    "fixed_cost_blockade": 0.35, "fixed_cost_invasion": 0.35, "loss_invasion": 0.4, "costs_sd": 1.1,
}  # fmt: skip

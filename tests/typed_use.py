"""Uses and misuses of the public names, for type checkers: it is read by mypy (``make types``) and never run.

A line with ``type: ignore`` is one that must not check: mypy complains of an ignore that is not needed.
"""

from pathlib import Path

import crink_abm as crink
from crink_abm.typing import Policy, Schedule

surge: Schedule = {"2026-01": 0.5, "2027-06": 0.9}
forward: Policy = {"usfk_posture": 0.8, "heavy_share": surge}

batch: crink.Batch = crink.simulate(forward, runs=3, seed=1, worlds="calibrated", drivers={"driver_veto": 1})
batch = crink.simulate("posture", parameters={"crisis_duration": 2.0, "xi_theory": "prospect"})
n: int = batch.n_months
crink.compare({"exposure": 1}, "article", names=["open", "article"], interval="jeffreys")
model: crink.DeterrenceModel = crink.DeterrenceModel({"exposure": 0.9}, seed=1, run=0, diplomatic_offramp=0.5).run()
story: str = model.story
china: crink.China = model.china
results: crink.Results = crink.sweep("experiments/policy_cube.toml", Path("out"), runs=1000, interval="best")
risks = results.select("korea_within_6_of_taiwan", exposure=0.5)
results.slice("any_failure", "exposure")
results.incidence([0], "two_front")
crink.rare({"experiment": {"name": "x", "seed": 1, "runs": 1}}, outcome="nuclear_use", relative=0.2)
today: float = crink.LEVERS["exposure"].today
low: float = crink.CATALOGUE["crisis_duration"].low
meaning: str = crink.OUTCOMES["any_failure"]
for lever in crink.LEVERS:
    results.slice("any_failure", lever)
for outcome in crink.OUTCOMES:
    results.select(outcome)
for _, policy in crink.SCENARIOS.values():
    crink.simulate(policy)

crink.simulate(levers={"nonsense": 1}, rnus=3)  # type: ignore[dict-item, call-arg]
crink.simulate(levers={"usfk_posture": "high"})  # type: ignore[dict-item]
crink.simulate("postures")  # type: ignore[arg-type]
crink.simulate(worlds="flat")  # type: ignore[arg-type]
crink.simulate(drivers={"veto": 1})  # type: ignore[dict-item]
crink.compare("article", interval="wald")  # type: ignore[arg-type]
crink.rare("rare.toml", outcome="nuclear_war")  # type: ignore[arg-type]
crink.DeterrenceModel({"posture": 0.5})  # type: ignore[dict-item]
nothing = crink.Nonsense  # type: ignore[attr-defined]
results.select("any_failures")  # type: ignore[arg-type]

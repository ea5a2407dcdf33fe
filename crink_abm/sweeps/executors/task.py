"""A task: a few slices, told so that any process can compute them."""

import json
from pathlib import Path

import numpy as np

from ...ensemble import build
from ...experiment import reader
from ...model.keys import rules_hash
from ...model.overrides import Rules
from ...model.overrides import checked as checked_rules
from ...util.errors import InputError
from ..cells import PACK_RUNS, TASK_RUNS, together
from ..job import Job
from ..plan import SweepPlan, digest_of

#: Jobs that a worker remembers.
JOBS_HELD = 4

_jobs: dict[str, Job] = {}


def _job(text: str, rules: bytes) -> Job:
    """The job that a text says, in this worker, its worlds and rules made here and checked.

    It is kept by that text, the fingerprint of the rules among it: to compile them anew for each task would take longer than
    the task.
    """
    if text in _jobs:
        return _jobs[text]
    told = json.loads(text)
    if told["rules_hash"] != rules_hash():
        raise InputError(
            f"this worker has other rules ({rules_hash()}) than the sweep ({told['rules_hash']}); install the same version "
            "of crink_abm on every machine"
        )
    experiment = reader.checked(told["experiment"])
    experiment.worlds._folder = Path(told["folder"])
    functions = _rules(rules, told.get("replaced", ""))
    worlds = build.make_worlds(experiment.worlds, experiment.parameters, functions)
    if digest_of(worlds) != told["worlds"]:
        raise InputError("this worker made other worlds than the sweep has; install the same versions on every machine")
    if len(_jobs) >= JOBS_HELD:
        _jobs.clear()
    return _jobs.setdefault(text, Job(SweepPlan.of(experiment, worlds, rules=functions, n_runs=()), told["engine"]))


def _rules(sent: bytes, wanted: str) -> Rules:
    """The functions that were sent in place of rules, and are what they were where the sweep runs."""
    if not sent:
        return checked_rules(None)
    import cloudpickle

    try:
        rules = checked_rules(cloudpickle.loads(sent))
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"the rules given use what this worker does not have ({error}); install the same packages on every machine"
        ) from None
    if rules.fingerprint != wanted:
        raise InputError(
            "the rules given are others in this worker than where the sweep runs; install the same versions of Python, and "
            "of what the rules use, on every machine"
        )
    return rules


def work(job: str, rules: bytes, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
    """The runs of some slices (point, first run, number), in a worker, in one thread."""
    made = _job(job, rules)
    return [made.run(*piece).astype(np.float64) for piece in pieces]


def work_numbered(
    number: int, job: str, rules: bytes, pieces: list[tuple[int, int, int]]
) -> tuple[int, list[np.ndarray]]:
    """As :func:`work`, with the number of the task: results come in any order."""
    return number, work(job, rules, pieces)


def order(job: Job) -> tuple[str, bytes]:
    """What a worker is told of a job: text, and the functions in place of rules.

    The functions go by value, with what they read: they may stand in a notebook or in ``__main__``, which no worker
    can import, and any executor takes bytes.
    """
    plan = job.plan
    told = {"experiment": plan.experiment.model_dump(mode="json", by_alias=True), "engine": job.engine}
    told |= {"folder": str(plan.experiment.worlds._folder.resolve()), "replaced": plan.fingerprint}
    text = json.dumps(told | {"rules_hash": rules_hash(), "worlds": plan.worlds_digest})
    if not plan.rules:
        return text, b""
    import cloudpickle

    return text, cloudpickle.dumps(dict(plan.rules))


def tasks(pieces: list[tuple[int, int, int]], most: int = TASK_RUNS) -> list[list[tuple[int, int, int]]]:
    """Consecutive pieces (point, first run, number), as many together as make a task of ``most`` runs."""
    return list(together(pieces, most, lambda piece: piece[2]))


def packs_ahead(count: int) -> int:
    """Packs on their way while one is counted: enough that none of ``count`` workers waits."""
    return max(1, -(-count * TASK_RUNS // PACK_RUNS))

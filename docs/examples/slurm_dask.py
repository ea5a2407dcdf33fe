"""A sweep on Slurm: `python slurm_dask.py experiments/policy_cube.toml [FOLDER [CORES]]`. Needs dask-jobqueue."""

import sys

from dask_jobqueue import SLURMCluster

import crink_abm as crink
from crink_abm.sweeps.executors.processes import settings

CORES = int(sys.argv[3]) if len(sys.argv) > 3 else 8  # of one job; one process a core

if __name__ == "__main__":
    cluster = SLURMCluster(
        cores=CORES,
        processes=CORES,
        memory=f"{CORES}GB",
        walltime="01:00:00",
        job_script_prologue=[f"export {name}={value}" for name, value in settings().items()],
    )
    cluster.scale(jobs=1)
    cluster.wait_for_workers(CORES)
    out = sys.argv[2] if len(sys.argv) > 2 else None
    print(crink.sweep(sys.argv[1], out, executor=f"dask:{cluster.scheduler_address}"))

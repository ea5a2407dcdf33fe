#!/bin/bash
# A sweep as an array of Slurm jobs that share a folder:
#   array=$(sbatch --parsable --array=1-16 docs/examples/slurm_array.sh experiments/policy_cube.toml results/policy_cube 16)
#   sbatch --dependency=afterany:$array --wrap "crink-abm sweep experiments/policy_cube.toml --out results/policy_cube"
# The second command takes the shards over, makes what a lost job left out, and counts. To run the third job again by itself:
# the same with --array=3.
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=02:00:00
set -euo pipefail
exec crink-abm sweep "$1" --out "$2" --shard "$SLURM_ARRAY_TASK_ID/$3" \
  --executor "threads:${SLURM_CPUS_PER_TASK:-1}"

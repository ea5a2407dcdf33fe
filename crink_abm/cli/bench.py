"""``bench``: how fast this machine is."""

import argparse

from .terminal import print_json, ready_engine


def bench(args: argparse.Namespace) -> None:
    """Throughput of every engine."""
    from ..engine.benchmark.throughput import WORLDS, measure
    from ..ensemble import calibrated

    ready_engine()
    found = measure(calibrated.load().first(WORLDS).values)
    if args.json:
        print_json(found)
        return
    print(f"runs of {found['months']} months; the kernel was ready in {found['kernel_ready_seconds']} s")
    for row in found["engines"]:
        speed = f"{row['runs_per_second']:>12,.1f} runs/s {row['ratio_to_mesa_batch_run']:>10,.1f} x"
        print(f"{row['engine']:38} {row['runs']:>8,} runs {speed}")
    floor = found["floor"]
    print(
        f"\n{found['lanes']} runs abreast to one at a time, processor time: {floor['abreast_to_one_at_a_time']:.2f} x"
    )
    print("a month of one run, ns of one thread: operations x what one costs, vectorised")
    for kind, cost in floor["ns_an_operation"].items():
        each, total = floor["operations_a_month"][kind], floor["ns_a_month_by_kind"][kind]
        print(f"{kind:30} {each:>7.1f} x {cost:.3f} = {total:>5.1f}")
    print(f"arithmetic {floor['arithmetic_ns']:.1f}, memory {floor['memory_ns']:.1f}, floor {floor['floor_ns']:.1f}")
    ratios = f"{floor['measured_to_floor']:.2f} of the floor, {floor['measured_to_sum']:.2f} of the sum"
    print(f"measured {floor['measured_ns']:.1f}: {ratios}")

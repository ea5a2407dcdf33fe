"""The sanctions monitors: the MSMT and what is left of the UN panel."""

from .building_blocks import approach, unit


def enforcement(sanctions_intensity, exposure_index, driver_veto, enforcement_base, enforcement_exposure, veto_step):
    """How much of the sanctions regime bites.

        enforcement = [ sanctions_intensity (enforcement_base + enforcement_exposure exposure_index)
                        (1 - veto_step driver_veto) ]

    The veto is the Russian one of March 2024. Claims C12, C22.
    """
    return unit(
        sanctions_intensity
        * ((enforcement_base + enforcement_exposure * exposure_index) * (1.0 - veto_step * driver_veto))
    )


#: The surest a detection gets, so that the odds of a binomial stay finite.
SURE = 0.99


def detections(arms_flow, exposure, detection_base, detection_effort, u_detections):
    """Transfers detected this month: binomial among eight possible shipments, in the flow.

        p = SURE [ arms_flow (detection_base + detection_effort exposure) ]    with SURE = 0.99
        detections = number of k in 0..7 with u_detections >= P(N <= k), N ~ Binomial(8, p)    (inversion)

    Source: F182 (64 known voyages in 20 months).
    """
    prob = SURE * unit(arms_flow * (detection_base + detection_effort * exposure))
    miss = 1.0 - prob
    odds = prob / miss
    square = miss * miss
    fourth = square * square
    mass = fourth * fourth
    below = mass
    count = 1.0 if u_detections >= below else 0.0
    mass = mass * (8.0 * odds)
    below = below + mass
    count = count + (1.0 if u_detections >= below else 0.0)
    mass = mass * (3.5 * odds)
    below = below + mass
    count = count + (1.0 if u_detections >= below else 0.0)
    mass = mass * (2.0 * odds)
    below = below + mass
    count = count + (1.0 if u_detections >= below else 0.0)
    mass = mass * (1.25 * odds)
    below = below + mass
    count = count + (1.0 if u_detections >= below else 0.0)
    mass = mass * (0.8 * odds)
    below = below + mass
    count = count + (1.0 if u_detections >= below else 0.0)
    mass = mass * (0.5 * odds)
    below = below + mass
    count = count + (1.0 if u_detections >= below else 0.0)
    mass = mass * (2.0 / 7.0 * odds)
    below = below + mass
    return count + (1.0 if u_detections >= below else 0.0)


def exposure_index(exposure_index, detections, exposure, full_detections, exposure_memory):
    """How much of the traffic lies open: what was detected and published, fading.

        exposure_index' = exposure_memory exposure_index
                          + (1 - exposure_memory) [ exposure detections / full_detections ]

    What lies open this month is what was detected last month.
    """
    return approach(unit(exposure * detections / full_detections), exposure_index, exposure_memory)

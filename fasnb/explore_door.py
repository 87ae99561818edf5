"""What a reading of the threshold explorer costs at a door: people turned away and attacks let in, a day.

Pure functions from an `explore.Reading` to numbers; importing this loads no torch.
"""

from dataclasses import dataclass

import pandas as pd

from fasnb.explore import Interval, Reading


@dataclass(frozen=True)
class Door:
    """A day at the door: expected numbers of people; the four add up to the visitors.

    Attacks are mixed as in the test database; `worst` is how many would pass if all were of the worst
    type.
    """

    live_accepted: float
    false_rejections: float
    false_acceptances: float
    attacks_rejected: float
    false_rejections_interval: Interval
    false_acceptances_interval: Interval
    worst: float


def door(reading: Reading, visitors: int, attack_rate: float) -> Door:
    """What a reading costs a day: live people turned away, attacks let in, with their 95 % intervals."""
    attacks = visitors * attack_rate
    live = visitors - attacks
    turned, let_in = live * reading.frr, attacks * reading.far
    low, high = reading.frr_interval
    least, most = reading.far_interval
    return Door(
        live - turned,
        turned,
        let_in,
        attacks - let_in,
        (live * low, live * high),
        (attacks * least, attacks * most),
        attacks * reading.apcer,
    )


def doors(readings: dict[str, Reading], visitors: int, attack_rate: float) -> pd.DataFrame:
    """The door under every rule (`explore.by_rule`): one row a rule and kind of error.

    Columns rule, error (false rejections | false acceptances), a_day, low, high, threshold, where, wrong.
    """
    rows = []
    for rule, reading in readings.items():
        cost, at = door(reading, visitors, attack_rate), reading.threshold
        for error, value, (low, high) in (
            ("false rejections", cost.false_rejections, cost.false_rejections_interval),
            ("false acceptances", cost.false_acceptances, cost.false_acceptances_interval),
        ):
            rows.append((rule, error, value, low, high, at.value, at.where, reading.wrong))
    columns = ["rule", "error", "a_day", "low", "high", "threshold", "where", "wrong"]
    return pd.DataFrame(rows, columns=columns)

"""How surprising a window is: log likelihood ratios for counts and for failure rates, in nats.

Counts of conversations are overdispersed twice: within a minute (turns of one incident come
together, `BURSTINESS`) and between hours (moods of the traffic, `Dispersion`).
"""

from math import exp, log, sqrt
from typing import NamedTuple

#: Variance of a minute's count over its mean.
BURSTINESS = 1.25
#: Width of the 90 % interval in standard deviations (and of a one-sided 95 % bound).
Z90 = 1.6449
#: Statistics are rounded, so that the last bits of a logarithm decide nothing.
DIGITS = 6

_HOUR, _FOUR, _DAY = 60.0, 240.0, 1440.0
_LOG_HOUR, _LOG_FOUR, _LOG_DAY = log(_HOUR), log(_FOUR), log(_DAY)


class Dispersion(NamedTuple):
    """Squared coefficient of variation of sums over 1, 4 and 24 hours: non-increasing."""

    hour: float
    four_hours: float
    day: float
    floor: float = 0.0

    def at(self, minutes: float) -> float:
        """Return it for a window of *minutes*: linear in ln minutes, falling like 1/t after a day."""
        if minutes <= _HOUR:
            value = self.hour
        elif minutes <= _FOUR:
            value = _between(log(minutes), _LOG_HOUR, _LOG_FOUR, self.hour, self.four_hours)
        elif minutes <= _DAY:
            value = _between(log(minutes), _LOG_FOUR, _LOG_DAY, self.four_hours, self.day)
        else:
            value = self.day * _DAY / minutes + 0.004
        return max(value, self.floor)


def _between(x: float, x0: float, x1: float, y0: float, y1: float) -> float:
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def volume_statistic(observed: float, expected: float, dispersion: float) -> float:
    """Return the negative binomial log likelihood ratio of *observed* against *expected*.

    *dispersion* is 1/k: the window's own plus that of the baseline. 0 when nothing rose.
    """
    count, mean = observed / BURSTINESS, max(expected, 1e-9) / BURSTINESS
    if count <= mean:
        return 0.0
    if dispersion < 1e-9:
        return max(0.0, count * log(count / mean) - (count - mean))
    k = 1.0 / dispersion
    return max(0.0, count * log(count / mean) - (count + k) * log((k + count) / (k + mean)))


def failure_statistic(failures: float, decided: float, expected: float, baseline_failures: float) -> float:
    """Return the Bernoulli log likelihood ratio of *failures* among *decided* conversations.

    *expected* failures are the baseline's rate times *decided*; the ratio is shrunk by
    what the *baseline_failures* leave uncertain about that rate. 0 when nothing rose.
    """
    if decided <= 0 or failures <= expected or expected <= 0 or expected >= decided:
        return 0.0
    usual, seen = expected / decided, min(failures / decided, 1.0)
    ratio = failures * log(seen / usual)
    if seen < 1.0:
        ratio += (decided - failures) * log((1.0 - seen) / (1.0 - usual))
    return max(0.0, ratio / (1.0 + expected / ((baseline_failures + 0.5) * (1.0 - usual))))


def interval(ratio: float, variance: float) -> tuple[float, float]:
    """Return the 90 % interval of a ratio whose logarithm has *variance*."""
    factor = exp(min(Z90 * sqrt(max(variance, 0.0)), 50.0))
    return ratio / factor, ratio * factor


def wilson(count: float, total: float) -> tuple[float, float]:
    """Return the Wilson score interval (1927) of a rate: each end holds with 95 %."""
    if total <= 0:
        return 0.0, 1.0
    rate, z2 = min(max(count / total, 0.0), 1.0), Z90 * Z90
    centre = rate + z2 / (2 * total)
    spread = Z90 * sqrt(rate * (1 - rate) / total + z2 / (4 * total * total))
    scale = 1 + z2 / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def volume_threshold(tests: int, false_alarms_per_week: float) -> float:
    """Return the threshold that *tests* (intents times metrics) may cross so rarely by chance.

    Calibrated by simulation: 17.15 nats is one false alarm in 1,000 intent-weeks.
    """
    return max(10.0, 17.15 + 1.09 * log(max(tests, 1) / 1000.0 / max(false_alarms_per_week, 1e-9)))


def failure_threshold(tests: int, false_alarms_per_week: float) -> float:
    """Return the same for failure rates, which need 1.15 nats less at every rate."""
    return volume_threshold(tests, false_alarms_per_week) - 1.15


def bans(statistic: float) -> float:
    """Return *statistic* in powers of ten: how many times likelier a rise is than chance."""
    return statistic / log(10.0)

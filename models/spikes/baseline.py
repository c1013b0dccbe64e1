"""What is usual for an intent in an hour: its share of the conversations, and its failure rate.

Hours are closed as a whole, so a baseline is the same for all minutes of an hour, and for
every replay of them. Of Farrington flexible (Noufaily et al. 2013) it keeps the
overdispersion, the down-weighting of past outbreaks, and the least volume.
"""

from collections.abc import Mapping
from typing import NamedTuple

from groundswell.models.spikes.fine import FineBaseline
from groundswell.models.spikes.history import PRIOR_CONVERSATIONS, PRIOR_EXPOSURE
from groundswell.models.spikes.noise import Noise
from groundswell.models.spikes.settings import DAY, HOUR
from groundswell.models.spikes.statistic import BURSTINESS, Dispersion

HALF_LIFE_DAYS = 14.0
#: Squared deviation of true hourly tilts from one, and the noise of a day's one sample of it.
TILT_SPREAD, TILT_NOISE = 0.02, 0.05
#: An hour counts for no more than this many times what was expected, plus a few.
WINSOR, WINSOR_SLACK = 3.0, 5.0


class Baseline(NamedTuple):
    """What an intent's past says about the current hour."""

    share: float  #: of the agent's conversations
    rate: float  #: the same at this hour of day: share times tilt
    evidence: float  #: conversations behind the share
    failures: float
    decided: float
    failure_rate: float
    dispersion: Dispersion


def baseline_of(fines: Mapping[str, FineBaseline], noise: Noise, hour: int, floor: float) -> Baseline:
    """Return the baseline of an intent that consists of *fines* for the *hour* (since the epoch).

    *floor* is the least dispersion to assume.
    """
    volumes = [fine.volume for fine in fines.values()]
    shares = [volume.share for volume in volumes]
    exposure = max((sum(volume.exposure) for volume in volumes), default=0.0)
    share = min(1.0, sum(shares) + PRIOR_CONVERSATIONS / (exposure + PRIOR_EXPOSURE))
    days = max((hour * HOUR - min((fine.born for fine in fines.values()), default=0)) / DAY, 1 / 24)
    at = hour % 24
    expected = sum(s * volume.exposure[at] for s, volume in zip(shares, volumes, strict=True))
    tilt = _tilt(sum(volume.conversations[at] for volume in volumes), expected, days)
    failures = sum(fine.outcomes.failures for fine in fines.values())
    decided = sum(fine.outcomes.decided for fine in fines.values())
    return Baseline(
        share=share,
        rate=share * tilt,
        evidence=PRIOR_CONVERSATIONS + sum(volume.total for volume in volumes),
        failures=failures,
        decided=decided,
        failure_rate=min(max((failures + 0.5) / (decided + 1.0), 0.005), 0.995),
        dispersion=noise.dispersion(floor),
    )


def _tilt(observed: float, expected: float, days: float) -> float:
    """Return how much an hour of day deviates from the intent's mean, shrunk by what is unknown."""
    if expected <= 0:
        return 1.0
    weight = TILT_SPREAD / (TILT_SPREAD + TILT_NOISE / days + BURSTINESS / expected)
    return min(max(1.0 + weight * (observed / expected - 1.0), 0.2), 5.0)


def winsor(observed: float, expected: float) -> float:
    """Return the part of an hour's *observed* conversations that may enter the past."""
    most = WINSOR * expected + WINSOR_SLACK
    return min(1.0, most / observed) if observed > 0 else 1.0


def decay(days: float) -> float:
    """Return how much the past still counts after *days*."""
    return float(0.5 ** (days / HALF_LIFE_DAYS))

"""Slow burns: intents that do not rise, but fail often and make up much of the traffic.

An intent burns when its failure rate is beyond doubt (Wilson lower bound, one-sided 95 %)
above a floor, and its score, share times failure rate, is among the top few of its agent.
The worst of them is emitted again each time the agent's evidence has grown by a quarter (`looks.py`),
so that a diagnosis which lacked conversations is tried anew: what it contrasts with is the whole
agent. There is no warm-up and no least number of intents.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from groundswell.models.spikes.detector import Evidence
from groundswell.models.spikes.history import PRIOR_EXPOSURE
from groundswell.models.spikes.hull import Mark
from groundswell.models.spikes.settings import SpikeSettings
from groundswell.models.spikes.statistic import DIGITS, failure_statistic, wilson
from groundswell.models.spikes.watch import Watch

#: It subsides below this part of the floor or of the evidence, or at so many times the rank.
SUBSIDED_RATE, SUBSIDED_EVIDENCE, SUBSIDED_RANK = 0.8, 0.5, 2


class Burn(NamedTuple):
    """How an intent fails, in the half-life of its past, up to now."""

    intent: str
    failures: float
    decided: float
    low: float  #: lower bound of its failure rate
    high: float
    share: float

    @property
    def score(self) -> float:
        """Return share times failure rate: failing conversations as a part of all."""
        return self.share * self.failures / self.decided if self.decided else 0.0


def burn_of(watch: Watch, hour_exposure: int) -> Burn:
    """Return how *watch* fails; *hour_exposure* is the agent's traffic of the current hour."""
    known = watch.evidence()
    share = sum(
        (fine.volume.total + fine.conversations)
        / (sum(fine.volume.exposure) + hour_exposure + PRIOR_EXPOSURE)
        for fine in watch.fines.values()
    )
    low, high = wilson(known.failures, known.decided)
    return Burn(watch.intent, known.failures, known.decided, low, high, min(share, 1.0))


def decided_of(watches: Iterable[Watch]) -> float:
    """Return the decided conversations of an agent's intents, in the half-life of their past."""
    return round(sum(watch.evidence().decided for watch in watches), DIGITS)


def burns(burn: Burn, settings: SpikeSettings) -> bool:
    """Return whether there is enough evidence of a high failure rate."""
    return burn.decided >= settings.slow_burn_decided and burn.low > settings.slow_burn_rate


def subsided(burn: Burn, rank: int, settings: SpikeSettings) -> bool:
    """Return whether it no longer burns, with some reserve so that it does not flap."""
    return (
        burn.decided < SUBSIDED_EVIDENCE * settings.slow_burn_decided
        or burn.low < SUBSIDED_RATE * settings.slow_burn_rate
        or rank >= SUBSIDED_RANK * settings.slow_burn_top
    )


def rank_of(burn: Burn, watches: Collection[Watch], hour_exposure: int) -> int:
    """Return how many intents score higher; of equal ones the lower id counts as higher."""
    others: Iterable[Burn] = (burn_of(w, hour_exposure) for w in watches if w.intent != burn.intent)
    return sum((-other.score, other.intent) < (-burn.score, burn.intent) for other in others)


def evidence_of(burn: Burn, watch: Watch, start: Mark, minute: int, settings: SpikeSettings) -> Evidence:
    """Return the evidence of an alert: failures against those that the floor rate would allow."""
    floor = settings.slow_burn_rate
    expected = floor * burn.decided
    conversations = sum(fine.volume.total + fine.conversations for fine in watch.fines.values())
    return Evidence(
        start=start,
        minute=minute,
        statistic=round(failure_statistic(burn.failures, burn.decided, expected, 1e9), DIGITS),
        observed=burn.failures,
        expected=expected,
        low=burn.low / floor,
        high=burn.high / floor,
        conversations=round(conversations),
        decided=round(burn.decided),
        failures=round(burn.failures),
        exposure=round(conversations / burn.share) if burn.share > 0 else 0,
    )

"""Minutes for the tests of the spikes stage: small streams with a seed."""

import random
from collections.abc import Iterator, Mapping

from groundswell.models.minute import Count, IntentMinute
from groundswell.models.position import Source
from groundswell.models.spike import Spike
from groundswell.models.spikes.state import SpikeState

#: A Monday, at midnight.
START = 1440 * 20003
DAY = 1440


def count(
    minute: int, fine: str, conversations: int, failed: int = 0, completed: int = 0, version: str = ""
) -> Count:
    """Return a count in which every conversation has a user of its own."""
    return Count(
        turns=conversations,
        conversations=conversations,
        users=tuple(f"{fine}-{minute}-{i}" for i in range(min(conversations, 32))),
        failed=failed,
        completed=completed,
        prompt_versions={version: conversations} if version else {},
    )


def minute_of(
    minute: int, counts: Mapping[str, Count], groups: Mapping[str, str] | None = None, **more: object
) -> IntentMinute:
    """Return a closed minute; a fine intent is its own intent unless *groups* says otherwise."""
    chosen = {fine: fine for fine in counts} if groups is None else dict(groups)
    values = {
        "conversations": sum(max(c.conversations, 0) for c in counts.values()),
        "names": {intent: f"about {intent}" for intent in chosen.values()},
        **more,
    }
    return IntentMinute(
        tenant="acme",
        agent="support",
        minute=minute,
        closed=(minute + 1) * 60_000,
        counts=dict(counts),
        groups=chosen,
        source=Source(log="minutes", partition=0, offset=minute),
        as_of=(Source(log="events", partition=0, offset=minute),),
        **values,
    )


def poisson(rng: random.Random, mean: float) -> int:
    """Return a Poisson number (Knuth)."""
    limit, product, number = 2.718281828459045**-mean, rng.random(), 0
    while product > limit:
        product *= rng.random()
        number += 1
    return number


def history(
    rates: Mapping[str, float], days: int, seed: int = 1, failing: float = 0.1
) -> Iterator[IntentMinute]:
    """Yield the past, one minute an hour, *rates* in conversations per minute."""
    rng = random.Random(seed)
    for hour in range(days * 24):
        minute = START + hour * 60
        counts = {}
        for fine, rate in rates.items():
            n = sum(poisson(rng, rate) for _ in range(60))
            failed = sum(rng.random() < failing for _ in range(n))
            counts[fine] = count(minute, fine, n, failed, n - failed)
        yield minute_of(minute, counts)


def live(
    rates: Mapping[str, float],
    start: int,
    minutes: int,
    seed: int = 2,
    failing: float | Mapping[str, float] = 0.1,
) -> Iterator[IntentMinute]:
    """Yield *minutes* from *start*; minutes without conversations are left out, as on the topic."""
    rng = random.Random(seed)
    for minute in range(start, start + minutes):
        counts = {}
        for fine, rate in rates.items():
            n = poisson(rng, rate)
            chance = failing if isinstance(failing, float) else failing.get(fine, 0.1)
            failed = sum(rng.random() < chance for _ in range(n))
            if n:
                counts[fine] = count(minute, fine, n, failed, n - failed)
        if counts:
            yield minute_of(minute, counts)


def run(state: SpikeState, minutes: Iterator[IntentMinute] | list[IntentMinute]) -> list[Spike]:
    """Return everything that *minutes* give."""
    return [spike for message in minutes for spike in state.minute(message)]

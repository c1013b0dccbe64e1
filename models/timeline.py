"""A timeline: counts in at most sixty buckets, as wide as the time that the data spans asks for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

BUCKETS = 60
#: Bucket widths in minutes; each divides the next, so buckets can be joined exactly.
WIDTHS = (1, 5, 15, 30, 60, 180, 360)

Trend = Literal["new", "up", "down", "flat"]

_NEW_VOLUME = 5  # conversations without which an intent is not called new
_PAST_VOLUME = 20  # conversations of the agent without which nothing is
_RATIO = 1.3
_Z = 2.0  # two-sided 5 %


@dataclass
class Clock:
    """The buckets that all series of one agent share."""

    width: int = WIDTHS[0]
    first: int | None = None  #: first and last minute seen
    last: int = 0

    @property
    def end(self) -> int:
        """The newest bucket."""
        return self.last // self.width

    @property
    def start(self) -> int:
        """The oldest bucket that is kept."""
        first = self.first if self.first is not None else self.last
        return max(first // self.width, self.end - BUCKETS + 1)

    def reach(self, minute: int) -> int:
        """Go on to *minute*; return by which factor the buckets have widened (1 if not)."""
        first, self.last = (minute, minute) if self.first is None else (self.first, max(self.last, minute))
        self.first = min(first, minute)
        fitting = (w for w in WIDTHS if w >= self.width and self.last // w - self.first // w < BUCKETS)
        width = next(fitting, WIDTHS[-1])
        factor, self.width = width // self.width, width
        return factor


@dataclass
class Series:
    """One count per bucket; buckets before the clock's start are dropped."""

    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, bucket: int, count: int) -> None:
        """Add *count* to *bucket*."""
        if count:
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    def merge(self, other: "Series") -> None:
        """Add another series of the same clock."""
        for bucket, count in other.buckets.items():
            self.add(bucket, count)

    def rebin(self, factor: int, start: int) -> None:
        """Join *factor* buckets into one; drop those before *start* (of the new width)."""
        old, self.buckets = self.buckets, {}
        for bucket, count in old.items():
            if bucket // factor >= start:
                self.add(bucket // factor, count)

    def values(self, clock: Clock) -> tuple[int, ...]:
        """Return the counts from the clock's start to its end."""
        return tuple(self.buckets.get(bucket, 0) for bucket in range(clock.start, clock.end + 1))


def trend(counts: Sequence[int], totals: Sequence[int]) -> Trend:
    """Compare an intent's share of the last quarter of the buckets with the time before.

    A two-proportion z test at 5 %, and a ratio of at least 1.3 either way. Shares, not
    counts: a busy day is not a trend of every intent.

    >>> trend([1, 1, 1, 9], [50, 50, 50, 50])
    'up'
    """
    cut = len(counts) - max(1, len(counts) // 4)
    before, since = sum(counts[:cut]), sum(counts[cut:])
    total_before, total_since = sum(totals[:cut]), sum(totals[cut:])
    if total_before < _PAST_VOLUME or not total_since:
        return "flat"
    if before <= 0 and since >= _NEW_VOLUME:
        return "new"
    share_before, share_since = max(before, 0) / total_before, max(since, 0) / total_since
    pooled = min(1.0, max(before + since, 0) / (total_before + total_since))
    spread = math.sqrt(pooled * (1 - pooled) * (1 / total_before + 1 / total_since))
    if spread == 0 or abs(share_since - share_before) < _Z * spread:
        return "flat"
    if share_since >= _RATIO * share_before:
        return "up"
    return "down" if share_before >= _RATIO * share_since else "flat"

"""Slots: the few keys, of any number, that deserve a label of their own.

A metric may have only so many series. The keys that are seen most hold a slot; all others
share the label ``other``. A slot is sticky: it is lost only after it was held for a while,
to a key that is clearly more frequent, so that series do not flap. What was once counted
under a label stays there: moving a count into ``other`` would look like a spike.
"""

from dataclasses import dataclass, field

from river.sketch import HeavyHitters

OTHER = "other"

#: Largest under-estimate of a key's frequency, as a share of an epoch's observations.
SKETCH_ERROR = 0.002


def _sketch() -> HeavyHitters:
    return HeavyHitters(support=SKETCH_ERROR, epsilon=SKETCH_ERROR, fading_factor=1.0)


@dataclass
class Popularity:
    """How often keys were seen in this epoch and the one before, in bounded memory.

    Lossy counting (Manku & Motwani 2002) without its forgetting variant, which drops steady
    keys as the stream grows old; two generations forget instead.

    >>> seen = Popularity(epoch=1000)
    >>> for key in "aab": seen.add(key)
    >>> seen.of("a"), seen.of("c")
    (2.0, 0.0)
    """

    epoch: int = 20_000
    observed: int = 0
    _now: HeavyHitters = field(default_factory=_sketch)
    _before: HeavyHitters = field(default_factory=_sketch)

    def add(self, key: str) -> None:
        """Count one observation of *key*."""
        if self.observed and self.observed % self.epoch == 0:
            self._before, self._now = self._now, _sketch()
        self.observed += 1
        self._now.update(key)

    def of(self, key: str) -> float:
        """Return about how often *key* was seen lately."""
        return float(self._now[key] + self._before[key])


@dataclass
class Slots:
    """At most *size* keys with a label of their own; time is counted in observations."""

    size: int
    hold: int = 2_000  #: observations for which a slot is safe
    margin: float = 1.5  #: how many times as frequent as the weakest a challenger must be
    popularity: Popularity = field(default_factory=Popularity)
    _granted: dict[str, int] = field(default_factory=dict)

    def __contains__(self, key: str) -> bool:
        return key in self._granted

    def __len__(self) -> int:
        return len(self._granted)

    def touch(self, key: str) -> tuple[str, str | None]:
        """Count one observation of *key*; return its label and the key that lost its slot for it, if any."""
        self.popularity.add(key)
        if key in self._granted:
            return key, None
        if len(self._granted) < self.size:
            return self._grant(key), None
        weakest = self._weakest()
        if weakest is None or self.popularity.of(key) <= self.margin * self.popularity.of(weakest):
            return OTHER, None
        del self._granted[weakest]
        return self._grant(key), weakest

    def label(self, key: str) -> str:
        """Return the label of *key* without counting an observation."""
        return key if key in self._granted else OTHER

    def release(self, key: str) -> bool:
        """Give up the slot of *key*; return whether it had one."""
        return self._granted.pop(key, None) is not None

    def _grant(self, key: str) -> str:
        self._granted[key] = self.popularity.observed
        return key

    def _weakest(self) -> str | None:
        """Return the least frequent key whose slot may be taken (the earliest of equals)."""
        latest = self.popularity.observed - self.hold
        free = [key for key, since in self._granted.items() if since <= latest]
        return min(free, key=self.popularity.of, default=None)

"""An agent's traffic as a whole: the exposure of all of its intents, and the releases it has seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from groundswell.models.spikes.looks import Looks
from groundswell.models.spikes.settings import DAY, HOUR

#: Releases and prompt versions remembered: those seen last.
MAX_RELEASES = 32
#: Characters of a version that are told apart.
MAX_VERSION = 128
#: A version seen in an agent's first hour was there before we looked.
SETTLING = HOUR


def version_key(kind: str, version: str) -> str:
    """Return the name under which a *version* of a *kind* is remembered."""
    return f"{kind} {version[:MAX_VERSION]}"


@dataclass(slots=True)
class Traffic:
    """Running totals. ``exposure`` is the number of conversations since the beginning."""

    first: int = -1  #: first minute of all, -1 before it
    minute: int = -1  #: the last one taken in
    exposure: int = 0
    hour_start: int = 0  #: exposure when the current hour began
    tests: int = 1  #: intents times metrics, when the current hour began
    warm: bool = False  #: whether the agent is known well enough for volume alerts
    recent: list[int] = field(default_factory=lambda: [0] * 24)  #: exposure of the last 24 closed hours
    looks: Looks = field(default_factory=Looks)  #: at all of the agent's conversations
    releases: dict[str, int] = field(default_factory=dict)  #: "kind value" -> first seen; last seen last

    @property
    def hour(self) -> int:
        """Return hours since the epoch."""
        return self.minute // HOUR

    @property
    def hour_exposure(self) -> int:
        """Return the conversations of the current hour so far."""
        return self.exposure - self.hour_start

    @property
    def days(self) -> float:
        """Return the age of the agent when the current hour began, in days."""
        return max(0.0, (self.hour * HOUR - self.first) / DAY)

    def begin(self, minute: int) -> None:
        """Start with the first *minute*."""
        self.first = self.minute = minute

    def roll(self, minute: int) -> None:
        """Close the current hour and move to that of *minute*; hours without traffic were empty."""
        self.recent[self.hour % 24] = self.hour_exposure
        for hour in range(self.hour + 1, min(minute // HOUR, self.hour + 25)):
            self.recent[hour % 24] = 0
        self.hour_start = self.exposure
        self.minute = minute

    def see(self, kind: str, versions: Mapping[str, int]) -> None:
        """Remember when *versions* (with their conversations) of a *kind* were first seen."""
        for version in sorted(versions):
            name = version_key(kind, version)
            self.releases[name] = self.releases.pop(name, self.minute)
        while len(self.releases) > MAX_RELEASES:
            del self.releases[next(iter(self.releases))]

    def released(self, name: str, since: int) -> int | None:
        """Return when *name* ("kind value") first appeared, if that was a change after *since*."""
        seen = self.releases.get(name)
        return seen if seen is not None and seen >= since and seen > self.first + SETTLING else None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value."""
        return {
            "totals": [self.first, self.minute, self.exposure, self.hour_start, self.tests, self.warm],
            "recent": self.recent,
            "looks": [self.looks.since, self.looks.evidence],
            "releases": list(self.releases.items()),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Traffic":
        """Return what `to_json` gave."""
        first, minute, exposure, hour_start, tests, warm = value["totals"]
        recent, releases = list(value["recent"]), dict(value["releases"])
        looks = Looks(*value["looks"])
        return cls(first, minute, exposure, hour_start, tests, warm, recent, looks, releases)

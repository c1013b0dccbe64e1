"""The minute book of one agent: counts of the minutes that are still open, by event time.

A minute closes when the watermark has passed its end by the allowed lateness. The watermark
is the latest event time of the source partition that is furthest behind, so that partitions
which catch up at different speeds do not make each other late; one that is a day behind the
others counts as silent. What comes later still counts, in the earliest open minute, and is
noted as late: nothing is lost, and no minute is closed twice.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from groundswell.models.minute import DEPTH_BUCKETS, MAX_USERS, Count

_MINUTE_MS = 60_000
#: A source partition this far behind the others has nothing to say: it is not waited for.
_SILENT_MS = 24 * 3600 * 1000
#: Distinct versions counted per fine intent and minute.
_MAX_VERSIONS = 8


@dataclass(slots=True)
class Tally:
    """A `Count` that is still being counted."""

    numbers: dict[str, int] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    depth: list[int] = field(default_factory=list)
    versions: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, name: str, number: int = 1) -> None:
        """Add to one of the counts."""
        self.numbers[name] = self.numbers.get(name, 0) + number

    def add_user(self, user: str) -> None:
        """Note a user; beyond MAX_USERS nobody is added, which is a lower bound."""
        if len(self.users) < MAX_USERS:
            self.users.add(user)

    def add_depth(self, turns: int) -> None:
        """Note how many turns a completed conversation took."""
        if not self.depth:
            self.depth = [0] * (len(DEPTH_BUCKETS) + 1)
        self.depth[sum(turns > bound for bound in DEPTH_BUCKETS)] += 1

    def add_version(self, kind: str, value: str | None, number: int = 1) -> None:
        """Note the version in effect; versions beyond the eighth share the name `other`."""
        if value is None:
            return
        counts = self.versions.setdefault(kind, {})
        name = value if value in counts or len(counts) < _MAX_VERSIONS else "other"
        counts[name] = counts.get(name, 0) + number

    def merge(self, other: "Tally") -> None:
        """Add what another counted."""
        for name, number in other.numbers.items():
            self.add(name, number)
        for user in sorted(other.users):
            self.add_user(user)
        if other.depth:
            self.depth = [
                a + b for a, b in zip(self.depth or [0] * len(other.depth), other.depth, strict=True)
            ]
        for kind, counts in other.versions.items():
            for value, number in counts.items():
                self.add_version(kind, value, number)

    def count(self) -> Count:
        """Return what was counted."""
        return Count(
            **self.numbers,
            users=tuple(sorted(self.users)),
            depth=tuple(self.depth),
            prompt_versions=dict(sorted(self.versions.get("prompt_version", {}).items())),
            releases=dict(sorted(self.versions.get("release", {}).items())),
        )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value."""
        return {
            "numbers": self.numbers,
            "users": sorted(self.users),
            "depth": self.depth,
            "versions": self.versions,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Tally":
        """Return the tally that `to_json` gave."""
        return cls(dict(value["numbers"]), set(value["users"]), list(value["depth"]), dict(value["versions"]))


@dataclass(slots=True)
class Closed:
    """A minute that is over."""

    minute: int
    late: int
    counts: dict[str, Count]


@dataclass(slots=True)
class MinuteBook:
    """Open minutes. Times are milliseconds, minutes are minutes since the epoch."""

    lateness_ms: int
    watermark: int = 0
    minutes: dict[int, dict[str, Tally]] = field(default_factory=dict)
    late: dict[int, int] = field(default_factory=dict)
    clocks: dict[int, int] = field(default_factory=dict)

    @property
    def frontier(self) -> int:
        """The earliest minute that is still open."""
        return (self.watermark - self.lateness_ms) // _MINUTE_MS

    def tally(self, fine: str, time: int) -> Tally:
        """Return the tally of *fine* in the minute of *time*, or in the earliest open one if that is over."""
        minute = time // _MINUTE_MS
        if minute < self.frontier:
            minute = self.frontier
            self.late[minute] = self.late.get(minute, 0) + 1
        return self.minutes.setdefault(minute, {}).setdefault(fine, Tally())

    def drop_user(self, user: str) -> None:
        """Forget a user in the minutes that are still open."""
        for tallies in self.minutes.values():
            for tally in tallies.values():
                tally.users.discard(user)

    def advance(self, time: int, partition: int = 0, follow: Callable[[str], str] = str) -> Iterator[Closed]:
        """Let time pass up to *time* in one source partition; give the minutes that are over, in order.

        What was counted for a fine intent that has vanished since is that of the one that *follow* gives.
        """
        self.clocks[partition] = max(self.clocks.get(partition, 0), time)
        newest = max(self.clocks.values())
        slowest = min(clock for clock in self.clocks.values() if clock >= newest - _SILENT_MS)
        self.watermark = max(self.watermark, slowest)
        frontier = self.frontier
        for minute in sorted(minute for minute in self.minutes if minute < frontier):
            together: dict[str, Tally] = {}
            for fine, tally in sorted(self.minutes.pop(minute).items()):
                together.setdefault(follow(fine), Tally()).merge(tally)
            counts = {fine: tally.count() for fine, tally in sorted(together.items())}
            yield Closed(minute, self.late.pop(minute, 0), counts)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value."""
        return {
            "watermark": self.watermark,
            "minutes": {
                str(minute): {fine: tally.to_json() for fine, tally in sorted(tallies.items())}
                for minute, tallies in sorted(self.minutes.items())
            },
            "late": {str(minute): number for minute, number in sorted(self.late.items())},
            "clocks": {str(partition): clock for partition, clock in sorted(self.clocks.items())},
        }

    @classmethod
    def from_json(cls, lateness_ms: int, value: Mapping[str, Any]) -> "MinuteBook":
        """Return the book that `to_json` gave."""
        return cls(
            lateness_ms,
            int(value["watermark"]),
            {
                int(minute): {fine: Tally.from_json(tally) for fine, tally in tallies.items()}
                for minute, tallies in value["minutes"].items()
            },
            {int(minute): int(number) for minute, number in value["late"].items()},
            {int(partition): int(clock) for partition, clock in value["clocks"].items()},
        )

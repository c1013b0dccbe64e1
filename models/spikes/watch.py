"""A watched intent: its past, its running totals, its alerts.

Most minutes do not mention most intents. What was expected of an unmentioned intent is
its rate times the agent's traffic, so it is settled only when the intent is touched or
its hour ends: the result is exactly that of settling every minute.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from groundswell.models.minute import Count
from groundswell.models.spikes.baseline import Baseline, baseline_of, winsor
from groundswell.models.spikes.detector import Evidence, Metric, Monitor, Tally, evidence_since, onset_of
from groundswell.models.spikes.fine import FineBaseline, Release
from groundswell.models.spikes.history import Outcomes, Volume
from groundswell.models.spikes.hull import Mark
from groundswell.models.spikes.lifecycle import Alert
from groundswell.models.spikes.noise import Noise
from groundswell.models.spikes.traffic import version_key

#: Users remembered per intent, by latest conversation; more are counted as so many.
MAX_KNOWN_USERS = 32
#: Characters of a user's hash that are told apart.
USER_CHARACTERS = 12
MAX_VERSIONS = 16
#: Counts are cut off here: no minute has a billion conversations.
MAX_COUNT = 10**9


@dataclass(slots=True)
class Watch:
    """The state of one intent. ``baseline`` is derived from ``fines`` and ``noise``."""

    intent: str
    slot: int
    settled: int  #: the agent's exposure up to which ``expected`` is true
    name: str = ""
    fines: dict[str, FineBaseline] = field(default_factory=dict)
    noise: Noise = field(default_factory=Noise)
    tally: Tally = field(default_factory=Tally)
    volume: Monitor = field(default_factory=Monitor)
    failure: Monitor = field(default_factory=Monitor)
    users: dict[str, int] = field(default_factory=dict)  #: hash -> last minute, latest last
    versions: dict[str, int] = field(default_factory=dict)  #: "kind value" -> last minute, latest last
    alerts: dict[Metric, Alert] = field(default_factory=dict)
    cool_until: dict[Metric, int] = field(default_factory=dict)
    epoch: int = 0  #: how often the baseline was replaced
    baseline: Baseline = field(default_factory=lambda: baseline_of({}, Noise(), 0, 0.0))

    @property
    def born(self) -> int:
        """Return the minute in which the oldest of its fine intents was first seen."""
        return min((fine.born for fine in self.fines.values()), default=0)

    def monitor(self, metric: Metric) -> Monitor:
        """Return the totals behind *metric*."""
        return self.volume if metric is Metric.VOLUME else self.failure

    def put(self, fine: str, baseline: FineBaseline) -> None:
        """Add a fine intent; kept in order of ids, so that sums come out the same."""
        self.fines = dict(sorted({**self.fines, fine: baseline}.items()))

    def refresh(self, hour: int, floor: float) -> None:
        """Derive the baseline anew, for *hour*."""
        self.baseline = baseline_of(self.fines, self.noise, hour, floor)

    def settle(self, exposure: int) -> None:
        """Bring what was expected up to the agent's *exposure*."""
        self.volume.expected += self.baseline.rate * (exposure - self.settled)
        self.tally.exposure += exposure - self.settled
        self.settled = exposure

    def count(
        self, minute: int, counts: Mapping[str, Count], exposure: tuple[int, int], sought: Collection[Metric]
    ) -> None:
        """Take in a minute: *counts* by fine intent, the agent's *exposure* before and after it.

        Onsets are *sought* in the metrics whose past is known.
        """
        self.settle(exposure[0])
        for metric in sought:
            monitor = self.monitor(metric)
            monitor.hull.push(monitor.mark(minute, self.tally))
        self.settle(exposure[1])
        conversations = decided = failures = 0
        for fine in sorted(counts):
            seen = clamped(counts[fine])
            self.fines[fine].count(*seen)
            conversations += seen[0]
            failures += seen[1]
            decided += seen[2]
            self._remember(minute, counts[fine])
        failures = max(failures, 0)
        decided = max(decided, failures)
        self.volume.observed += conversations
        self.failure.observed += failures
        self.failure.expected += self.baseline.failure_rate * decided
        self.tally.add(conversations, decided, failures)

    def _remember(self, minute: int, count: Count) -> None:
        _touch(self.users, (user[-USER_CHARACTERS:] for user in count.users), minute, MAX_KNOWN_USERS)
        versions = [version_key("prompt_version", version) for version in sorted(count.prompt_versions)]
        releases = [version_key("release", version) for version in sorted(count.releases)]
        _touch(self.versions, versions + releases, minute, MAX_VERSIONS)

    def users_since(self, minute: int) -> int:
        """Return the distinct users that came since *minute*, at most `MAX_KNOWN_USERS`."""
        return sum(last >= minute for last in self.users.values())

    def onset(self, metric: Metric, minute: int) -> tuple[float, Mark | None]:
        """Return the highest statistic of *metric* and its onset."""
        return onset_of(metric, self.monitor(metric), self.tally, minute, self.baseline)

    def since(self, metric: Metric, start: Mark, minute: int) -> Evidence:
        """Return what happened since *start*."""
        return evidence_since(metric, self.monitor(metric), self.tally, start, minute, self.baseline)

    def close_hour(self, hour: int, hour_exposure: int, known: bool) -> None:
        """Move the hour to the past; only a *known* past can say what is extraordinary."""
        kept = 1.0
        if known and Metric.VOLUME not in self.alerts:
            observed = sum(fine.conversations for fine in self.fines.values())
            expected = self.baseline.rate * hour_exposure
            kept = winsor(observed, expected)
            self.noise.add(hour, observed * kept, expected)
        for fine in self.fines.values():
            if Metric.VOLUME in self.alerts and fine.held_volume is None:
                fine.held_volume = Volume()
            if Metric.FAILURE in self.alerts and fine.held_outcomes is None:
                fine.held_outcomes = Outcomes()
            fine.close_hour(hour % 24, hour_exposure, kept)

    def release(self, metric: Metric, how: Release) -> None:
        """End the freeze of an alert's metric; the search for onsets starts anew."""
        for fine in self.fines.values():
            if metric is Metric.VOLUME:
                fine.release_volume(how)
            elif metric is Metric.FAILURE:
                fine.release_outcomes(how)
        if metric is not Metric.SLOW_BURN:
            self.monitor(metric).hull.clear()
        if how == "replace":
            self.epoch += 1
            self.noise.restart()

    def forget(self, factor: float) -> None:
        """Let the past count *factor* times as much."""
        self.noise.forget(factor)
        for fine in self.fines.values():
            fine.forget(factor)

    def evidence(self) -> Outcomes:
        """Return all outcomes known, by the half-life of the past."""
        known = Outcomes()
        for fine in self.fines.values():
            outcomes = fine.evidence()
            known.add(outcomes.failures, outcomes.decided)
        return known

    def to_bytes(self) -> bytes:
        """Return the state as a JSON document."""
        return orjson.dumps(
            {
                "intent": self.intent,
                "settled": self.settled,
                "name": self.name,
                "fines": {fine: baseline.to_json() for fine, baseline in self.fines.items()},
                "noise": self.noise.to_json(),
                "tally": [getattr(self.tally, name) for name in Tally.__slots__],
                "volume": self.volume.to_json(),
                "failure": self.failure.to_json(),
                "users": list(self.users.items()),
                "versions": list(self.versions.items()),
                "alerts": [[m.value, self.alerts[m].to_json()] for m in sorted(self.alerts)],
                "cool_until": [[m.value, self.cool_until[m]] for m in sorted(self.cool_until)],
                "epoch": self.epoch,
            }
        )

    @classmethod
    def from_bytes(cls, payload: bytes, slot: int) -> "Watch":
        """Return what `to_bytes` gave; the baseline is to be refreshed."""
        value: dict[str, Any] = orjson.loads(payload)
        return cls(
            intent=value["intent"],
            slot=slot,
            settled=value["settled"],
            name=value["name"],
            fines={fine: FineBaseline.from_json(b) for fine, b in value["fines"].items()},
            noise=Noise.from_json(value["noise"]),
            tally=Tally(*value["tally"]),
            volume=Monitor.from_json(value["volume"]),
            failure=Monitor.from_json(value["failure"]),
            users=dict(value["users"]),
            versions=dict(value["versions"]),
            alerts={Metric(m): Alert.from_json(alert) for m, alert in value["alerts"]},
            cool_until={Metric(m): minute for m, minute in value["cool_until"]},
            epoch=value["epoch"],
        )


def clamped(count: Count) -> tuple[int, int, int]:
    """Return conversations, failures and decided of a *count*, within bounds."""
    conversations = min(max(count.conversations, 0), MAX_COUNT)
    failures, decided = (min(max(n, -MAX_COUNT), MAX_COUNT) for n in (count.failures, count.decided))
    return conversations, failures, decided


def _touch(known: dict[str, int], names: Iterable[str], minute: int, most: int) -> None:
    """Note that *names* were seen at *minute*; of more than *most* the longest unseen go."""
    for name in names:
        known.pop(name, None)
        known[name] = minute
    while len(known) > most:
        del known[next(iter(known))]

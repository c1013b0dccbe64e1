"""The cases of one sub-intent: where its failing goals broke, and which of them are kept for contrast.

Counted when an outcome becomes known and taken back when it is corrected, so what stands is what is true
of the newest outcomes. Bounded: the rarest steps and versions are added up as `other`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from groundswell.models.intents.reservoir import Kept, sample

#: Steps, and versions of the prompt, that are counted apart.
MAX_STEPS, MAX_VERSIONS = 16, 6
#: Characters of a version that tell it apart.
MAX_VERSION = 48
#: Days of which outcomes are counted.
MAX_DAYS = 28
OTHER = "other"
FAILURES = frozenset({"abandoned", "failed"})
STATUSES = ("completed", "abandoned", "escalated", "failed", "unknown")
_DAY_MS = 24 * 3600 * 1000


class Settled(NamedTuple):
    """How a goal was settled: status, when (ms), the step it broke at, the version of the prompt."""

    status: str
    time: int
    step: str = ""
    version: str = ""


@dataclass(slots=True)
class Cases:
    """What is known of the settled goals of one sub-intent. Steps count failures alone."""

    steps: dict[str, int] = field(default_factory=dict)
    versions: dict[str, dict[str, int]] = field(default_factory=dict)
    days: dict[int, list[int]] = field(default_factory=dict)  # goals settled, and failures among them
    failed: list[Kept] = field(default_factory=list)
    succeeded: list[Kept] = field(default_factory=list)

    @property
    def settled(self) -> int:
        """How many goals were settled, as far as they are remembered."""
        return sum(sum(counts.values()) for counts in self.versions.values())

    def add(self, conversation: str, segment: int, how: Settled) -> None:
        """Count a goal."""
        self._count(how, 1)
        item = Kept(conversation, segment, how.time, how.step)
        if how.status in FAILURES:
            self.failed = sample([*self.failed, item])
        elif how.status == "completed":
            self.succeeded = sample([*self.succeeded, item])

    def take_back(self, conversation: str, segment: int, how: Settled) -> None:
        """Undo the `add` of the same goal."""
        self._count(how, -1)
        self.failed = [item for item in self.failed if item[:2] != (conversation, segment)]
        self.succeeded = [item for item in self.succeeded if item[:2] != (conversation, segment)]

    def forget(self, conversation: str) -> bool:
        """Drop a conversation from what is kept; return whether it was there."""
        before = len(self.failed) + len(self.succeeded)
        self.failed = [item for item in self.failed if item.conversation != conversation]
        self.succeeded = [item for item in self.succeeded if item.conversation != conversation]
        return len(self.failed) + len(self.succeeded) < before

    def merge(self, other: "Cases") -> None:
        """Add the cases of another sub-intent."""
        for step, count in other.steps.items():
            self.steps[step] = self.steps.get(step, 0) + count
        for version, counts in other.versions.items():
            mine = self.versions.setdefault(version, {})
            for status, count in counts.items():
                mine[status] = mine.get(status, 0) + count
        for day, (settled, failed) in other.days.items():
            here = self.days.setdefault(day, [0, 0])
            here[0], here[1] = here[0] + settled, here[1] + failed
        self.failed = sample([*self.failed, *other.failed])
        self.succeeded = sample([*self.succeeded, *other.succeeded])
        self._bound()

    def _count(self, how: Settled, number: int) -> None:
        failing = number if how.status in FAILURES else 0
        if failing:
            self._step(how.step or OTHER, number)
        version = how.version[:MAX_VERSION]
        if number < 0 and self.versions.get(version, {}).get(how.status, 0) <= 0:
            version = OTHER  # it was added to the others since
        counts = self.versions.setdefault(version, {})
        counts[how.status] = counts.get(how.status, 0) + number
        day = how.time // _DAY_MS
        if number > 0 or day in self.days:
            here = self.days.setdefault(day, [0, 0])
            here[0], here[1] = here[0] + number, here[1] + failing
        self._bound(how.step, version)

    def _step(self, step: str, number: int) -> None:
        if number < 0 and self.steps.get(step, 0) <= 0:
            step = OTHER
        self.steps[step] = self.steps.get(step, 0) + number

    def _bound(self, step: str = "", version: str = "") -> None:
        """Drop what is zero; fold the rarest into `other`, the newcomers *step* and *version* last."""
        self.steps = {name: count for name, count in self.steps.items() if count}
        while len(self.steps.keys() - {OTHER}) > MAX_STEPS:
            rarest = min(self.steps.keys() - {OTHER, step}, key=lambda name: (self.steps[name], name))
            self.steps[OTHER] = self.steps.get(OTHER, 0) + self.steps.pop(rarest)
        kept = {name: {s: n for s, n in counts.items() if n} for name, counts in self.versions.items()}
        self.versions = {name: counts for name, counts in kept.items() if counts}
        while len(self.versions.keys() - {OTHER}) > MAX_VERSIONS:
            names = self.versions.keys() - {OTHER, version}
            rarest = min(names, key=lambda name: (sum(self.versions[name].values()), name))
            others = self.versions.setdefault(OTHER, {})
            for status, count in self.versions.pop(rarest).items():
                others[status] = others.get(status, 0) + count
        for day in sorted(self.days)[:-MAX_DAYS]:
            del self.days[day]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value: equal cases, equal values."""
        versions = sorted(self.versions.items())
        return {
            "steps": dict(sorted(self.steps.items())),
            "versions": {name: dict(sorted(counts.items())) for name, counts in versions},
            "days": {str(day): counts for day, counts in sorted(self.days.items())},
            "failed": [list(item) for item in self.failed],
            "succeeded": [list(item) for item in self.succeeded],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Cases":
        """Return the cases that `to_json` gave."""
        return cls(
            dict(value["steps"]),
            {name: dict(counts) for name, counts in value["versions"].items()},
            {int(day): list(counts) for day, counts in value["days"].items()},
            [Kept(*item) for item in value["failed"]],
            [Kept(*item) for item in value["succeeded"]],
        )


def together(many: Iterable[Cases]) -> Cases:
    """Return the cases of several sub-intents as one."""
    total = Cases()
    for one in many:
        total.merge(one)
    return total

"""The past of one fine intent, and its current hour.

Everything adds up: an intent's baseline is the sum over its fine intents, so regrouping
them moves the past along and never looks like a spike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from groundswell.models.spikes.history import Outcomes, Volume

#: What becomes of the hours that were held while an alert was open.
Release = Literal["drop", "add", "replace"]


@dataclass(slots=True)
class FineBaseline:
    """The past of one fine intent, and its current hour.

    While an alert of its intent is open the past is frozen and hours are held beside it:
    thrown away when the alert is resolved, or the new past when it has become normal.
    """

    born: int
    volume: Volume = field(default_factory=Volume)
    outcomes: Outcomes = field(default_factory=Outcomes)
    held_volume: Volume | None = None
    held_outcomes: Outcomes | None = None
    conversations: int = 0  #: of the current hour
    hour: Outcomes = field(default_factory=Outcomes)  #: of the current hour, corrections as they come

    @classmethod
    def new(cls, minute: int, recent: Iterable[int]) -> "FineBaseline":
        """Start at *minute*: it was absent from the agent's last 24 hours (*recent*, by hour of day)."""
        return cls(born=minute, volume=Volume(exposure=[float(m) for m in recent]))

    def forgo_head_start(self, hour: int, recent: Sequence[int], exposure: int) -> None:
        """Take as its share what a young one has had since it was born.

        *recent* is the agent's traffic of the last 24 closed hours, *exposure* that of the
        current *hour*. It joins an intent that has a past: to that it adds what it brings.
        """
        self.volume.exposure = [0.0] * 24
        for past in range(max(self.born // 60, hour - 24), hour):
            self.volume.exposure[past % 24] = float(recent[past % 24])
        self.volume.add(hour % 24, self.conversations, exposure)
        self.conversations = 0

    def count(self, conversations: int, failures: float, decided: float) -> None:
        """Take in a minute."""
        self.conversations += conversations
        self.hour.failures += failures
        self.hour.decided += decided

    def close_hour(self, hour_of_day: int, exposure: int, kept: float) -> None:
        """Move the current hour to the past, *kept* being the part of it that is not winsorised."""
        (self.held_volume or self.volume).add(hour_of_day, self.conversations * kept, exposure)
        (self.held_outcomes or self.outcomes).add(self.hour.failures, self.hour.decided)
        self.conversations, self.hour = 0, Outcomes()

    def release_volume(self, how: Release) -> None:
        """End the freeze of the volume."""
        held, self.held_volume = self.held_volume, None
        if held is None or how == "drop":
            return
        if how == "replace" and sum(held.exposure) > 0:
            self.volume = held
        else:
            for hour_of_day in range(24):
                self.volume.add(hour_of_day, held.conversations[hour_of_day], held.exposure[hour_of_day])

    def release_outcomes(self, how: Release) -> None:
        """End the freeze of the outcomes."""
        held, self.held_outcomes = self.held_outcomes, None
        if held is None or how == "drop":
            return
        if how == "replace" and held.decided > 0:
            self.outcomes = held
        else:
            self.outcomes.add(held.failures, held.decided)

    def forget(self, factor: float) -> None:
        """Let the past count *factor* times as much; what is held is young."""
        self.volume.forget(factor)
        self.outcomes.forget(factor)

    def evidence(self) -> Outcomes:
        """Return all that is known of its outcomes, the current hour and the held ones included."""
        known = Outcomes(self.outcomes.failures, self.outcomes.decided)
        if self.held_outcomes is not None:
            known.add(self.held_outcomes.failures, self.held_outcomes.decided)
        known.add(self.hour.failures, self.hour.decided)
        return known

    def fold(self, other: "FineBaseline") -> None:
        """Add the past of *other*, which vanished into this one."""
        self.born = min(self.born, other.born)
        self.volume.fold(other.volume)
        self.outcomes.add(other.outcomes.failures, other.outcomes.decided)
        self.count(other.conversations, other.hour.failures, other.hour.decided)
        if other.held_volume is not None:
            self.held_volume = self.held_volume or Volume()
            self.held_volume.fold(other.held_volume)
        if other.held_outcomes is not None:
            self.held_outcomes = self.held_outcomes or Outcomes()
            self.held_outcomes.add(other.held_outcomes.failures, other.held_outcomes.decided)

    def to_json(self) -> list[Any]:
        """Return a JSON value."""
        held, held_outcomes = self.held_volume, self.held_outcomes
        return [
            self.born,
            [self.volume.conversations, self.volume.exposure],
            [self.outcomes.failures, self.outcomes.decided],
            None if held is None else [held.conversations, held.exposure],
            None if held_outcomes is None else [held_outcomes.failures, held_outcomes.decided],
            [self.conversations, self.hour.failures, self.hour.decided],
        ]

    @classmethod
    def from_json(cls, value: list[Any]) -> "FineBaseline":
        """Return what `to_json` gave."""
        born, volume, outcomes, held, held_outcomes, hour = value
        return cls(
            born,
            Volume(*volume),
            Outcomes(*outcomes),
            None if held is None else Volume(*held),
            None if held_outcomes is None else Outcomes(*held_outcomes),
            hour[0],
            Outcomes(*hour[1:]),
        )

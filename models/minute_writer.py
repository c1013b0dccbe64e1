"""Writes an agent's minutes: what was counted, and what has changed about its intents since the last one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.names import NameBook
from groundswell.models.minute import IntentMinute
from groundswell.models.minute_book import Closed
from groundswell.models.position import Positions, Source
from groundswell.models.shape_book import ShapeBook
from groundswell.models.taxonomy import Taxonomy
from groundswell.models.teaching.memory import Memory
from groundswell.models.turn import CalibrationState

#: Turns of one minute from which an unannounced intent is worth a name.
_BUSY = 2


@dataclass(slots=True)
class Untold:
    """What the next minute tells beside its counts.

    `moved`: fine intents that vanished; the engine knows what took their place. `regrouped`, `shaped`:
    whether all groups, or all shapes, are to be told anew. `calibration`: the latest by partition; told
    with every minute.
    """

    moved: set[str] = field(default_factory=set)
    regrouped: bool = False
    shaped: bool = False
    calibration: dict[int, CalibrationState] = field(default_factory=dict)

    def told(self) -> None:
        """Begin anew, after a minute."""
        self.moved, self.regrouped, self.shaped = set(), False, False

    def calibrations(self) -> tuple[CalibrationState, ...]:
        """Return the calibration of each partition, in their order."""
        return tuple(state for _, state in sorted(self.calibration.items()))

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value."""
        return {
            "moved": sorted(self.moved),
            "regrouped": self.regrouped,
            "shaped": self.shaped,
            "calibration": [state.model_dump() for state in self.calibrations()],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` gave; in older records, `moved` has successors too."""
        states = [CalibrationState.model_validate(state) for state in value["calibration"]]
        by_partition = {state.partition: state for state in states}
        return cls(set(value["moved"]), value["regrouped"], value.get("shaped", False), by_partition)


@dataclass(frozen=True, slots=True)
class MinuteWriter:
    """Writes the minutes of one tenant's agent from what its parts know at the time."""

    tenant: str
    agent: str
    engine: IntentEngine
    names: NameBook
    memory: Memory
    taxonomy: Taxonomy
    shapes: ShapeBook
    positions: Positions

    def write(self, closed: Closed, untold: Untold, time: int, at: Source) -> IntentMinute:
        """Return the minute that *closed* at event *time* (milliseconds); *at* is its source.

        What was *untold* is told with it.
        """
        resolved = {fine: self.engine.resolve(fine) for fine in closed.counts}
        groups = {**(self.engine.groups() if untold.regrouped else {}), **resolved}
        names = {intent: self._name(intent, groups, closed) for intent in sorted(set(groups.values()))}
        minute = IntentMinute(
            tenant=self.tenant,
            agent=self.agent,
            minute=closed.minute,
            closed=time,
            conversations=sum(count.conversations for count in closed.counts.values()),
            turns=sum(count.turns for count in closed.counts.values()),
            late=closed.late,
            counts=closed.counts,
            groups=dict(sorted(groups.items())),
            regrouped=untold.regrouped,
            moved={gone: self.engine.follow(gone) for gone in sorted(untold.moved)},
            names={intent: name for intent, name in names.items() if name},
            shapes=self.shapes.shapes if untold.shaped else {},
            dismissed=self.memory.dismissed(),
            as_of=self._as_of(),
            calibration=untold.calibrations(),
            source=at,
        )
        untold.told()
        return minute

    def _as_of(self) -> tuple[Source, ...]:
        """Return the last message taken in of each partition."""
        return tuple(
            Source(log=last.log, partition=partition, offset=last.offset, index=last.index)
            for partition, last in sorted(self.positions.taken.items())
        )

    def _name(self, intent: str, groups: Mapping[str, str], closed: Closed) -> str:
        """Return the announced name; of an intent that is too young for one, what its turns say so far.

        Most of these are a single turn, so once there are others only a busy one is looked at.
        """
        if announced := self.memory.name_of(intent) or self.taxonomy.name(intent):
            return announced
        fines = [fine for fine, owner in sorted(groups.items()) if owner == intent]
        turns = sum(closed.counts[fine].turns for fine in fines if fine in closed.counts)
        if self.engine.groups() and turns < _BUSY:
            return ""
        return self.names.name(fines, intent).name

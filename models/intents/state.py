"""The whole state of one engine, and what its steps share: ids, moves, lineage."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from groundswell.models.intents.archive import Archive
from groundswell.models.intents.cuts import all_sizes
from groundswell.models.intents.forwards import Forwards
from groundswell.models.intents.geometry import Labels, Scores
from groundswell.models.intents.ids import Stamp, mint_id
from groundswell.models.intents.lineage import Kind, Level, LineageEvent
from groundswell.models.intents.micros import Micros
from groundswell.models.intents.model import Model
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.provisionals import Provisionals
from groundswell.models.intents.space import Space
from groundswell.models.intents.ward import FREE

NOWHERE = Stamp(0, "")


class Pin(NamedTuple):
    """A sub-intent that a human has pinned, and the intent it belongs to for good."""

    fine: str
    intent: str


@dataclass(slots=True)
class Clock:
    """Event counts: seen so far, and when refits are due or were done; and event time, milliseconds."""

    next_full: int
    next_light: int
    seen: int = 0
    last_full: int = 0
    time_ms: int = 0  # the latest event time seen
    faded_ms: int = 0  # event time up to which weights have been decayed


@dataclass(slots=True)
class State:
    """Everything that decides what the next event does; the engine's records hold all of it."""

    params: EngineParams
    namespace: str
    micros: Micros
    provisionals: Provisionals
    forwards: Forwards
    archive: Archive
    clock: Clock
    curve: Scores  # what refits thought of each number of groups; NaN: never looked at
    space: Space | None = None
    model: Model | None = None
    pins: list[Pin] = field(default_factory=list)
    teaches: bool | None = None  # whether what pins teach carries over; None: not known since they changed
    changed: set[str] = field(default_factory=set)
    stamp: Stamp = NOWHERE
    young: set[str] = field(default_factory=set)  # sub-intents born since the last full refit
    revived: set[str] = field(default_factory=set)  # sub-intents that came back since then
    returned: dict[str, str] = field(default_factory=dict)  # sub-intents back before their intent: that
    born: int = 0  # ids minted at this stamp
    lineage: list[LineageEvent] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def empty(cls, params: EngineParams, namespace: str) -> "State":
        """Return the state before the first event."""
        return cls(
            params,
            namespace,
            Micros(params),
            Provisionals(params.provisionals, params.dimension),
            Forwards(params.forwards),
            Archive(params.archive),
            Clock(params.first_fit, params.first_fit + params.light_every),
            np.full(len(all_sizes(params)), np.nan),
        )

    @property
    def held_intents(self) -> set[str]:
        """The intents that people hold, wholly or in part."""
        return {pin.intent for pin in self.pins}

    def begin(self, stamp: Stamp) -> None:
        """Start an event: ids born from here on derive from its stamp."""
        self.stamp, self.born = stamp, 0

    def mint(self) -> str:
        """Return a new id."""
        self.born += 1
        return mint_id(self.namespace, self.stamp, self.born - 1)

    def move(self, old: str, new: str) -> None:
        """Let `new` stand for the vanished sub-intent `old` from now on."""
        self.forwards.add(old, new)
        self.moved.append((old, new))

    def record(
        self, kind: Kind, level: Level, subject: str, parent: str | None = None, into: str | None = None
    ) -> None:
        """Note a change of an id."""
        event = LineageEvent(kind, level, subject, parent, into, self.clock.seen, *self.stamp)
        self.lineage.append(event)

    def pinned(self, labels: Labels, fines: list[str]) -> Labels:
        """Return labels (rows of `fines`) in which every pinned micro-cluster has its pin's label."""
        owners = self.micros.rows().owners
        if not self.pins or not (owners != FREE).any():
            return labels
        position = {fine: i for i, fine in enumerate(fines)}
        table = np.array([position.get(pin.fine, FREE) for pin in self.pins], np.int64)
        wanted = np.where(owners == FREE, FREE, table[owners])
        return np.where(wanted == FREE, labels, wanted)

    def micro_fines(self) -> tuple[list[str], Labels]:
        """Return ids, and for each micro-cluster the number of its id, provisional intents included."""
        rows, newborn = self.micros.rows(), [one.fine for one in self.provisionals.newborn]
        if self.model is None:
            return newborn, (rows.centres @ self.provisionals.rows.T).argmax(1)
        centroids = np.vstack([self.model.centroids, self.provisionals.rows])
        fines = self.model.fines + newborn
        return fines, self.pinned((rows.places @ centroids.T).argmax(1), fines)

    def resolve(self, fine: str) -> str:
        """Return the intent that a sub-intent id stands for today; an id nothing is known of, itself."""
        fine = self.forwards.follow(fine)
        if self.model is not None and fine in self.model.position:
            return self.model.intents[self.model.position[fine]]
        return self.archive.intent_of(fine) or fine

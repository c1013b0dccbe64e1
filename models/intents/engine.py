"""Online intents of one stream: a vector gets a sub-intent at once, and the intents are refitted as it goes.

Micro-clusters (as in BIRCH, Zhang et al., 1996, and CluStream, Aggarwal et al., 2003) summarise the
stream; refits at event counts grow a Ward tree over them and take two levels of intents from it. The id
that an event gets is its sub-intent's ("fine"); which intent that stands for may change later.

Every decision is taken event by event with matrix-vector products, so results do not depend on how a
stream is cut into batches. They do depend on the number of BLAS threads: set OPENBLAS_NUM_THREADS=1
before numpy is imported.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from groundswell.models.intents.emission import Fit, emit, emit_pinned, label, lead
from groundswell.models.intents.ids import Stamp
from groundswell.models.intents.light import light_refit
from groundswell.models.intents.lineage import LineageEvent
from groundswell.models.intents.params import HEAD, EngineParams
from groundswell.models.intents.pins import pin_intent
from groundswell.models.intents.quality import Measured, measure
from groundswell.models.intents.reasons import Reasons, fine_weights, nearness, reasons
from groundswell.models.intents.records import changed_records
from groundswell.models.intents.refit import full_refit
from groundswell.models.intents.restore import Records, restored_state
from groundswell.models.intents.state import State
from groundswell.models.intents.views import IntentView, intent_centres, view_intents
from groundswell.models.intents.ward import FREE
from groundswell.models.record import StateRecord, Vector


class Assignment(NamedTuple):
    """What an event got on arrival: its micro-cluster, its sub-intent, and the intent of that today.

    `provisional`: not yet an announced intent, but the beginning of one. `closeness`: cosine to the
    centroid of the sub-intent, 0 for the first event of a new one.
    """

    micro: int
    fine: str
    intent: str
    provisional: bool
    closeness: float


class IntentEngine:
    """The online clusterer of one tenant's agent. `namespace` (its name) makes its ids its own."""

    def __init__(self, params: EngineParams | None = None, namespace: str = "") -> None:
        self._state = State.empty(params or EngineParams(), namespace)
        self._regrouped = False

    @classmethod
    def restore(cls, params: EngineParams, namespace: str, records: Records) -> "IntentEngine":
        """Rebuild an engine from the newest version of every record it wrote; it goes on bit for bit.

        Raises ValueError where the records are not whole or were written with other dimensions.
        """
        engine = cls(params, namespace)
        engine._state = restored_state(params, namespace, records)
        return engine

    @property
    def state(self) -> State:
        """The state, for the commands of a person (`constraints`); read it only."""
        return self._state

    def changes(self) -> dict[str, StateRecord]:
        """Return the records that changed since the last call, in a fixed order."""
        return changed_records(self._state)

    def assign(self, vector: Vector, stamp: Stamp, opened: int | None = None) -> Assignment:
        """Take in one event: a unit float32 vector (dimension,), and where it stands in its log.

        `opened`: the micro-cluster that the first event of the same goal got (of its Assignment), if there
        was one. It does not change what this event gets, but what later refits take for one intent.

        Raises ValueError where the vector has another shape, is not finite or not of length 1;
        the engine is then as it was.
        """
        event, state = self._checked(vector), self._state
        state.begin(stamp)
        state.clock.time_ms = max(state.clock.time_ms, stamp.time_ms)  # a person's command lets no time pass
        place = state.space.project(event) if state.space is not None else None
        rows, used = state.micros.store, state.micros.count
        likeness = state.micros.rows().centres @ event if place is None else rows.places[:used] @ place
        slot = int(likeness.argmax()) if len(likeness) else -1
        joins = slot >= 0 and (
            float(rows.centre(slot) @ event) >= state.params.duplicate or state.micros.full
        )
        owner = int(rows.owners[slot]) if joins else FREE
        fine, closeness = self._fit(event, place, likeness, owner)
        if joins:
            state.micros.absorb(slot, event, state.clock.time_ms, state.space)
        else:
            slot = state.micros.open(event, place, state.clock.time_ms)
        micro = int(state.micros.store.uids[slot])
        if opened is not None:
            state.micros.link(slot, opened)
        announced = state.model is not None and fine in state.model.position
        ripe = not announced and state.provisionals.events_of(fine) >= state.params.birth
        self._advance(opened=not joins, ripe=ripe)
        return Assignment(micro, fine, state.resolve(fine), not announced, closeness)

    def _checked(self, vector: Vector) -> Vector:
        event = np.ascontiguousarray(vector, np.float32)
        size = self._state.params.dimension
        if event.shape != (size,):
            raise ValueError(f"an event's vector must have shape ({size},), not {event.shape}")
        if not abs(float(event @ event) - 1.0) < 1e-3:
            raise ValueError("an event's vector must be finite and of length 1; normalise it first")
        return event

    def _fit(self, event: Vector, place: Vector | None, likeness: Vector, owner: int) -> Fit:
        state, model = self._state, self._state.model
        if place is None or model is None:
            return lead(state, event)
        if owner != FREE:
            return emit_pinned(state, model, owner, place)
        return emit(state, model, place, likeness)

    def _advance(self, *, opened: bool, ripe: bool) -> None:
        """Count the event, and refit where that is due."""
        state, clock = self._state, self._state.clock
        clock.seen += 1
        state.changed.add(HEAD)
        if clock.seen >= clock.next_full or (opened and state.micros.full):
            full_refit(state)
            self._regrouped = True
        elif state.space is not None and (ripe or clock.seen >= clock.next_light):
            light_refit(state)
            self._regrouped = True

    def label(self, vector: Vector, micro: int | None = None) -> tuple[str, str]:
        """Return (sub-intent, intent) of a vector by today's model, without taking it in.

        An event of a pinned micro-cluster keeps the pin; give `micro` (of its Assignment) to be sure of it.
        Before the first refit: the nearest leader.
        Raises ValueError on a bad vector, or where nothing has been seen yet.
        """
        return label(self._state, self._checked(vector), micro)

    def resolve(self, fine: str) -> str:
        """Return the intent that a sub-intent stands for today, following merges.

        The newest `EngineParams.forwards` vanished ids are known; an id nothing is known of is returned
        as it is: use `label` on the event's vector then.
        """
        return self._state.resolve(fine)

    def follow(self, fine: str) -> str:
        """Return the sub-intent that a vanished one's id leads to."""
        return self._state.forwards.follow(fine)

    def owners(self) -> dict[int, str]:
        """Return the sub-intent of every micro-cluster, by uid; empty before the first refit."""
        if self._state.model is None:
            return {}
        ids, labels = self._state.micro_fines()
        return {int(uid): ids[row] for uid, row in zip(self._state.micros.rows().uids, labels, strict=True)}

    def groups(self) -> dict[str, str]:
        """Return the intent of every live, announced sub-intent."""
        return self._state.model.groups() if self._state.model else {}

    def centres(self, turns: Mapping[str, int]) -> dict[str, Vector]:
        """Return where each live intent lies about the mean of all events: a direction (dimension,).

        The mean of its sub-intents' centroids, each weighed by its *turns* (one where none are known).
        Comparable from refit to refit, up to the axes that the projection drops.
        """
        return intent_centres(self._state, turns)

    def intents(self) -> list[IntentView]:
        """Return the live intents, by id; empty before the first refit."""
        return view_intents(self._state)

    def measure(self) -> Measured | None:
        """Return how good each live intent is, and where its centre lies; None before the first refit."""
        return measure(self._state)

    def explain(self, vector: Vector) -> Reasons:
        """Return why a vector would go where it would go now, without taking it in.

        Raises ValueError on a bad vector.
        """
        return reasons(self._state, self._checked(vector))

    def nearness(self, vector: Vector) -> dict[str, float]:
        """Return the cosine of a vector to the nearest sub-intent of each intent, in the space of the model.

        Raises ValueError on a bad vector.
        """
        return nearness(self._state, self._checked(vector))

    def fine_weights(self) -> dict[str, float]:
        """Return the weight in events, faded, of each announced sub-intent."""
        return fine_weights(self._state)

    def pin(self, intent: str) -> list[str]:
        """Hold an intent as it is: its present micro-clusters and their sub-intents belong to it for good.

        Returns the pinned sub-intents. Raises KeyError where no such intent lives, ValueError where it
        holds no events or the limit of pins is reached. A pinned intent stays pinned.
        """
        return pin_intent(self._state, intent)

    def lineage(self) -> list[LineageEvent]:
        """Return what became of ids since the last call, in order.

        Not part of the records: drain before a commit.
        """
        events, self._state.lineage = self._state.lineage, []
        return events

    def moved(self) -> list[tuple[str, str]]:
        """Return (vanished sub-intent, the one that took its place) since the last call, in order.

        Fold the counters of the first into the second. Not part of the records: drain before a commit.
        """
        moves, self._state.moved = self._state.moved, []
        return moves

    @property
    def last_refit(self) -> int:
        """The number of the event at which the model was last fitted anew as a whole; 0 before."""
        return self._state.clock.last_full

    def regrouped(self) -> bool:
        """Return whether a refit has happened since the last call."""
        regrouped, self._regrouped = self._regrouped, False
        return regrouped

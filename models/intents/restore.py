"""The engine's state from its records, bit for bit, so that a restart changes nothing.

Lengths of sums and the centroids of provisional intents follow from the sums: they are recomputed the
way they were computed. Everything else is read as it was written.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from groundswell.models.intents import params as names
from groundswell.models.intents.archive import Retired
from groundswell.models.intents.codec import unpack32, unpack64
from groundswell.models.intents.geometry import direction, lengths
from groundswell.models.intents.model import Model
from groundswell.models.intents.params import FORWARDS_PER_RECORD, EngineParams
from groundswell.models.intents.provisionals import Newborn, Provisionals
from groundswell.models.intents.space import Space
from groundswell.models.intents.state import Clock, Pin, State
from groundswell.models.record import StateRecord, Vector

Records = Mapping[str, StateRecord]


def restored_state(params: EngineParams, namespace: str, records: Records) -> State:
    """Return the state that the records hold; without a head record (or an empty one), a new state.

    Raises ValueError where a record that the head counts on is missing, or the settings do not fit.
    """
    state = State.empty(params, namespace)
    head = orjson.loads(records[names.HEAD].payload) if names.HEAD in records else {}
    if not head:
        return state
    if head["shape"] != [params.dimension, params.axes] or head["micros"] > params.micros:
        raise ValueError(
            f"state of {namespace!r} was written with dimension and axes {head['shape']} and"
            f" {head['micros']} micro-clusters; it cannot be read with {params.dimension}, {params.axes} and"
            f" at most {params.micros}: restore with the settings it was written with, or start anew"
        )
    state.clock = Clock(**head["clock"])
    state.young, state.revived = set(head["young"]), set(head.get("revived", ()))
    state.returned, state.teaches = head.get("returned", {}), head.get("teaches")
    reader = _Reader(namespace, records)
    if head["fitted"]:
        _restore_model(state, reader)
    _restore_micros(state, reader, head)
    _restore_newborn(state, reader, head["newborn"])
    _restore_links(state, reader, head)
    return state


class _Reader:
    """Reads records that must be there."""

    def __init__(self, namespace: str, records: Records) -> None:
        self.namespace, self.records = namespace, records

    def payload(self, name: str) -> Any:
        if name not in self.records:
            raise ValueError(f"state of {self.namespace!r} is not whole: record {name!r} is missing")
        return orjson.loads(self.records[name].payload)

    def vector(self, name: str) -> Vector:
        vector = self.records[name].vector
        if vector is None:
            raise ValueError(f"state of {self.namespace!r} is not whole: record {name!r} has no vector")
        return np.array(vector, np.float32)


def _restore_model(state: State, reader: _Reader) -> None:
    params = state.params
    space = reader.payload(names.SPACE)
    axes = unpack32(space["axes"], params.dimension, params.axes)
    if "curve" in space:  # older records have none
        state.curve = unpack64(space["curve"], len(state.curve))
    state.space = Space(reader.vector(names.SPACE), axes)
    model = reader.payload(names.MODEL)
    rows = len(model["fines"])
    state.model = Model(
        model["fines"],
        model["intents"],
        unpack32(model["centroids"], rows, params.axes),
        unpack64(model["thresholds"], rows),
        model["novelty"],
    )
    if names.PINS in reader.records:
        held = reader.payload(names.PINS) or []
        pins = held if isinstance(held, list) else held["pins"]  # a list until examples could be held
        state.pins = [Pin(*pin) for pin in pins]
        state.micros.examples = set() if isinstance(held, list) else set(held["examples"])


def _restore_micros(state: State, reader: _Reader, head: Mapping[str, Any]) -> None:
    micros = state.micros
    micros.count, micros.next_uid = head["micros"], head["next_uid"]
    micros.reserve(micros.count)
    rows = micros.store
    for slot in range(micros.count):
        name = names.micro_record(slot)
        payload = reader.payload(name)
        rows.sums[slot] = reader.vector(name)
        rows.weights[slot], rows.uids[slot] = payload["weight"], payload["uid"]
        rows.owners[slot], rows.hits[slot] = payload["owner"], payload["hit"]
        rows.places[slot] = unpack32(payload["place"], state.params.axes)
        for uid, count in payload.get("links", ()):
            rows.linked.add(slot, uid, count)
    rows.lengths[: micros.count] = lengths(rows.sums[: micros.count])


def _restore_newborn(state: State, reader: _Reader, count: int) -> None:
    if state.space is not None:
        state.provisionals = Provisionals(state.params.provisionals, state.params.axes)
    newborn = state.provisionals
    for slot in range(count):
        name = names.provisional_record(slot)
        payload = reader.payload(name)
        fitted = payload.pop("sum", None)
        newborn.sums[slot] = reader.vector(name) if fitted is None else unpack32(fitted, newborn.width)
        newborn.centroids[slot] = direction(newborn.sums[slot])
        newborn.newborn.append(Newborn(**payload))


def _restore_links(state: State, reader: _Reader, head: Mapping[str, Any]) -> None:
    forwards, archive = state.forwards, state.archive
    size = len(forwards.ring)
    for number in range(max(0, head["forwards"] - size), head["forwards"]):
        place = number % size
        if place % FORWARDS_PER_RECORD == 0 or number == max(0, head["forwards"] - size):
            links = reader.payload(names.forward_record(place // FORWARDS_PER_RECORD))
        forwards.put(place, *links[place % FORWARDS_PER_RECORD])
    forwards.count, archive.count = head["forwards"], head["archive"]
    forwards.dirty.clear()
    for slot in range(min(archive.count, len(archive.ring))):
        name = names.archive_record(slot)
        payload = reader.payload(name)
        if payload:
            weight = payload.get("weight", 0.0)  # older records have none
            archive.ring[slot] = Retired(payload["fine"], payload["intent"], reader.vector(name), weight)

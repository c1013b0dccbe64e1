"""The engine's state as records: what changed, each under its fixed name."""

from dataclasses import asdict
from typing import Any

import orjson

from groundswell.models.intents import params as names
from groundswell.models.intents.archive import Retired
from groundswell.models.intents.codec import pack
from groundswell.models.intents.model import Model
from groundswell.models.intents.params import FORWARDS_PER_RECORD
from groundswell.models.intents.provisionals import Provisionals
from groundswell.models.intents.state import State
from groundswell.models.record import StateRecord, Vector

#: A slot that was used once and is not now: were it left as it was, the state would tell where batches
#: were cut.
EMPTIED = StateRecord(b"{}")


def changed_records(state: State) -> dict[str, StateRecord]:
    """Return the records that changed since the last call, in the order of `EngineParams.record_names`."""
    records: dict[str, StateRecord] = {}
    if names.HEAD in state.changed:
        records[names.HEAD] = _record(_head(state))
    if names.SPACE in state.changed and state.space:
        records[names.SPACE] = _record(
            {"axes": pack(state.space.axes), "curve": pack(state.curve)}, state.space.mean
        )
    if names.MODEL in state.changed and state.model:
        records[names.MODEL] = _record(_model(state.model))
    if names.PINS in state.changed:
        held = {"pins": [list(pin) for pin in state.pins], "examples": sorted(state.micros.examples)}
        records[names.PINS] = _record(held)
    for slot in _drain(state.micros.dirty, state.micros.capacity):
        used = slot < state.micros.count
        records[names.micro_record(slot)] = _micro(state, slot) if used else EMPTIED
    for slot in _drain(state.provisionals.dirty, state.params.provisionals):
        used, fitted = slot < len(state.provisionals), state.space is not None
        newborn = _newborn(state.provisionals, slot, fitted) if used else EMPTIED
        records[names.provisional_record(slot)] = newborn
    for shard in _drain(state.forwards.dirty, len(state.forwards.ring)):
        start = shard * FORWARDS_PER_RECORD
        records[names.forward_record(shard)] = _record(
            state.forwards.ring[start : start + FORWARDS_PER_RECORD]
        )
    for slot in _drain(state.archive.dirty, len(state.archive.ring)):
        records[names.archive_record(slot)] = _archived(state.archive.ring[slot])
    state.changed.clear()
    return records


def _drain(dirty: set[int], limit: int) -> list[int]:
    slots = sorted(slot for slot in dirty if slot < limit)
    dirty.clear()
    return slots


def _record(payload: object, vector: Vector | None = None) -> StateRecord:
    return StateRecord(orjson.dumps(payload), None if vector is None else vector.copy())


def _head(state: State) -> dict[str, Any]:
    return {
        "clock": asdict(state.clock),
        "fitted": state.space is not None,
        "micros": state.micros.count,
        "next_uid": state.micros.next_uid,
        "newborn": len(state.provisionals),
        "forwards": state.forwards.count,
        "archive": state.archive.count,
        "young": sorted(state.young),
        "revived": sorted(state.revived),
        "returned": state.returned,
        "teaches": state.teaches,
        "shape": [state.params.dimension, state.params.axes],
    }


def _model(model: Model) -> dict[str, Any]:
    return {
        "fines": model.fines,
        "intents": model.intents,
        "centroids": pack(model.centroids),
        "thresholds": pack(model.thresholds),
        "novelty": model.novelty,
    }


def _micro(state: State, slot: int) -> StateRecord:
    rows = state.micros.store
    payload: dict[str, Any] = {
        "weight": float(rows.weights[slot]),
        "uid": int(rows.uids[slot]),
        "owner": int(rows.owners[slot]),
        "hit": int(rows.hits[slot]),
        "place": pack(rows.places[slot]),
    }
    if links := rows.linked.of(slot):
        payload["links"] = links
    return _record(payload, rows.sums[slot])


def _newborn(provisionals: Provisionals, slot: int, fitted: bool) -> StateRecord:
    payload: dict[str, Any] = asdict(provisionals.newborn[slot])
    if not fitted:
        return _record(payload, provisionals.sums[slot])
    payload["sum"] = pack(provisionals.sums[slot])
    return _record(payload)


def _archived(retired: Retired | None) -> StateRecord:
    if retired is None:
        return _record({})
    return _record(
        {"fine": retired.fine, "intent": retired.intent, "weight": retired.weight}, retired.centroid
    )

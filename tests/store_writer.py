"""A state that is rewritten batch after batch, and a process that commits it until it is killed.

What the state must be after each batch follows from the batch's number alone.
"""

import asyncio
import sys
import uuid
from pathlib import Path

import numpy as np
import orjson

from groundswell.models.record import StateRecord, Vector
from groundswell.sinks.store import Collection, Point, Store, open_store, state_point

DIM = 256
SLOTS = 192
STATE = Collection("state", DIM, tenants=("tenant",), keywords=("agent",), state=True)


def point_id(name: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, str(name)))


def same(left: Vector | None, right: Vector | None) -> bool:
    """Whether two vectors agree bit for bit."""
    if left is None or right is None:
        return left is right
    return left.dtype == right.dtype and left.tobytes() == right.tobytes()


HEADER = point_id("header")


def _record(batch: int, slot: int) -> StateRecord:
    vector = np.arange(DIM, dtype=np.float32) + np.float32(batch * SLOTS + slot)
    # Some slots lose their vector and get one again, as states do.
    return StateRecord(
        orjson.dumps({"batch": batch, "slot": slot}), None if (batch + slot) % 7 == 0 else vector
    )


def slots_of(batch: int) -> list[int]:
    """The slots that a batch rewrites: all of them at first, then a third."""
    if batch == 0:
        return list(range(SLOTS))
    return sorted(np.random.default_rng(batch).choice(SLOTS, SLOTS // 3, replace=False).tolist())


def changes(batch: int) -> list[Point]:
    """The points that a batch commits: a header without a vector, and its slots."""
    keys = {"tenant": "acme", "agent": "desk"}
    header = state_point(HEADER, StateRecord(orjson.dumps({"batch": batch})), **keys)
    slots = [state_point(point_id(f"slot {n}"), _record(batch, n), **keys) for n in slots_of(batch)]
    return [header, *slots]


def state_after(batch: int) -> dict[str, Point]:
    """Every point as it must be once the batches up to this one are committed."""
    return {point.id: point for past in range(batch + 1) for point in changes(past)}


async def commit_until_killed(store: Store) -> None:
    """Take the state over and print the number of each batch after its commit returned."""
    await store.ensure(STATE)
    await store.barrier(STATE)
    found = {point.id: point for point in await store.read_all(STATE)}
    print("taking over", flush=True)
    batch, epoch = -1, 0
    if found:
        batch = orjson.loads(found[HEADER].payload["record"])["batch"]
        epoch = found[HEADER].payload["epoch"] + 1
        await store.commit(STATE, list(found.values()), epoch)
    while True:
        batch += 1
        await store.commit(STATE, changes(batch), epoch)
        print(batch, flush=True)


if __name__ == "__main__":
    asyncio.run(commit_until_killed(open_store(f"edge:{Path(sys.argv[1])}", flush_every=5)))

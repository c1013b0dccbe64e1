"""Agents of many tenants: grown, kept in a store, claimed again and held, for `intents_scale.py`."""

import asyncio
import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from intents_agent import Desk
from intents_cli import Figures

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.contract import owner_of
from groundswell.models.record import StateRecord, Vector
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Store, Where, open_store, state_record
from groundswell.streams.collections import INTENTS_STATE
from groundswell.streams.embedded import OneLog
from groundswell.streams.intents import Intents
from groundswell.streams.ownership import EMPTY, claim
from groundswell.streams.settings import Settings

GROWN = 4  # agents that take in every utterance; the others are copies
TOGETHER = 500  # conversations of one commit


@dataclass(frozen=True, slots=True)
class Said:
    """Utterances and their vectors."""

    texts: list[str]
    vectors: list[Vector]


def converse(desk: Desk, said: Said, order: Sequence[int]) -> None:
    """Let conversations come and end."""
    for i in order:
        number = desk.number
        desk.say(number, said.texts[i], said.vectors[i], 60_000 * number)
        desk.settle(number)


async def grow(stage: Intents, store: Store, tenant: str, said: Said, seed: int) -> dict[str, StateRecord]:
    """Let one agent take in everything, and return its records as the store has them."""
    held = await stage.claim(tenant, "agent")
    desk = Desk(tenant=tenant, state=held.state)
    order = np.random.default_rng(seed).permutation(len(said.texts)).tolist()
    for start in range(0, len(order), TOGETHER):
        converse(desk, said, order[start : start + TOGETHER])
        await stage.commit(held).write(store)
    where = Where.equal(owner=owner_of(tenant, "agent"), kind="state")
    points = await store.read_all(INTENTS_STATE, where, vectors=True)
    records = {str(point.payload["name"]): state_record(point) for point in points}
    return {name: record for name, record in records.items() if record != EMPTY}


async def fill(folder: Path, said: Said, tenants: int, seed: int) -> Figures:
    """Write the states of all tenants; return what they weigh."""
    store = open_store(f"edge:{folder}")
    await store.ensure(INTENTS_STATE)
    stage = stage_of(store)
    grown = [
        await grow(stage, store, f"t{number}", said, seed + number) for number in range(min(GROWN, tenants))
    ]
    for number in range(len(grown), tenants):
        owned = await claim(store, INTENTS_STATE, owner_of(f"t{number}", "agent"))
        await owned.commit(grown[number % len(grown)]).write(store)
    await store.close()
    for number, records in enumerate(grown):
        state_file(folder, number).write_bytes(pickle.dumps(records))
    sizes = [sum(map(size_of, records.values())) for records in grown]
    return {"state_mib": float(np.mean(sizes)) / 2**20}


def state_file(folder: Path, number: int) -> Path:
    """Return where the records of a grown agent are kept, beside the store."""
    return folder.with_name(f"grown-{number}")


def stored(folder: Path) -> float:
    """Return the MiB that a folder takes on the disk."""
    return sum(path.stat().st_blocks for path in folder.rglob("*") if path.is_file()) * 512 / 2**20


def size_of(record: StateRecord) -> int:
    """Return the bytes of a record."""
    return len(record.payload) + (0 if record.vector is None else record.vector.nbytes)


def stage_of(store: Store) -> Intents:
    """Return the stage on a store."""
    return Intents(Settings(), store, OneLog(), Metrics(), time.time)


async def claim_all(folder: Path, tenants: int) -> Figures:
    """Claim the agents of all tenants from the store; return the time it takes, and what they found."""
    store = open_store(f"edge:{folder}")
    await store.ensure(INTENTS_STATE)
    stage, held, seconds, cpu = stage_of(store), [], [], time.process_time()
    for number in range(tenants):
        start = time.perf_counter()
        held.append(await stage.claim(f"t{number}", "agent"))
        seconds.append(time.perf_counter() - start)
    cpu = time.process_time() - cpu
    rss = resident()
    await store.close()
    groups = [one.state.engine.groups() for one in held]
    return {
        "intents_found": float(np.mean([len(set(found.values())) for found in groups])),
        "fines_found": float(np.mean([len(found) for found in groups])),
        "recovery_cpu_s": cpu / tenants,
        "recovery_s": float(np.mean(seconds)),
        "recovery_worst_s": max(seconds),
        "rss_with_store_mib": rss,
    }


def recovered(folder: Path, tenants: int) -> Figures:
    """Claim all agents in this process, which is one of its own."""
    return asyncio.run(claim_all(folder, tenants))


def hold_all(grown: Sequence[Path], said: Said, tenants: int, more: int, seed: int) -> Figures:
    """Hold the agents of all tenants in this process, which is one of its own, and let each go on."""
    before, random, held = resident(), np.random.default_rng(seed), []
    for number in range(tenants):
        records = pickle.loads(grown[number % len(grown)].read_bytes())
        state = AgentIntents(f"t{number}", "agent", records, lateness_ms=0)
        held.append(Desk(tenant=f"t{number}", state=state, begin=len(said.texts)))
    for desk in held:
        converse(desk, said, random.integers(len(said.texts), size=more).tolist())
        desk.state.changes()
    after = resident()
    return {"rss_before_mib": before, "rss_mib": after, "agent_mib": (after - before) / tenants}


def resident() -> float:
    """Return this process's resident memory, MiB; raises OSError where there is no /proc."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    pairs = dict(line.split(":", 1) for line in lines)
    return int(pairs["VmRSS"].split()[0]) / 1024

"""What the intents of many agents hold in memory: what is needed, and a copy of nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundswell.models.intents.geometry import direction
from groundswell.models.intents.micros import ROOM, Micros
from groundswell.models.intents.params import EngineParams
from groundswell.models.position import Source
from groundswell.models.record import StateRecord
from groundswell.models.turn import SegmentOutcome, TurnRead, encode_vector
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Store, open_store, state_point, state_record
from groundswell.streams import intents
from groundswell.streams.collections import INTENTS_STATE, record_id
from groundswell.streams.delivery import Delivery, Record
from groundswell.streams.embedded import OneLog
from groundswell.streams.intent_states import IntentStates
from groundswell.streams.intents import Intents
from groundswell.streams.ownership import EMPTY
from groundswell.streams.settings import Settings
from groundswell.streams.topics import TURNS

START = 1_760_000_000_000


def test_memory_is_taken_as_slots_fill_and_centres_are_what_the_sums_say_bit_for_bit() -> None:
    micros = Micros(EngineParams(dimension=24, axes=8, micros=ROOM + 44))
    random = np.random.default_rng(0)
    points = [direction(random.normal(size=24).astype(np.float32)) for _ in range(ROOM + 44)]
    for number, point in enumerate(points):
        micros.open(point, None, number)
        micros.absorb(number, points[0], number, None)
        assert len(micros.store.weights) == (ROOM if number < ROOM else ROOM + 44)
    assert micros.full
    expected = np.stack([direction(row) for row in micros.rows().sums])
    assert micros.rows().centres.tobytes() == expected.tobytes()
    assert micros.rows().centre(7).tobytes() == expected[7].tobytes()


class Worker:
    """The stage with what it is fed with."""

    def __init__(self, store: Store) -> None:
        self.stage = Intents(Settings(), store, OneLog(), Metrics(), lambda: START / 1000)
        self.delivery = Delivery(self.stage, store, self._send, Metrics())
        self.offset = 0
        self.random = np.random.default_rng(1)

    async def _send(self, _: Any) -> Any:
        async def sent() -> None:
            return None

        return sent()

    def record(self, agent: str, **fields: Any) -> Record:
        self.offset += 1
        message = TurnRead(
            tenant="acme",
            agent=agent,
            time=START + self.offset,
            source=Source(log="events", partition=0, offset=self.offset),
            **fields,
        )
        key = f"acme/{agent}".encode()
        return Record(TURNS.name, 0, self.offset, key, message.encode(), START + self.offset, {})

    def need(self, agent: str, conversation: str) -> Record:
        vector = direction(self.random.normal(size=384).astype(np.float32))
        said = {"role": "user", "text": "I want my money back", "passes": True, "user": conversation}
        return self.record(agent, conversation=conversation, vector=encode_vector(vector), **said)

    def ends(self, agent: str, conversation: str, status: Any) -> Record:
        outcome = SegmentOutcome(segment=0, status=status, probability=1.0)
        told = {"type": "outcome", "explicit": True, "final": True, "outcomes": (outcome,)}
        return self.record(agent, conversation=conversation, **told)


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Worker]:
    store = open_store(f"edge:{tmp_path}")
    await store.ensure(INTENTS_STATE)
    yield Worker(store)
    await store.close()


async def test_agents_share_the_finished_conversations_that_stay_and_one_that_left_comes_back(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intents, "KEEP", 12)
    monkeypatch.setattr(intents, "A_FEW", 2)
    names = {agent: [f"{number:08d}-0000-4000-8000-{agent:>012}" for number in range(20)] for agent in "ab"}
    for agent, ids in names.items():
        for one in ids:
            records = [worker.need(agent, one), worker.ends(agent, one, "completed")]
            await worker.delivery.handle(records)
    held = {agent: worker.stage._held[f"acme/{agent}"].state.ledger for agent in "ab"}
    assert len(held["b"].assigned) <= 2 * 12 // 2
    first = names["b"][0]
    assert first not in held["b"].assigned
    await worker.delivery.handle([worker.ends("b", first, "failed")])
    assert held["b"].assigned[first].segments[0].status == "failed"


async def test_a_claimed_agent_keeps_no_second_copy_of_its_records(worker: Worker) -> None:
    conversation = "00000000-0000-4000-8000-000000000001"
    await worker.delivery.handle([worker.need("a", conversation)])
    before = worker.stage._held["acme/a"].state.engine.state.micros.rows().sums.tobytes()
    worker.stage.forget()
    held = await worker.stage.claim("acme", "a")
    assert (held.owned.records, held.owned.open) == ({}, {})
    assert conversation in held.state.ledger.assigned
    assert held.state.engine.state.micros.rows().sums.tobytes() == before


async def test_a_worker_that_lost_its_agent_adds_no_record_to_what_the_next_one_has(
    worker: Worker,
) -> None:
    """What does not exist is no record of a newer epoch: so each one of a fixed name is made by the claim."""
    stage, store = worker.stage, worker.stage._store
    lost = await stage.claim("acme", "a")
    await stage.claim("acme", "a")
    wanted = [record_id("acme/a", name) for name in ("tally", "taxonomy", "teaching")]
    assert await IntentStates(store).state("acme", "a") is None  # claimed, and nothing written
    late = [state_point(one, StateRecord(b'{"late": 1}'), owner="acme/a", kind="state") for one in wanted]
    await store.commit(INTENTS_STATE, late, lost.owned.epoch)
    found = [state_record(point) for point in await store.retrieve(INTENTS_STATE, wanted)]
    assert found == [EMPTY] * len(wanted)

"""A goal keeps the sub-intent of its first turn: where a refit ended that, its intent is that of the heir."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from test_agent_intents import MESSAGES, Keeper, at

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.position import Positions
from groundswell.models.record import StateRecord
from groundswell.models.thread_view import ThreadName
from groundswell.sinks.store import Point, Store, open_store, state_point
from groundswell.streams.collections import COLLECTIONS, INTENTS_STATE, TURNS, TURNS_STATE, record_id
from groundswell.streams.evidence import Evidence, Window
from groundswell.streams.threads import Threads

OWNER, KEY = "acme/support", "11111111-2222-5333-8444-555555555555"


@dataclass(frozen=True)
class Kept:
    """A store with the intents of an agent and one of its conversations, whose sub-intent has vanished."""

    store: Store
    state: AgentIntents
    fine: str
    conversation: StateRecord

    @property
    def intent(self) -> str:
        return self.state.engine.resolve(self.fine)


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    keeper = Keeper()
    state = keeper.rebuild()
    for place, one in enumerate(MESSAGES):
        state.take(one, at(place))
    keeper.commit(state)
    first = {key: one.segments[0].fine for key, one in state.ledger.assigned.items() if one.segments}
    key, fine = next((key, fine) for key, fine in sorted(first.items()) if fine not in state.engine.groups())
    store = open_store(f"edge:{tmp_path}")
    for collection in COLLECTIONS:
        await store.ensure(collection)
    points = [
        state_point(record_id(OWNER, name), StateRecord(record.payload), owner=OWNER, name=name, kind="state")
        for name, record in keeper.records.items()
    ]
    own = state_point(KEY, keeper.conversations[key], owner=OWNER, kind="closed")
    await store.commit(INTENTS_STATE, [*points, own], epoch=1)
    yield Kept(store, state, fine, keeper.conversations[key])
    await store.close()


async def test_a_thread_names_the_intent_that_the_goal_leads_to(kept: Kept) -> None:
    thread = await Threads(kept.store).read(ThreadName(KEY, "c1", "acme", "support"))
    name = kept.state.taxonomy.name(kept.intent)
    assert [(goal.intent, goal.name) for goal in thread.goals] == [(kept.intent, name)]
    assert name


async def test_evidence_has_the_conversations_whose_sub_intent_had_vanished_when_the_spike_rose(
    kept: Kept,
) -> None:
    turn = {
        "owner": OWNER, "conversation": KEY, "conversation_id": "c1", "type": "turn", "role": "user",
        "text": "I want my money back", "seq": 0, "time": 1, "log": "events", "partition": 0, "offset": 1,
    }  # fmt: skip
    await kept.store.upsert(TURNS, [Point("00000000-0000-4000-8000-000000000001", turn)])
    history = StateRecord(orjson.dumps({"history": []}))
    await kept.store.commit(TURNS_STATE, [state_point(KEY, history, owner=OWNER, kind="closed")], epoch=1)
    cut = Positions.from_json({"0": ["events", 10**9, 0]})
    window = Window(OWNER, cut, [(KEY, orjson.loads(kept.conversation.payload))])
    groups = kept.state.engine.groups()
    [thread] = await Evidence(kept.store, "conversation-events", 10).threads(window, groups)
    assert kept.intent in thread.intents
    # what has merged since the spike rose is given to the intent that it was of then
    [then] = await Evidence(kept.store, "conversation-events", 10).threads(
        window, {**groups, kept.fine: "as it was"}
    )
    assert then.intents[0] == "as it was"

"""The intents stage over a real store, with people's commands among the turns: cut, killed, repeated."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import oracle
import pytest
from test_turn_flow import Broker, Crash, CrashingStore

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.contract import rfc3339
from groundswell.models.position import Source
from groundswell.models.turn import TurnRead, encode_vector
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Store, open_store
from groundswell.streams.collections import COLLECTIONS
from groundswell.streams.delivery import Delivery, Output, Record
from groundswell.streams.intents import Intents
from groundswell.streams.settings import Settings
from groundswell.streams.topics import INTENT_EVENTS, INTENT_MINUTES
from groundswell.streams.topics import TURNS as TURNS_TOPIC

START = 1_760_000_000_000
NEEDS = ("cancel order", "refund", "change flight", "lost card", "table for two")


def turns(number: int) -> list[TurnRead]:
    random = np.random.default_rng(5)
    middles = random.normal(size=(len(NEEDS), 384))
    messages = []
    for offset in range(number):
        need = int(random.integers(len(NEEDS)))
        point = middles[need] / np.linalg.norm(middles[need]) + random.normal(0, 0.03, 384)
        vector = encode_vector((point / np.linalg.norm(point)).astype(np.float32))
        about = {"tenant": "acme", "agent": "support", "time": START + offset * 4_000, "role": "user"}
        conversation = f"00000000-0000-4000-9000-{offset // 2:012d}"
        about |= {"conversation": conversation, "conversation_id": f"c{offset // 2}", "passes": True}
        about |= {"text": f"I want {NEEDS[need]} {offset}", "vector": vector, "user": f"u{need}"}
        source = Source(log="cluster", partition=offset % 2, offset=offset)
        messages.append(TurnRead.model_validate({**about, "source": source}))
    return messages


def command(number: int, kind: str, vectors: dict[str, str] | None = None, **fields: Any) -> TurnRead:
    given = {
        "id": f"cmd-{number}",
        "time": rfc3339(START),
        "tenant": "acme",
        "agent": "support",
        "actor": "pm",
    }
    return TurnRead.model_validate(
        {
            "type": "command", "tenant": "acme", "agent": "support", "time": START,
            "source": Source(log="cluster", partition=0, offset=number),
            "command": {"given": {**given, "command": kind, **fields}, "vectors": vectors or {}},
        }
    )  # fmt: skip


def lesson() -> list[TurnRead]:
    """Turns with commands among them, as the log has them; intents are named by what the first turns gave."""
    every = turns(420)
    state = AgentIntents("acme", "support", lateness_ms=90_000)
    for place, one in enumerate(every[:160]):
        state.take(one, Source(log="t", partition=0, offset=place))
    sizes = sorted(state.engine.intents(), key=lambda view: (-view.weight, view.id))
    a, b, c = (view.id for view in sizes[:3])
    ids = [f"00000000-0000-4000-8000-{number:012d}" for number in range(2)]
    mine = [one for one in every[:160] if state.engine.label(one.embedding())[1] == c][:2]
    vectors = {turn: str(one.vector) for turn, one in zip(ids, mine, strict=True)}
    said = [
        command(1, "rename", intent=a, name="Alpha"),
        command(2, "merge", intents=[b], into=a),
        command(3, "split", vectors, intent=c, examples=ids[:1], keeps=ids[1:]),
        command(4, "dismiss", intent=c),
        command(5, "pin", intent="0" * 26),
        command(6, "undo", undoes="cmd-2"),
        command(7, "retire", intent=b),
    ]
    log = every[:160]
    for number, one in enumerate(said):
        log += [one, *every[160 + 30 * number : 190 + 30 * number]]
    return log + every[160 + 30 * len(said) :]


LOG = [
    Record(TURNS_TOPIC.name, 0, place, b"acme/support", one.encode(), START + place, {})
    for place, one in enumerate(lesson())
]


class Bench:
    """One worker after the other over one store."""

    def __init__(self, store: Store) -> None:
        self.broker, self.store = Broker(), CrashingStore(store)
        self.start()

    def start(self) -> None:
        metrics = Metrics()
        store: Any = self.store
        stage = Intents(Settings(), store, self.broker, metrics, lambda: START / 1000)
        self.delivery = Delivery(stage, store, self.broker.send, metrics)

    async def feed(self, records: Sequence[Record], batch: int, crashes: Sequence[int] = ()) -> None:
        """Feed in batches; the worker dies before the commit of those that hold a record of *crashes*."""
        for first in range(0, len(records), batch):
            part = records[first : first + batch]
            if any(first <= place < first + batch for place in crashes):
                self.store.crash = True
                with pytest.raises(Crash):
                    await self.delivery.handle(part)
                self.store.crash = False
                self.start()
                await self.delivery.handle(records[max(0, first - 3) : first])  # and some come once more
            await self.delivery.handle(part)

    def heard(self) -> dict[str, Any]:
        outputs: list[Output] = self.broker.sent
        names = (INTENT_EVENTS.name, INTENT_MINUTES.name)
        spoken = {name: oracle.heard_of_outputs(name, name, outputs) for name in names}
        assert not any(one.contradictions for one in spoken.values())
        return {name: dict(one.by_order) for name, one in spoken.items()}


async def opened(folder: Path) -> Store:
    store = open_store(f"edge:{folder}", flush_every=1_000)
    for collection in COLLECTIONS:
        await store.ensure(collection)
    return store


async def replay(folder: Path, batch: int, crashes: Sequence[int] = ()) -> tuple[dict[str, Any], Any]:
    store = await opened(folder)
    try:
        bench = Bench(store)
        await bench.feed(LOG, batch, crashes)
        return bench.heard(), await oracle.states(store)
    finally:
        await store.close()


async def test_no_cut_and_no_kill_changes_what_people_said(tmp_path: Path) -> None:
    heard, states = await replay(tmp_path / "undisturbed", 1)
    events = [one.value or b"" for ones in heard[INTENT_EVENTS.name].values() for one in ones]
    assert sum(b'"intent.command.applied.v1"' in one for one in events) == 6
    assert sum(b'"intent.command.refused.v1"' in one for one in events) == 1
    assert sum(b'"actor":"human"' in one for one in events) >= 6
    commands = [place for place, one in enumerate(LOG) if b'"type":"command"' in (one.value or b"")]
    for batch in (7, 64):
        crashes = [*commands, 5, 170, 333]
        found = await replay(tmp_path / str(batch), batch, crashes)
        assert found[0] == heard
        assert found[1] == states

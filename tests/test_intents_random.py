"""Random streams of turns, outcomes, thumbs, erasures and commands, right and wrong, in crowded slots.

Whatever comes: a state that is restored anywhere goes on the same, counts are kept, no id means two things.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from test_agent_commands import command, turn
from test_agent_intents import COUNTED, LATENESS, START, WORDS, Keeper, at, message, minutes, said

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.assigned import Assigned
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.ward import FREE
from groundswell.models.turn import SegmentOutcome, TurnRead, encode_vector

SMALL = EngineParams(
    dimension=24, axes=12, micros=128, gap=64, provisionals=20, forwards=128, archive=8, pins=24,
    half_life_ms=1_200_000, first_fit=60, light_every=32, patience=128,
)  # fmt: skip
STATES = ("completed", "failed", "abandoned", "escalated", "unknown")
FACTS = ("pin", "unpin", "retire", "unretire", "dismiss", "undismiss")
MESSAGES = 1_000


@dataclass
class Shop(Keeper):
    """A store that gives back open conversations with the state, and the others when they are asked for."""

    closed: set[str] = field(default_factory=set)

    def commit(self, state: AgentIntents) -> None:
        final = {key: state.ledger.assigned[key].final for key in state.ledger.changed}
        self.closed = (self.closed | final.keys()) - {key for key, done in final.items() if not done}
        super().commit(state)

    def rebuild(self) -> AgentIntents:
        still = [(key, one) for key, one in self.conversations.items() if key not in self.closed]
        return AgentIntents("acme", "support", self.records, still, lateness_ms=LATENESS, params=SMALL)

    def fetch(self, state: AgentIntents, one: TurnRead) -> None:
        if one.conversation in self.conversations and one.conversation not in state.ledger.assigned:
            state.ledger.assigned[one.conversation] = Assigned.restore(self.conversations[one.conversation])


class Crowd:
    """Draws messages. Commands name what lives, has lived or never did, as the state of the moment has it."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.middles = self.random.normal(size=(8, 24))
        self.middles /= np.linalg.norm(self.middles, axis=1, keepdims=True)
        self.needs: list[TurnRead] = []
        self.known: set[str] = {"0" * 26}
        self.time, self.number = START, 0

    def next(self, place: int, state: AgentIntents) -> TurnRead:
        self.time += int(self.random.integers(8_000))
        live = sorted(set(state.engine.groups().values()))
        if live and self.random.random() < 0.1:
            return self.command(live)
        late = int(self.random.integers(600_000)) if self.random.random() < 0.05 else 0
        talk = f"talk-{int(self.random.integers(max(0, place // 5 - 30), place // 5 + 1))}"
        common = {"time": self.time - late, "partition": place % 3, "user": f"u{talk[-1]}", "release": "r"}
        common |= {"conversation": talk, "conversation_id": talk, "segment": int(self.random.integers(3))}
        return message(place, **common, **self.said(place))

    def said(self, place: int) -> dict[str, Any]:
        draw = self.random.random()
        if draw < 0.6:
            theme = (place // 200 + int(self.random.integers(4))) % len(self.middles)
            point = self.middles[theme] + self.random.normal(0, self.random.choice([0.05, 0.1, 0.2]), 24)
            vector = encode_vector((point / np.linalg.norm(point)).astype(np.float32))
            text = f"I want {WORDS[theme % len(WORDS)]} number {place % 9}"
            return {"role": "user", "text": text, "vector": vector, "passes": True, "turn": turn(place)}
        if draw < 0.7:
            return {"role": "user", "text": "no, that one", "signals": ("correction",)}
        if draw < 0.74:
            return {"role": "tool", "tool": "t", "tool_error": True}
        if draw < 0.9:
            status = STATES[int(self.random.integers(len(STATES)))]
            outcome = SegmentOutcome(segment=int(self.random.integers(3)), status=status, probability=1)  # type: ignore[arg-type]
            return {"type": "outcome", "outcomes": (outcome,), "final": bool(self.random.random() < 0.7)}
        if draw < 0.96:
            return {"type": "feedback", "score": float(self.random.choice([-1, 1]))}
        return {"type": "forget"} if draw < 0.98 else {"type": "tick"}

    def command(self, live: list[str]) -> TurnRead:
        self.known |= set(live)
        self.number += 1
        one, other = (
            str(self.random.choice(live if self.random.random() < 0.8 else sorted(self.known))) for _ in "ab"
        )
        taken = {
            self.needs[int(n)].turn: str(self.needs[int(n)].vector)
            for n in self.random.integers(len(self.needs), size=2)
        }
        ids = tuple(taken)
        fields: dict[str, Any] = {
            "rename": {"intent": one, "name": f"Name {self.number % 7}"},
            "merge": {"intents": (one,), "into": other},
            "split": {"intent": one, "examples": ids},
            "move-examples": {"examples": ids, "into": one},
            "undo": {"undoes": f"cmd-{int(self.random.integers(max(1, self.number - 12), self.number + 1))}"},
        } | ({"cannot-link": {"examples": ids}} if len(ids) == 2 else {})  # fmt: skip
        kind = str(self.random.choice([*FACTS, *fields, "undo", "undo", "unpin"]))
        return command(self.number, kind, taken, **fields.get(kind, {"intent": one}))


def run(
    draw: Callable[[int, AgentIntents], TurnRead], restored: Callable[[int], bool]
) -> tuple[list[Any], Shop]:
    shop = Shop()
    state, outputs = shop.rebuild(), []
    for place in range(MESSAGES):
        one = draw(place, state)
        shop.fetch(state, one)
        taken = state.take(one, at(place))
        outputs.append(said(taken))
        if restored(place):
            shop.commit(state)
            state = shop.rebuild()
        elif taken and (taken.events or taken.answers):
            holds(state)
    shop.commit(state)
    return outputs, shop


def holds(state: AgentIntents) -> None:
    """Assert what is true of every state."""
    engine, inner, groups = state.engine, state.engine.state, state.engine.groups()
    assert {fine: engine.resolve(fine) for fine in groups} == groups
    assert not {one.fine for one in inner.archive.ring if one is not None} & groups.keys()
    fines = [pin.fine for pin in inner.pins if pin.fine]
    assert len(fines) == len(set(fines))
    owners = set(inner.micros.rows().owners.tolist()) - {FREE}
    assert all(groups[inner.pins[owner].fine] == inner.pins[owner].intent for owner in owners)
    announced = {one for one in groups.values() if state.taxonomy.name(one)}
    assert announced == set(groups.values()) - state.memory.retired()


@dataclass(frozen=True)
class Story:
    """What came, and what was made of it without a restart."""

    messages: list[TurnRead]
    outputs: list[Any]
    records: dict[str, Any]

    @classmethod
    def drawn(cls, seed: int) -> "Story":
        crowd, messages = Crowd(seed), list[TurnRead]()

        def draw(place: int, state: AgentIntents) -> TurnRead:
            one = crowd.next(place, state)
            if place == MESSAGES - 1:  # long after, so that every minute closes
                one = message(place, type="tick", time=crowd.time + 10**9)
            crowd.needs += [one] if one.passes else []
            messages.append(one)
            return one

        outputs, shop = run(draw, lambda place: False)
        return cls(messages, outputs, shop.bytes())


@pytest.fixture(scope="module", params=(0, 4, 9))
def story(request: pytest.FixtureRequest) -> Story:
    told = Story.drawn(request.param)
    values = [value for one in told.outputs if one for value in one[0]]
    for status in ("applied", "refused"):
        assert sum(f"intent.command.{status}.v1".encode() in value for value in values) > 15
    return told


def test_every_count_is_in_some_minute(story: Story) -> None:
    counted = Counter[str]()
    for one in (one for pair in story.outputs if pair for one in pair[1]):
        plural = one.what in ("turn", "conversation")
        counted[one.status if one.what == "outcome" else f"{one.what}s" if plural else one.what] += one.number
    closed = [count for minute in minutes(story.outputs) for count in minute.counts.values()]
    found = {name: sum(getattr(count, name) for count in closed) for name in COUNTED}
    assert found == {name: counted[name] for name in COUNTED}
    assert min(found.values()) > 0


def test_nothing_is_counted_under_an_id_that_is_gone_or_leads_to_one(story: Story) -> None:
    gone = set[str]()
    for minute in minutes(story.outputs):
        gone |= minute.moved.keys()
        assert not gone & {*minute.counts, *minute.groups, *minute.moved.values()}
    assert len(gone) > 5


@pytest.mark.parametrize("seed", range(2))
def test_a_restored_state_goes_on_the_same(story: Story, seed: int) -> None:
    random = np.random.default_rng(seed)
    often = set(random.integers(0, MESSAGES, MESSAGES // 12).tolist())
    start = int(random.integers(200, MESSAGES - 100))
    stretch = range(start, start + 60)
    again, shop = run(
        lambda place, _: story.messages[place], lambda place: place in often or place in stretch
    )
    pairs = zip(story.outputs, again, strict=True)
    assert [place for place, (one, other) in enumerate(pairs) if one != other] == []
    assert shop.bytes() == story.records

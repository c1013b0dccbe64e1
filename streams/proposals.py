"""Spikes in, change proposals out: proposed with evidence, or withheld with the reason."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import orjson

from groundswell.models.change import ChangeProposed, ChangeWithheld
from groundswell.models.contract import owner_of
from groundswell.models.position import Source
from groundswell.models.proposals.events import Case, problem_of, withheld
from groundswell.models.proposals.examine import Examination, examine
from groundswell.models.proposals.search import Refusal
from groundswell.models.proposals.target import AgentFiles, Trigger
from groundswell.models.record import StateRecord
from groundswell.models.spike import Spike, SpikeKind
from groundswell.sinks.embedder import TextEmbedder
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Store
from groundswell.streams.collections import PROPOSALS_STATE
from groundswell.streams.delivery import Decision, Record
from groundswell.streams.evidence import Evidence, Window, without_intents
from groundswell.streams.files import read_files
from groundswell.streams.keyed import KeyedStage
from groundswell.streams.logs import Logs
from groundswell.streams.ownership import Commit, Owned, claim
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CHANGE_PROPOSALS, CONVERSATION_EVENTS
from groundswell.streams.triggers import trigger_of
from groundswell.streams.vectors import RememberingEmbedder

_WEEK_MS = 7 * 24 * 3600 * 1000
#: At a spike an agent is examined again once so many conversations, and such a part of them, are new: a
#: diagnosis contrasts all of an agent's conversations, so its triggers would repeat one answer. At a slow
#: burn it is examined when the spikes stage asks for a look: that has counted what is new.
_LEAST_NEWS, _NEWS = 5, 0.1
#: Identities remembered: of proposals, of what was withheld, and of triggers that were answered.
_REMEMBERED = 2_000


@dataclass(slots=True)
class Memory:
    """What has been said before, with event times in milliseconds."""

    proposed: dict[str, int] = field(default_factory=dict)
    withheld: dict[str, int] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    examined_until: int = 0
    examined: int = 0

    def calls_for_a_look(self, spike: Spike, window: Window) -> bool:
        """Return whether *spike* is a reason to examine its agent's conversations now."""
        return spike.look if spike.kind is SpikeKind.SLOW_BURN else self.has_news(window)

    def news(self, window: Window, known: int) -> int | None:
        """Return how many of the *known* outcomes are new since the last examination; None if all are."""
        if not self.examined:
            return None
        began = sum(opened > self.examined_until for opened in window.opened)
        return max(began, known - self.examined)

    def has_news(self, window: Window) -> bool:
        """Return whether enough conversations began since the last examination to look again."""
        news = sum(opened > self.examined_until for opened in window.opened)
        return news >= max(_LEAST_NEWS, _NEWS * len(window.opened))

    def capacity(self, per_week: int, now_ms: int) -> int:
        """Return how many proposals are left in the seven days that end now."""
        return max(0, per_week - sum(time > now_ms - _WEEK_MS for time in self.proposed.values()))

    def record(self) -> StateRecord:
        """Return the state, the oldest entries beyond the bound left out."""
        value = {
            name: dict(sorted(kept.items(), key=lambda item: (item[1], item[0]))[-_REMEMBERED:])
            for name, kept in (
                ("proposed", self.proposed),
                ("withheld", self.withheld),
                ("answered", self.answered),
            )
        }
        examined = {"examined_until": self.examined_until, "examined": self.examined}
        return StateRecord(orjson.dumps({**value, **examined}))

    def copy(self) -> "Memory":
        """Return a copy to try things on."""
        kept = dict(self.proposed), dict(self.withheld), dict(self.answered)
        return Memory(*kept, self.examined_until, self.examined)

    def take(self, answer: "Answer", now_ms: int) -> tuple[list[ChangeProposed], list[ChangeWithheld]]:
        """Remember an answer and return what of it is news: the same refusal is said once."""
        self.examined_until, self.examined = answer.until_ms, answer.known
        for proposal in answer.examination.proposals:
            change = proposal.change
            self.proposed[problem_of(change.path, change.base_digest, proposal.pattern)] = now_ms
        news = []
        for one in answer.examination.withheld:
            said = f"{one.reason} {one.target_path} {one.pattern or one.subject}"
            if said not in self.withheld:
                news.append(one)
            self.withheld[said] = now_ms
        return list(answer.examination.proposals), news


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one trigger, when the newest conversation behind it began, and the known outcomes."""

    examination: Examination
    until_ms: int
    known: int


@dataclass(slots=True)
class Held:
    """What was proposed for one agent, the claim, and the answers of the batch at hand."""

    owned: Owned
    memory: Memory
    answers: dict[str, Answer] = field(default_factory=dict)


class Proposals(KeyedStage[Spike, Held]):
    """The stage."""

    name = "proposals"
    message = Spike

    def __init__(
        self, settings: Settings, store: Store, logs: Logs, metrics: Metrics, embedder: TextEmbedder
    ) -> None:
        super().__init__(settings, store, logs, metrics)
        self._embedder = RememberingEmbedder(embedder)  # an agent's rules are the same at every look
        topic = settings.topic_prefix + CONVERSATION_EVENTS.name
        self._evidence = Evidence(store, topic, settings.evidence_conversations)

    async def claim(self, tenant: str, agent: str) -> Held:
        """Take over what was proposed for one agent."""
        owned = await claim(self._store, PROPOSALS_STATE, owner_of(tenant, agent))
        memory = owned.records.get("memory")
        return Held(owned, Memory(**orjson.loads(memory.payload)) if memory else Memory())

    async def fetch(self, held: Held, messages: Sequence[Spike]) -> None:
        """Examine each new trigger, one after the other, off the event loop."""
        trial = held.memory.copy()
        held.answers.clear()
        for spike in messages:
            if spike.status != "firing" or spike.id in trial.answered:
                continue
            trial.answered[spike.id] = spike.time_ms
            window = await self._evidence.window(
                owner_of(spike.tenant, spike.agent), spike.as_of, spike.time_ms
            )
            if trial.calls_for_a_look(spike, window):
                answer = await self._examine(spike, window, trial)
                trial.take(answer, spike.time_ms)
                held.answers[spike.id] = answer

    def take(self, held: Held, message: Spike, at: Source, record: Record, decision: Decision) -> bool:
        """Emit the answer to one trigger."""
        if message.id in held.memory.answered:
            return False
        held.memory.answered[message.id] = message.time_ms
        answer = held.answers.pop(message.id, None)
        if answer is None:
            return True
        proposed, withheld = held.memory.take(answer, message.time_ms)
        owner = owner_of(message.tenant, message.agent)
        for proposal in proposed:
            key = f"{owner}/{proposal.subject}"
            value = proposal.encode()
            decision.outputs.append(self.output(CHANGE_PROPOSALS, key, value, record, proposal.headers()))
            kind, status = proposal.change.kind, proposal.status
            decision.effects.append(
                partial(self._metrics.observe_proposal, message.tenant, message.agent, kind, status)
            )
        for refusal in withheld:
            key = f"{owner}/{refusal.subject}"
            value = refusal.encode()
            decision.outputs.append(self.output(CHANGE_PROPOSALS, key, value, record, refusal.headers()))
            decision.effects.append(partial(self._metrics.observe_withheld, refusal.reason))
        return True

    def commit(self, held: Held) -> Commit:
        """Return the write of what has been said."""
        return held.owned.commit({"memory": held.memory.record()})

    async def _examine(self, spike: Spike, window: Window, memory: Memory) -> Answer:
        """Return the answer to *spike*, given what was said before."""
        files = await asyncio.to_thread(read_files, self._settings, spike.tenant, spike.agent)
        trigger = trigger_of(spike, self._settings, self._embedder.name)
        if files is None:
            return Answer(_without_files(spike, trigger), window.last, 0)
        every = await self._evidence.threads(window, dict(spike.groups))
        threads = without_intents(every, frozenset(spike.dismissed))
        known = sum(thread.failed is not None for thread in threads)
        examination = await asyncio.to_thread(
            partial(
                examine,
                threads,
                files,
                trigger,
                self._embedder.embed,
                known=frozenset(memory.proposed),
                capacity=memory.capacity(self._settings.proposals_per_week, spike.time_ms),
                news=memory.news(window, known),
            )
        )
        return Answer(examination, window.last, known)


def _without_files(spike: Spike, trigger: Trigger) -> Examination:
    """Return the answer for an agent of which no file is configured: there is nothing to edit."""
    brief = (
        f"{spike.annotations.summary}. No file is configured for agent {spike.agent}: name its prompt under "
        f"`agents.{spike.agent}` in the configuration file, and its conversations are searched for a cause."
    )
    refusal = Refusal("no_target_file", brief)
    return Examination((), (withheld(refusal, Case((), AgentFiles(), trigger, {})),))

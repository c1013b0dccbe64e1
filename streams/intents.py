"""Turns and people's commands in, in one log; intents, their events and their minutes out.

One state per tenant/agent: micro-clusters, intents, names, open minutes, and how far each
partition of conversation events has been taken in. All of it goes into one commit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from groundswell.models.agent_intents import AgentIntents, Taken
from groundswell.models.assigned import Assigned
from groundswell.models.contract import owner_of
from groundswell.models.intents.names import NameBook
from groundswell.models.intents.params import EngineParams
from groundswell.models.ledger import Counted
from groundswell.models.position import Source
from groundswell.models.turn import TurnRead
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Store, state_record
from groundswell.streams.collections import INTENTS_STATE
from groundswell.streams.delivery import Decision, Record
from groundswell.streams.keyed import KeyedStage
from groundswell.streams.logs import Logs
from groundswell.streams.ownership import Commit, Owned, claim
from groundswell.streams.settings import Settings
from groundswell.streams.topics import INTENT_EVENTS, INTENT_MINUTES

#: What a count is called among the metrics.
_SIGNALS = {
    "repaired": "repaired",
    "tool_errors": "tool_error",
    "thumbs_up": "thumbs_up",
    "thumbs_down": "thumbs_down",
}
#: Finished conversations kept in memory, shared by the agents that are held; an agent may keep a few.
KEEP, A_FEW = 20_000, 200


@dataclass(slots=True)
class Held:
    """The state of one agent and the claim under which it is written."""

    owned: Owned
    state: AgentIntents


class Intents(KeyedStage[TurnRead, Held]):
    """The stage. `clock` (seconds since the epoch) serves the delay metric alone."""

    name = "intents"
    message = TurnRead

    def __init__(
        self, settings: Settings, store: Store, logs: Logs, metrics: Metrics, clock: Callable[[], float]
    ) -> None:
        super().__init__(settings, store, logs, metrics)
        self._clock = clock
        self._params = EngineParams()

    async def claim(self, tenant: str, agent: str) -> Held:
        """Take over the intents of one agent."""
        owned = await claim(self._store, INTENTS_STATE, owner_of(tenant, agent), slots=self._slots())
        lateness_ms = self._settings.lateness_s * 1000
        params = replace(self._params, half_life_ms=self._settings.half_life_ms(tenant, agent))
        state = AgentIntents(
            tenant, agent, owned.records, owned.open.items(), lateness_ms=lateness_ms, params=params
        )
        owned.let_go()
        return Held(owned, state)

    async def fetch(self, held: Held, messages: Sequence[TurnRead]) -> None:
        """Fetch the conversations that are not in memory."""
        wanted = {message.conversation for message in messages} - {""}
        missing = sorted(wanted - held.state.ledger.assigned.keys())
        for point in await self._store.retrieve(INTENTS_STATE, missing) if missing else []:
            held.state.ledger.assigned[point.id] = Assigned.restore(state_record(point))

    def take(self, held: Held, message: TurnRead, at: Source, record: Record, decision: Decision) -> bool:
        """Fold one message of `turns`."""
        taken = held.state.take(message, at)
        if taken is None:
            return False
        owner = owner_of(message.tenant, message.agent)
        for event in taken.events:
            key = f"{owner}/{event.intent_id}"
            decision.outputs.append(self.output(INTENT_EVENTS, key, event.encode(), record, event.headers()))
        for answer in taken.answers:
            key = f"{owner}/{answer.subject}"
            decision.outputs.append(
                self.output(INTENT_EVENTS, key, answer.encode(), record, answer.headers())
            )
        for minute in taken.minutes:
            decision.outputs.append(self.output(INTENT_MINUTES, owner, minute.encode(), record))
        decision.effects.append(lambda: self._show(message, taken))
        return True

    def commit(self, held: Held) -> Commit:
        """Return the write of the changed records and conversations."""
        conversations, opened = held.state.ledger.conversations()
        held.state.ledger.let_go(max(A_FEW, KEEP // len(self._held)) if self._held else KEEP)
        return held.owned.commit(held.state.changes(), conversations, opened=opened)

    def _slots(self) -> list[str]:
        return [*self._params.record_names(), *NameBook().record_names(), *AgentIntents.record_names()]

    def _show(self, message: TurnRead, taken: Taken) -> None:
        """Make the counts visible, once they are durable."""
        for one in taken.counted:
            self._count(message, one, taken.counted)
        for minute in taken.minutes:
            self._metrics.close_minute(minute)
        for event in taken.events:
            if event.change in ("merged", "retired"):
                self._metrics.retire_intent(message.tenant, message.agent, event.intent_id)
        for answer in taken.answers:
            self._metrics.observe_command(answer.command, answer.status)
        if message.type == "command":
            return
        self._metrics.observe_event_time(message.time)
        delay = self._clock() - message.produced / 1000
        self._metrics.observe_delay(delay, message.trace_id or "", message.conversation)

    def _count(self, message: TurnRead, one: Counted, together: list[Counted]) -> None:
        owner = message.tenant, message.agent
        if one.what == "turn":
            new = any(other.what == "conversation" and other.intent == one.intent for other in together)
            self._metrics.observe_assignment(*owner, one.intent, new_conversation=new)
        elif one.what == "need":
            self._metrics.observe_need(*owner, assigned=one.status == "assigned")
        elif one.what == "outcome":
            self._metrics.observe_outcome(*owner, one.intent, one.status, one.number)
        elif one.what == "retired":
            self._metrics.observe_retired(*owner)
        elif one.what != "conversation":
            self._metrics.observe_signal(*owner, one.intent, _SIGNALS[one.what])

"""Events about an agent's intents: what all have in common, and who was behind them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from groundswell.models.change_envelope import schema_url
from groundswell.models.contract import owner_of, rfc3339
from groundswell.models.intent_event import IntentChange, IntentEvent
from groundswell.models.position import Source


class Cause(NamedTuple):
    """The command behind a change: its id, who gave it, the intents it touched, shares by intent.

    `actor`: what gave it.
    """

    command_id: str
    by: str
    touched: frozenset[str]
    shares: Mapping[str, float]
    actor: Literal["llm", "human"] = "human"


@dataclass(frozen=True, slots=True)
class Announcer:
    """Makes the events of one tenant's agent: first what they say (`event`), then the rest (`sealed`)."""

    tenant: str
    agent: str

    def event(self, intent: str, change: IntentChange, name: str) -> IntentEvent:
        """Return an event that is still without id and time."""
        return IntentEvent(
            id="",
            source=f"/tenants/{self.tenant}/agents/{self.agent}",
            type=f"intent.{change}.v1",
            subject=intent,
            time="",
            dataschema=schema_url(f"intent.{change}.v1"),
            tenant=self.tenant,
            agent=self.agent,
            intent_id=intent,
            change=change,
            name=name,
        )

    def sealed(
        self,
        events: Sequence[IntentEvent],
        time: int,
        at: Source,
        cause: Cause | None = None,
        *,
        first: int = 0,
    ) -> list[IntentEvent]:
        """Give events their ids, their time (milliseconds), and who was behind them.

        An id derives from the message *at* which led here and the event's place among those of that
        message, which for these begin with *first*.
        """
        sealed = []
        for place, event in enumerate(events, first):
            update: dict[str, object] = {"id": self._id(event, place, at), "time": rfc3339(time)}
            if cause is not None and event.intent_id in cause.touched:
                update |= {"actor": cause.actor, "by": cause.by, "command_id": cause.command_id}
                if event.change in ("merged", "split"):
                    update["share"] = cause.shares.get(event.intent_id)
            sealed.append(event.model_copy(update=update))
        return sealed

    def _id(self, event: IntentEvent, place: int, at: Source) -> str:
        owner = owner_of(self.tenant, self.agent)
        seed = f"{owner}\n{at.text()}\n{place}\n{event.intent_id}\n{event.change}"
        return hashlib.sha256(seed.encode()).hexdigest()[:32]

"""Closed minutes in, spikes out: an intent that swells, fails, or fails for long."""

from dataclasses import dataclass
from functools import partial

import orjson

from groundswell.models.contract import owner_of
from groundswell.models.minute import IntentMinute
from groundswell.models.position import Positions, Source
from groundswell.models.record import StateRecord
from groundswell.models.spikes.settings import SpikeSettings
from groundswell.models.spikes.state import SpikeState
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Store
from groundswell.streams.collections import SPIKES_STATE
from groundswell.streams.delivery import Decision, Record
from groundswell.streams.keyed import KeyedStage
from groundswell.streams.logs import Logs
from groundswell.streams.ownership import Commit, Owned, claim
from groundswell.streams.settings import Settings
from groundswell.streams.topics import SPIKES

_POSITIONS = "positions"


@dataclass(slots=True)
class Held:
    """The detectors of one agent, how far it has read, and the claim under which it is written."""

    owned: Owned
    state: SpikeState
    positions: Positions


class Spikes(KeyedStage[IntentMinute, Held]):
    """The stage."""

    name = "spikes"
    message = IntentMinute

    def __init__(self, settings: Settings, store: Store, logs: Logs, metrics: Metrics) -> None:
        super().__init__(settings, store, logs, metrics)
        examples = settings.public_url.rstrip("/") + "/?intent={intent}"
        self._detection = SpikeSettings(runbook_url=settings.runbook_url, examples_url=examples)

    async def claim(self, tenant: str, agent: str) -> Held:
        """Take over the detectors of one agent."""
        owned = await claim(self._store, SPIKES_STATE, owner_of(tenant, agent))
        records = dict(owned.records)
        positions = records.pop(_POSITIONS, None)
        state = SpikeState(tenant, agent, self._detection)
        state.restore(records)
        owned.let_go()
        taken = orjson.loads(positions.payload) if positions else {}
        return Held(owned, state, Positions.from_json(taken))

    def take(self, held: Held, message: IntentMinute, at: Source, record: Record, decision: Decision) -> bool:
        """Fold one closed minute."""
        if not held.positions.take(message.source):
            return False
        owner = owner_of(message.tenant, message.agent)
        for spike in held.state.minute(message):
            decision.outputs.append(self.output(SPIKES, owner, spike.encode(), record, spike.headers()))
            decision.effects.append(partial(self._metrics.observe_spike, spike))
        return True

    def commit(self, held: Held) -> Commit:
        """Return the write of the changed detectors and the position."""
        positions = StateRecord(orjson.dumps(held.positions.to_json()))
        return held.owned.commit({_POSITIONS: positions, **held.state.changes()})

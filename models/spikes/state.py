"""The spikes stage of one agent: minutes in, spike events out, state as records.

A pure function of the minutes: the same minutes give the same events and records, bit for
bit, however they were cut into batches and wherever the state was restored in between.
"""

from collections.abc import Mapping

import orjson

from groundswell.models.minute import IntentMinute
from groundswell.models.record import StateRecord
from groundswell.models.spike import Spike
from groundswell.models.spikes.alarms import Alarms
from groundswell.models.spikes.baseline import decay
from groundswell.models.spikes.detector import Metric
from groundswell.models.spikes.regroup import plan_of
from groundswell.models.spikes.settings import DAY, HOUR, SpikeSettings
from groundswell.models.spikes.traffic import Traffic
from groundswell.models.spikes.watch import MAX_COUNT, Watch
from groundswell.models.spikes.watches import Watches

#: Names of the records: one for the traffic, one for each slot.
TRAFFIC_RECORD = "traffic"
SLOT_RECORD = "watch-{:04d}"
#: What is compared with a past, wherever there is one.
SOUGHT = (Metric.VOLUME, Metric.FAILURE)
#: What a vacated slot holds.
EMPTY = b"{}"


class SpikeState:
    """What the spikes stage knows of one agent.

    There are as many records as intents were ever watched at one time, and one more. A
    minute changes those of the intents that it counts; the turn of an hour changes all.
    """

    def __init__(self, tenant: str, agent: str, settings: SpikeSettings | None = None) -> None:
        self.tenant = tenant
        self.agent = agent
        self.settings = settings or SpikeSettings()
        self._use(Traffic())
        self._changed = False

    def _use(self, traffic: Traffic) -> None:
        self.traffic = traffic
        self.watches = Watches(traffic, self.settings)
        self.alarms = Alarms(traffic, self.watches, self.settings)

    def minute(self, message: IntentMinute) -> list[Spike]:
        """Take in a closed minute; return what fires and what is resolved, in order of intents.

        Minutes come in order; those without traffic may be left out. One that is older
        than the last is taken in as if it were the last.

        Raises:
            ValueError: the minute is another agent's.
        """
        if (message.tenant, message.agent) != (self.tenant, self.agent):
            raise ValueError(
                f"minute {message.minute} of {message.tenant}/{message.agent} was given to the spikes "
                f"of {self.tenant}/{self.agent}: key the topic by tenant/agent"
            )
        self._changed = True
        spikes = self._advance(message)
        spikes += self._regroup(message)
        spikes += self.alarms.settle(message) + self._silence(message)
        for watch in self._count(message):
            if watch.intent in message.dismissed:
                continue
            spikes += self.alarms.detect(message, watch, Metric.VOLUME)
            if _has_outcomes(message, watch):
                spikes += self.alarms.detect(message, watch, Metric.FAILURE)
                spikes += self.alarms.burn(message, watch)
        spikes = self.alarms.look(message, spikes)
        return sorted(spikes, key=lambda spike: (spike.intent_id, spike.kind, spike.status, spike.id))

    def _advance(self, message: IntentMinute) -> list[Spike]:
        minute = max(message.minute, self.traffic.minute)
        if self.traffic.minute < 0:
            self.traffic.begin(minute)
        elif minute // HOUR == self.traffic.hour:
            self.traffic.minute = minute
        else:
            self._roll(minute)
            return self.alarms.cool_burns(message)
        return []

    def _roll(self, minute: int) -> None:
        """Close the hour: what was seen becomes past, and every baseline is derived anew."""
        traffic = self.traffic
        days = minute // DAY - traffic.minute // DAY
        for watch in self.watches.all():
            self.watches.touch(watch).settle(traffic.exposure)
            known = traffic.warm and not self.alarms.is_new(watch)
            watch.close_hour(traffic.hour, traffic.hour_exposure, known)
            if days:
                watch.forget(decay(days))
        traffic.roll(minute)
        if days:
            self.watches.drop_forgotten()
        traffic.tests = 2 * len(self.watches.by_intent)
        old_enough = traffic.hour * HOUR - traffic.first >= self.settings.warm_up
        traffic.warm = old_enough and traffic.exposure >= self.settings.warm_up_conversations
        for watch in self.watches.all():
            self.watches.refresh(watch)

    def _regroup(self, message: IntentMinute) -> list[Spike]:
        """Carry the pasts to the intents they belong to now; end the alerts of those that are empty."""
        plan = plan_of(self.watches.home, message)
        if not plan:
            return []
        spikes = []
        for watch in self.watches.apply(plan):
            if not watch.fines:
                spikes += [self.alarms.resolve(message, watch, m, "regrouped") for m in sorted(watch.alerts)]
                self.watches.remove(watch)
        return spikes

    def _silence(self, message: IntentMinute) -> list[Spike]:
        """End the alerts of intents that people dismissed. They are counted on, without a cause for alarm."""
        return [
            self.alarms.resolve(message, watch, metric, "dismissed")
            for watch in self.watches.named(message.dismissed)
            for metric in sorted(watch.alerts)
        ]

    def _count(self, message: IntentMinute) -> list[Watch]:
        """Take the counts in; return the intents that were counted, in order."""
        traffic = self.traffic
        before = traffic.exposure
        traffic.exposure += min(max(message.conversations, 0), MAX_COUNT)
        by_intent: dict[str, list[str]] = {}
        for fine in sorted(message.counts):
            by_intent.setdefault(self.watches.home[fine], []).append(fine)
            traffic.see("prompt_version", message.counts[fine].prompt_versions)
            traffic.see("release", message.counts[fine].releases)
            decided = message.counts[fine].decided
            traffic.looks.count(min(max(decided, -MAX_COUNT), MAX_COUNT))
        touched = self.watches.named(by_intent)
        for watch in touched:
            watch.name = message.names.get(watch.intent, watch.name)
            counts = {fine: message.counts[fine] for fine in by_intent[watch.intent]}
            sought = [metric for metric in SOUGHT if self.alarms.is_known(watch, metric)]
            self.watches.touch(watch).count(traffic.minute, counts, (before, traffic.exposure), sought)
        return touched

    def changes(self) -> dict[str, StateRecord]:
        """Return the records that changed since the last call, in order of names."""
        if not self._changed:
            return {}
        self._changed = False
        by_slot = {watch.slot: watch for watch in self.watches.by_intent.values()}
        records = {TRAFFIC_RECORD: StateRecord(orjson.dumps(self.traffic.to_json()))}
        for slot in sorted(self.watches.dirty):
            payload = by_slot[slot].to_bytes() if slot in by_slot else EMPTY
            records[SLOT_RECORD.format(slot)] = StateRecord(payload)
        self.watches.dirty.clear()
        return records

    def restore(self, records: Mapping[str, StateRecord]) -> None:
        """Become the state that *records* hold: the latest of each name that `changes` gave."""
        if TRAFFIC_RECORD not in records:
            return
        self._use(Traffic.from_json(orjson.loads(records[TRAFFIC_RECORD].payload)))
        prefix = SLOT_RECORD.split("{")[0]
        for name in sorted(records):
            if name.startswith(prefix) and records[name].payload != EMPTY:
                self.watches.put_back(Watch.from_bytes(records[name].payload, int(name[len(prefix) :])))


def _has_outcomes(message: IntentMinute, watch: Watch) -> bool:
    counts = (message.counts[fine] for fine in watch.fines if fine in message.counts)
    return any(count.decided or count.failures for count in counts)

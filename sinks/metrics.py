"""The metrics: what the stages tell Prometheus, under labels that are bounded by construction.

At most 20 agents, and 50 intents of each, have series of their own; the rest share the
label ``other``. Counters only rise: an outcome that is corrected later is counted again
under the new status, and the one taken back in
``groundswell_intent_outcome_corrections_total``. Names written by people appear on
``groundswell_intent_info`` alone, so a rename breaks no other series.

A tenant's agent is one key of one partition, so its slots live in one worker; sums over
workers add up.
"""

import hashlib
import re
from collections.abc import Mapping

from groundswell.models.labels import IntentLabels, LabelBook, Owner, display_name, word
from groundswell.models.minute import IntentMinute
from groundswell.models.shares import RollingShares
from groundswell.models.slots import OTHER
from groundswell.models.spike import Spike
from groundswell.sinks.series import BY_AGENT, BY_INTENT, Registry, Series

#: Every status that an inferred or explicit outcome may have; any other counts as ``unknown``.
OUTCOMES = ("completed", "abandoned", "escalated", "failed", "unknown")

#: Whether an announced intent explained what a user said they want.
FITS = ("assigned", "unassigned")

_TRACE = re.compile(r"[0-9a-f]{32}")


class Metrics(Series):
    """All metrics of one worker, on a registry of their own unless one is given."""

    def __init__(self, registry: Registry | None = None) -> None:
        super().__init__(registry)
        self._by_intent = (
            self.turns, self.conversations, self.outcomes, self.corrections, self.share, self.info,
            *self.signals.values(), self.cohesion, self.separation, self.ambiguity,
        )  # fmt: skip
        self._labels = LabelBook()
        self._shares: dict[Owner, RollingShares] = {}
        self._firing: dict[str, tuple[str, str, str]] = {}
        self._names: dict[IntentLabels, str] = {}
        self._begun: set[IntentLabels] = set()
        self._newest = 0.0

    # -- what the intents stage tells, as each event is counted

    def observe_assignment(
        self, tenant: str, agent: str, intent: str, *, new_conversation: bool, turns: int = 1
    ) -> None:
        """Count user turns given to *intent*; the first of a conversation counts the conversation too."""
        labels = self._admit(tenant, agent, intent)
        self.turns.labels(*labels).inc(turns)
        if new_conversation:
            self.conversations.labels(*labels).inc()

    def observe_outcome(self, tenant: str, agent: str, intent: str, status: str, count: int = 1) -> None:
        """Count an outcome of an intent's conversation; a negative *count* takes back an earlier one."""
        status = status if status in OUTCOMES else "unknown"
        counter = self.outcomes if count >= 0 else self.corrections
        counter.labels(*self._labels.intent(tenant, agent, intent), status).inc(abs(count))

    def observe_need(self, tenant: str, agent: str, *, assigned: bool) -> None:
        """Count a turn that says what a user wants, by whether an announced intent explained it."""
        owner = self._labels.owner(tenant, agent)
        for fit in FITS:
            self.needs.labels(*owner, fit).inc(int(assigned == (fit == "assigned")))

    def observe_signal(self, tenant: str, agent: str, intent: str, signal: str, count: int = 1) -> None:
        """Count one of `SIGNALS`. Raises KeyError if it is none of them; ignores a negative count."""
        self.signals[signal].labels(*self._labels.intent(tenant, agent, intent)).inc(max(count, 0))

    def observe_delay(self, seconds: float, trace_id: str = "", conversation: str = "") -> None:
        """Record how long an event took from its record's timestamp to its count, with an exemplar.

        The exemplar is the W3C trace id if there is one, else a hash of the conversation id.
        """
        exemplar = {"conversation": hashlib.sha256(conversation.encode("utf-8", "replace")).hexdigest()[:16]}
        if _TRACE.fullmatch(trace_id):
            exemplar = {"trace_id": trace_id}
        self.delay.observe(max(seconds, 0.0), exemplar if trace_id or conversation else None)

    def observe_event_time(self, milliseconds: int) -> None:
        """Note the event time of a counted event, milliseconds since the epoch."""
        self._newest = max(self._newest, milliseconds / 1000)
        self.last_event.set(self._newest)

    def close_minute(self, minute: IntentMinute) -> None:
        """Bring shares, active intents and names up to a closed minute."""
        owner = self._labels.owner(minute.tenant, minute.agent)
        if OTHER in owner:
            return
        rolling = self._shares.setdefault(owner, RollingShares())
        heirs = {gone: minute.groups[heir] for gone, heir in minute.moved.items() if heir in minute.groups}
        conversations = {fine: count.conversations for fine, count in minute.counts.items()}
        rolling.add(minute.minute, conversations, {**minute.groups, **heirs})
        for intent, name in minute.names.items():
            self.name_intent(*owner, intent, name)
        self._set_shapes(owner, minute)
        shares = rolling.by_intent()
        self.active.labels(*owner).set(len(shares))
        self._set_shares(owner, shares)
        for state in minute.calibration:
            for name, gauge in self.calibration.items():
                if (value := getattr(state, name)) is not None:
                    gauge.labels(*owner, str(state.partition)).set(value)

    def name_intent(self, tenant: str, agent: str, intent: str, name: str) -> None:
        """Name an intent on its info series; an intent without a slot gets none."""
        labels = self._labels.intent(tenant, agent, intent)
        if OTHER in labels:
            return
        name = display_name(name)
        before = self._names.get(labels)
        if before == name:
            return
        if before is not None:
            self.info.remove(*labels, before)
        self._names[labels] = name
        self.info.labels(*labels, name).set(1)

    def retire_intent(self, tenant: str, agent: str, intent: str) -> None:
        """Give up the series of an intent that is no more (retired, merged away)."""
        gone = self._labels.release(tenant, agent, intent)
        if gone is not None:
            self._forget(gone)

    def observe_command(self, command: str, status: str) -> None:
        """Count a command, by what became of it."""
        self.commands.labels(word(command), word(status)).inc()

    def observe_retired(self, tenant: str, agent: str) -> None:
        """Count a turn that belongs to a retired intent."""
        self.retired.labels(*self._admit_owner(tenant, agent)).inc()

    # -- what the spikes and proposals stages tell

    def observe_spike(self, spike: Spike) -> None:
        """Follow a spike from firing to resolved; a repeated event changes nothing."""
        owner = self._admit_owner(spike.tenant, spike.agent)
        labels = self._firing.get(spike.fingerprint, (*owner, spike.kind.value))
        if spike.status == "firing" and spike.fingerprint not in self._firing:
            self._firing[spike.fingerprint] = labels
            self.spikes.labels(*labels).inc()
        elif spike.status == "resolved":
            self._firing.pop(spike.fingerprint, None)
        self.spikes_firing.labels(*labels).set(sum(held == labels for held in self._firing.values()))

    def observe_proposal(self, tenant: str, agent: str, kind: str, status: str) -> None:
        """Count a proposal event by the kind of file that it changes and its status."""
        reason = self._labels.reason
        self.proposals.labels(*self._admit_owner(tenant, agent), reason(kind), reason(status)).inc()

    def observe_withheld(self, reason: str) -> None:
        """Count a change that was withheld, by its reason."""
        self.withheld.labels(self._labels.reason(reason)).inc()

    def observe_llm(self, purpose: str, outcome: str, sent: int = 0, received: int = 0) -> None:
        """Count a question to a language model by what became of it, and its tokens."""
        self.llm_calls.labels(word(purpose), word(outcome)).inc()
        for direction, tokens in (("sent", sent), ("received", received)):
            self.llm_tokens.labels(word(purpose), direction).inc(tokens)

    # -- what every stage tells

    def observe_batch(
        self, stage: str, seconds: float, *, processed: int = 0, duplicates: int = 0, dead: int = 0
    ) -> None:
        """Record one batch of a stage: how long it took and what became of its events."""
        self.stage_duration.labels(word(stage)).observe(seconds)
        for outcome, count in (("processed", processed), ("duplicate", duplicates), ("dead", dead)):
            self.stage_events.labels(word(stage), outcome).inc(count)

    def observe_dead_letter(self, stage: str, reason: str) -> None:
        """Count an event that was put on the dead-letter topic."""
        self.dead_letters.labels(word(stage), self._labels.reason(reason)).inc()

    def observe_capture(self, counts: Mapping[tuple[str, str], int], truncated: int) -> None:
        """Count spans and log records by (dialect, outcome), and those whose messages had been cut off."""
        for (dialect, outcome), count in counts.items():
            self.captured.labels(word(dialect), word(outcome)).inc(count)
        if truncated:
            self.captured.labels("any", "truncated").inc(truncated)

    def observe_request(self, path: str, status: int) -> None:
        """Count a request to the receiver."""
        self.received.labels(path, str(status)).inc()

    def observe_embedding(self, seconds: float) -> None:
        """Record how long the embedder took for one text."""
        self.embed_duration.observe(seconds)

    def set_lag(self, topic: str, partition: int, records: int) -> None:
        """Set the number of records of a partition that are not yet processed."""
        self.lag.labels(topic, str(int(partition))).set(max(records, 0))

    def drop_lag(self, topic: str, partition: int) -> None:
        """Forget a partition that this worker no longer reads."""
        self.lag.remove_by_labels({"topic": topic, "partition": str(int(partition))})

    # -- labels and their series

    def _admit_owner(self, tenant: str, agent: str) -> Owner:
        owner, gone = self._labels.admit_owner(tenant, agent)
        if gone is not None:
            self._forget(gone)
        return owner

    def _admit(self, tenant: str, agent: str, intent: str) -> IntentLabels:
        labels, gone = self._labels.admit_intent(self._admit_owner(tenant, agent), intent)
        if gone is not None:
            self._forget(gone)
        if labels not in self._begun:
            self._begin(labels)
        return labels

    def _begin(self, labels: IntentLabels) -> None:
        """Start every counter of an intent at zero: `rate` cannot see a series' first step."""
        self._begun.add(labels)
        for counter in (self.turns, self.conversations, *self.signals.values()):
            counter.labels(*labels)
        for status in OUTCOMES:
            self.outcomes.labels(*labels, status)

    def _forget(self, gone: Owner | IntentLabels) -> None:
        """End the series of an agent, or of one intent."""
        which = dict(zip(BY_INTENT, gone, strict=False))
        own = (self.active, self.mixed, self.needs, self.retired, *self.calibration.values())
        by_agent = () if len(gone) == len(BY_INTENT) else own
        for metric in (*self._by_intent, *by_agent):
            metric.remove_by_labels(which)
        self._begun = {labels for labels in self._begun if labels[: len(gone)] != gone}
        self._names = {labels: name for labels, name in self._names.items() if labels[: len(gone)] != gone}
        if by_agent:
            self._shares.pop((gone[0], gone[1]), None)

    def _set_shapes(self, owner: Owner, minute: IntentMinute) -> None:
        """Follow the quality of the intents that have a series, as of a full refit."""
        if not minute.shapes:
            return
        gauges = {name: getattr(self, name) for name in ("cohesion", "separation", "ambiguity")}
        for gauge in gauges.values():
            gauge.remove_by_labels(dict(zip(BY_AGENT, owner, strict=True)))
        for intent, shape in minute.shapes.items():
            labels = self._labels.intent(*owner, intent)
            if OTHER not in labels:
                for name, gauge in gauges.items():
                    gauge.labels(*labels).set(getattr(shape, name))
        self.mixed.labels(*owner).set(sum(shape.mixed for shape in minute.shapes.values()))

    def _set_shares(self, owner: Owner, shares: dict[str, float]) -> None:
        self.share.remove_by_labels(dict(zip(BY_AGENT, owner, strict=True)))
        rest = 0.0
        for intent, share in shares.items():
            labels = self._labels.intent(*owner, intent)
            if labels[2] == OTHER:
                rest += share
            else:
                self.share.labels(*labels).set(share)
        self.share.labels(*owner, OTHER).set(rest)

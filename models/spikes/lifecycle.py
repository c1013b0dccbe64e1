"""The life of an alert: it fires, escalates when twice as strong, and is resolved.

Resolved means that two hours in a row were nearly usual. An hour without traffic is
usual. An alert open for a week is no alert but the new normal: the baseline is replaced
by what was held since it fired.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from groundswell.models.spike import SpikeKind
from groundswell.models.spikes.detector import Evidence, Metric, Monitor
from groundswell.models.spikes.fine import Release
from groundswell.models.spikes.hull import Mark
from groundswell.models.spikes.settings import HOUR, SpikeSettings
from groundswell.models.spikes.statistic import bans

#: An hour is quiet when it saw no more than this times what was expected, plus one.
QUIET_RATIO, QUIET_SLACK = 1.25, 1.0
QUIET_HOURS = 2
#: The statistic must grow so many times for the alert to be repeated.
ESCALATION = 2.0
#: Severity: critical needs both, evidence in powers of ten and conversations in excess.
CRITICAL_BANS, CRITICAL_EXCESS = 20.0, 50.0
#: Below this excess an alert is for information.
WARNING_EXCESS = 20.0

Reason = Literal["subsided", "new normal", "regrouped", "dismissed"]
Severity = Literal["info", "warning", "critical"]


@dataclass(slots=True)
class Alert:
    """An open alert. ``start`` holds the totals at its onset; ``hour_*`` those when the hour began."""

    kind: SpikeKind
    fingerprint: str
    start: Mark
    onset: int
    fired: int
    statistic: float  #: when last emitted
    hour_begin: int
    hour_observed: float
    hour_expected: float
    quiet: int = 0
    emitted: int = 1

    def watch(self, monitor: Monitor, minute: int) -> None:
        """Close the hours that ended before *minute*; the first saw all counts since, later ones none."""
        hours = (minute - self.hour_begin) // HOUR
        if hours <= 0:
            return
        observed = monitor.observed - self.hour_observed
        expected = monitor.expected - self.hour_expected
        quiet = observed <= QUIET_RATIO * expected + QUIET_SLACK
        self.quiet = (self.quiet + 1 if quiet else 0) + hours - 1
        self.hour_begin += hours * HOUR
        self.hour_observed, self.hour_expected = monitor.observed, monitor.expected

    def ended(self, minute: int, settings: SpikeSettings) -> Reason | None:
        """Return why it is over at *minute*, if it is."""
        if self.quiet >= QUIET_HOURS:
            return "subsided"
        lifetime = settings.new_for if self.kind is SpikeKind.EMERGING else settings.rebase_after
        return "new normal" if minute - self.fired >= lifetime else None

    def end_minute(self, reason: Reason, minute: int) -> int:
        """Return when it ended: with the second quiet hour, however late that is noticed."""
        if reason != "subsided":
            return minute
        return max(self.fired, self.hour_begin - (self.quiet - QUIET_HOURS) * HOUR)

    def escalates(self, evidence: Evidence) -> bool:
        """Return whether it is to be emitted again, and remember that it was."""
        if evidence.statistic < ESCALATION * self.statistic:
            return False
        self.statistic = evidence.statistic
        self.emitted += 1
        return True

    def to_json(self) -> list[Any]:
        """Return a JSON value."""
        times = [self.onset, self.fired, self.statistic, self.hour_begin]
        hours = [self.hour_observed, self.hour_expected, self.quiet, self.emitted]
        return [self.kind.value, self.fingerprint, list(self.start), *times, *hours]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> "Alert":
        """Return what `to_json` gave."""
        return cls(SpikeKind(value[0]), value[1], Mark(*value[2]), *value[3:])


def release_of(kind: SpikeKind, reason: Reason) -> Release:
    """Return what becomes of the hours that were held while an alert of *kind* was open.

    An intent that emerged had no past: what was held is part of it in any case.
    """
    if reason == "new normal":
        return "replace"
    return "add" if kind is SpikeKind.EMERGING else "drop"


def fingerprint_of(tenant: str, agent: str, intent: str, metric: Metric, onset: int, epoch: int) -> str:
    """Return the id of an alert, the same from firing to resolved and in every replay."""
    seed = "\n".join((tenant, agent, intent, metric.value, str(onset), str(epoch)))
    return hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def severity_of(statistic: float, excess: float) -> Severity:
    """Return how loud an alert is: by excess conversations, and by S / ln 10 for the loudest.

    ``info`` below 20 excess conversations, ``critical`` from 20 powers of ten of evidence
    and 50 excess conversations, ``warning`` between.
    """
    if excess < WARNING_EXCESS:
        return "info"
    return "critical" if bans(statistic) >= CRITICAL_BANS and excess >= CRITICAL_EXCESS else "warning"


def passes_gates(evidence: Evidence, metric: Metric, users: int, settings: SpikeSettings) -> bool:
    """Return whether a rise is large enough to be worth a person's time.

    Of failures, half as many as of conversations suffice, among as many decided ones.
    """
    if users < settings.min_users or evidence.low < settings.min_ratio:
        return False
    if metric is Metric.VOLUME:
        return evidence.observed >= settings.min_conversations
    enough = evidence.decided >= settings.min_conversations
    return enough and 2 * evidence.observed >= settings.min_conversations

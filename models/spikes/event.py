"""A spike event from an alert: complete enough to act on without asking back."""

import hashlib
from typing import Any, Literal, NamedTuple

from groundswell.models.change_envelope import schema_url
from groundswell.models.contract import rfc3339
from groundswell.models.minute import IntentMinute
from groundswell.models.spike import ReleaseMarker, Spike, SpikeAnnotations, SpikeKind, SpikeLabels
from groundswell.models.spikes.detector import Evidence, Metric
from groundswell.models.spikes.lifecycle import Alert, severity_of
from groundswell.models.spikes.settings import DAY, SpikeSettings
from groundswell.models.spikes.summary import Facts, summary_of
from groundswell.models.spikes.traffic import Traffic
from groundswell.models.spikes.watch import Watch
from groundswell.models.spikes.watches import Watches

ALERT_NAMES = {
    SpikeKind.VOLUME: "IntentVolumeSpike",
    SpikeKind.FAILURE: "IntentFailureSpike",
    SpikeKind.EMERGING: "IntentEmerging",
    SpikeKind.SLOW_BURN: "IntentSlowBurn",
}
#: A release this long before an onset is still named with it.
RELEASE_WINDOW = DAY
#: Conversations that fail may have begun this long before the failures rose.
OUTCOME_DELAY = DAY
MILLISECONDS = 60_000

Status = Literal["firing", "resolved"]


class Occasion(NamedTuple):
    """When and about what an event is emitted."""

    message: IntentMinute
    traffic: Traffic
    watches: Watches
    watch: Watch
    status: Status
    ended: int | None = None
    reason: str = ""


def users_of(watch: Watch, metric: Metric, onset: int) -> int:
    """Return the distinct users behind a rise. Outcomes lag, so failures look back a day."""
    return watch.users_since(onset if metric is Metric.VOLUME else onset - OUTCOME_DELAY)


def spike_of(
    occasion: Occasion, alert: Alert, evidence: Evidence, threshold: float, settings: SpikeSettings
) -> Spike:
    """Return the event; equal alerts at equal minutes give equal bytes."""
    message, traffic, watches, watch, status, ended, _ = occasion
    facts = _facts(occasion, alert, evidence)
    at = traffic.minute * MILLISECONDS
    return Spike(
        id=_event_id(alert, status, traffic.minute),
        source=f"/tenants/{message.tenant}/agents/{message.agent}",
        type=f"intent.spike.{status}.v1",
        subject=watch.intent,
        time=rfc3339(at),
        dataschema=schema_url(f"intent.spike.{status}.v1"),
        tenant=message.tenant,
        agent=message.agent,
        intent_id=watch.intent,
        intent_name=facts.name,
        kind=alert.kind,
        status=status,
        fingerprint=alert.fingerprint,
        startsAt=rfc3339(alert.onset * MILLISECONDS),
        endsAt=None if ended is None else rfc3339(ended * MILLISECONDS),
        labels=_labels(message, watch, alert, evidence),
        annotations=_annotations(occasion, facts, settings),
        detected_minute=alert.fired,
        threshold=round(threshold, 6),
        fines=tuple(watch.fines),
        time_ms=at,
        as_of=message.as_of,
        groups=dict(sorted(watches.home.items())),
        names={one.intent: one.name for one in watches.all()},
        dismissed=message.dismissed,
        **_numbers(facts, watch, traffic),
    )


def _facts(occasion: Occasion, alert: Alert, evidence: Evidence) -> Facts:
    watch, metric = occasion.watch, metric_of(alert.kind)
    users = users_of(watch, metric, alert.onset)
    after = evidence.conversations / evidence.exposure if evidence.exposure else 0.0
    return Facts(
        name=watch.name or watch.intent,
        kind=alert.kind,
        evidence=evidence,
        users=min(users, evidence.decided) if metric is Metric.FAILURE else users,
        onset=alert.onset,
        minute=occasion.traffic.minute,
        share_before=after if metric is Metric.SLOW_BURN else watch.baseline.share,
        share_after=min(after, 1.0),
        failure_rate=evidence.failures / evidence.decided if evidence.decided else None,
    )


def _labels(message: IntentMinute, watch: Watch, alert: Alert, evidence: Evidence) -> SpikeLabels:
    return SpikeLabels(
        alertname=ALERT_NAMES[alert.kind],
        tenant=message.tenant,
        agent=message.agent,
        intent_id=watch.intent,
        intent_kind=alert.kind,
        severity=severity_of(evidence.statistic, evidence.excess),
    )


def _annotations(occasion: Occasion, facts: Facts, settings: SpikeSettings) -> SpikeAnnotations:
    return SpikeAnnotations(
        intent_name=facts.name,
        summary=summary_of(facts, occasion.status, occasion.reason),
        runbook_url=settings.runbook_url.replace("{intent}", occasion.watch.intent),
        examples_url=settings.examples_url.replace("{intent}", occasion.watch.intent),
    )


def _numbers(facts: Facts, watch: Watch, traffic: Traffic) -> dict[str, Any]:
    """Return what was measured since the onset, rounded. A slow burn has no onset of interest."""
    seen, slow = facts.evidence, facts.kind is SpikeKind.SLOW_BURN
    return {
        "onset_minute": facts.onset,
        "observed": round(seen.observed, 3),
        "expected": round(seen.expected, 3),
        "ratio": round(seen.ratio, 3),
        "ratio_low": round(seen.low, 3),
        "ratio_high": round(seen.high, 3),
        "excess": round(seen.excess, 3),
        "conversations": seen.conversations,
        "users": facts.users,
        "share_before": round(facts.share_before, 6),
        "share_after": round(facts.share_after, 6),
        "failure_rate": None if facts.failure_rate is None else round(facts.failure_rate, 6),
        "statistic": seen.statistic,
        "release_markers": () if slow else _markers(watch, traffic, facts.onset),
        "prompt_versions": _prompt_versions(watch, 0 if slow else facts.onset),
    }


def metric_of(kind: SpikeKind) -> Metric:
    """Return the metric that alerts of *kind* watch."""
    if kind is SpikeKind.SLOW_BURN:
        return Metric.SLOW_BURN
    return Metric.FAILURE if kind is SpikeKind.FAILURE else Metric.VOLUME


def _event_id(alert: Alert, status: Status, minute: int) -> str:
    seed = f"{alert.fingerprint}/{status}/{minute}/{alert.emitted}"
    return hashlib.sha256(seed.encode()).hexdigest()[:32]


def _seen_since(watch: Watch, onset: int) -> list[str]:
    """Return the versions in the intent's conversations since *onset*."""
    return sorted(name for name, last in watch.versions.items() if last >= onset)


def _prompt_versions(watch: Watch, onset: int) -> tuple[str, ...]:
    names = (name.split(" ", 1) for name in _seen_since(watch, onset))
    return tuple(version for kind, version in names if kind == "prompt_version")


def _markers(watch: Watch, traffic: Traffic, onset: int) -> tuple[ReleaseMarker, ...]:
    """Return the versions new to the agent around *onset* that the intent's conversations show."""
    markers = []
    for name in _seen_since(watch, onset):
        minute = traffic.released(name, onset - RELEASE_WINDOW)
        if minute is not None:
            kind, value = name.split(" ", 1)
            markers.append(
                ReleaseMarker(
                    kind="release" if kind == "release" else "prompt_version", value=value, minute=minute
                )
            )
    return tuple(sorted(markers, key=lambda marker: (marker.minute, marker.kind, marker.value)))

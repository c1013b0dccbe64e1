"""A spike as the trigger of a search for a change."""

from datetime import UTC, datetime

from groundswell.models.change_edit import Links, Privacy, Provenance
from groundswell.models.change_parts import IntentRef, TriggerFacts
from groundswell.models.proposals.target import Trigger
from groundswell.models.reading.redaction import REDACTION_VERSION
from groundswell.models.spike import Spike, SpikeKind
from groundswell.streams.settings import Settings
from groundswell.streams.version import VERSION

#: Figures about fewer people than this are left out of an event.
MIN_USERS = 5


def trigger_of(spike: Spike, settings: Settings, embedder: str) -> Trigger:
    """Return the trigger that *spike* is."""
    names = dict(spike.names)
    return Trigger(
        id=spike.id,
        time=_moment(spike.time_ms),
        tenant=spike.tenant,
        agent=spike.agent,
        intent=IntentRef(id=spike.intent_id, name=spike.intent_name),
        intents={intent: IntentRef(id=intent, name=name) for intent, name in names.items()},
        facts=_facts(spike),
        links=_links(spike, settings),
        privacy=Privacy(redaction_version=REDACTION_VERSION, min_users=MIN_USERS),
        provenance=Provenance(
            pipeline_version=VERSION,
            embedder=embedder,
            taxonomy_version=spike.id,
            input_offsets=tuple(source.text() for source in spike.as_of[:200]),
        ),
        conversation_url=settings.public_url.rstrip("/")
        + "/conversations/{conversation_id}"
        + f"?tenant={spike.tenant}&agent={spike.agent}",
    )


def _facts(spike: Spike) -> TriggerFacts:
    onset = _moment(spike.onset_minute * 60_000)
    return TriggerFacts(
        rule_id=spike.labels.alertname,
        kind="slow_burn" if spike.kind is SpikeKind.SLOW_BURN else "spike",
        window_start=onset,
        window_end=_moment(spike.time_ms),
        baseline=spike.expected,
        observed=spike.observed,
        ratio=spike.ratio,
        threshold=spike.threshold,
        min_volume=None,
        starts_at=onset,
        release_markers=tuple(f"{marker.kind} {marker.value}" for marker in spike.release_markers[:50]),
        prompt_versions=spike.prompt_versions[:50],
    )


def _links(spike: Spike, settings: Settings) -> Links:
    base = settings.public_url.rstrip("/")
    intent = f"{base}/?intent={spike.intent_id}"
    window = f"from={spike.onset_minute}&to={spike.time_ms // 60_000}"
    return Links(
        dashboard=f"{base}/",
        intent=intent,
        conversations_query=f"{intent}&{window}",
        runbook=settings.runbook_url,
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)

"""The events of an examination: a draft as `change.proposed`, a refusal as `change.withheld`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from groundswell.models.change import MAX_BRIEF, ChangeProposed, ChangeWithheld
from groundswell.models.change_edit import Backtest, Change, Evidence, Hunk, Review
from groundswell.models.change_envelope import (
    event_id_of,
    event_time,
    fingerprint_of,
    hash_of,
    proposal_id_of,
    schema_url,
    source_of,
)
from groundswell.models.change_parts import Diagnosis, Impact, IntentRef, Score
from groundswell.models.proposals.body import pull_request_of, summary_of, title_of
from groundswell.models.proposals.checks import BUDGET
from groundswell.models.proposals.draft import Draft
from groundswell.models.proposals.evidence import evidence_of, well_formed
from groundswell.models.proposals.expectation import expectation_of
from groundswell.models.proposals.finding import Finding
from groundswell.models.proposals.impact import measure_impact, suppress_small
from groundswell.models.proposals.quoting import plain
from groundswell.models.proposals.search import Refusal
from groundswell.models.proposals.target import AgentFiles, Trigger
from groundswell.models.proposals.thread import Thread

LIFETIME = timedelta(days=14)
REVISION = 1
MAX_IDS = 20

Substatus = Literal["new", "regressed", "retry_after_tune"]


@dataclass(frozen=True)
class Case:
    """What all events of an examination share: all its threads, the files, the trigger, the impacts."""

    threads: Sequence[Thread]
    files: AgentFiles
    trigger: Trigger
    impacts: Mapping[str, Impact]
    substatus: Substatus = "new"

    def impact_of(self, intent_id: str) -> tuple[Impact, tuple[str, ...]]:
        """Return an intent's impact without small groups, and the fields that were left out."""
        impact = self.impacts.get(intent_id) or measure_impact(self.threads, intent_id)
        return suppress_small(impact, self.trigger.privacy.min_users)


def intent_of(finding: Finding, trigger: Trigger) -> IntentRef:
    """Return the intent that most of the pattern's conversations lie in; else the trigger's."""
    return trigger.intent_named(_commonest([finding.threads[i] for i in finding.shown], trigger))


def _commonest(threads: Sequence[Thread], trigger: Trigger) -> str:
    counts: dict[str, int] = {}
    for thread in threads:
        for intent in set(thread.intents):
            counts[intent] = counts.get(intent, 0) + 1
    return min(counts, key=lambda intent: (-counts[intent], intent)) if counts else trigger.intent.id


def draft_fingerprint(draft: Draft, trigger: Trigger) -> str:
    """Return the identity of a draft's problem on its base."""
    intent = intent_of(draft.finding, trigger)
    file = draft.file
    key = draft.finding.pattern.key
    return fingerprint_of(trigger.tenant, trigger.agent, intent.id, file.path, file.digest, key)


def problem_of(path: str, base_digest: str, pattern: str) -> str:
    """Return the identity of a problem on a base, whatever intent most of its conversations have today."""
    return hash_of((path, base_digest, pattern))


def proposed(draft: Draft, score: Score, case: Case) -> ChangeProposed:
    """Return the event that proposes a draft."""
    finding, files, trigger = draft.finding, case.files, case.trigger
    intent, fingerprint = intent_of(finding, trigger), draft_fingerprint(draft, trigger)
    proposal_id = proposal_id_of(fingerprint, REVISION)
    evidence, expectation = evidence_of(finding, trigger), expectation_of(draft, intent)
    impact, suppressed = case.impact_of(intent.id)
    title = title_of(finding, intent)
    return ChangeProposed(
        **_envelope(ChangeProposed.event_type, fingerprint, intent, trigger),
        proposal_id=proposal_id,
        revision=REVISION,
        supersedes=None,
        substatus=case.substatus,
        expires_at=trigger.time + LIFETIME,
        title=title,
        summary=summary_of(finding),
        impact=impact,
        score=score,
        diagnosis=_diagnosis(draft),
        pattern=finding.pattern.key,
        gate=finding.gate,
        change=_change(draft, files, evidence),
        evidence=evidence,
        backtest=Backtest(status="skipped"),
        expectation=expectation,
        review=Review(owners=files.owners, reviewers=files.reviewers, labels=files.labels),
        pull_request=pull_request_of(draft, proposal_id, title, intent, evidence, expectation),
        links=trigger.links,
        privacy=trigger.privacy.model_copy(update={"suppressed_fields": suppressed}),
        provenance=trigger.provenance,
    )


def withheld(refusal: Refusal, case: Case) -> ChangeWithheld:
    """Return the event that says why a change is not proposed."""
    files, trigger = case.files, case.trigger
    holders = sorted(refusal.pattern.holders) if refusal.pattern else []
    held = [refusal.threads[position] for position in holders]
    intent = trigger.intent_named(_commonest(held, trigger))
    outage = refusal.pattern is not None and refusal.pattern.family == "outage"
    file = files.harness if outage else files.prompt
    path, digest = (file.path, file.digest) if file else ("", "")
    fingerprint = fingerprint_of(trigger.tenant, trigger.agent, intent.id, path, digest, refusal.key)
    blamed = [thread for thread in held if thread.failed] or held
    return ChangeWithheld(
        **_envelope(ChangeWithheld.event_type, fingerprint, intent, trigger),
        reason=refusal.reason,
        brief=plain(refusal.brief, MAX_BRIEF),
        pattern=refusal.pattern.key if refusal.pattern else None,
        target_path=path or None,
        gate=refusal.gate,
        conversation_ids=tuple(well_formed(thread.conversation_id) for thread in blamed[:MAX_IDS]),
        conversations_truncated=max(len(blamed) - MAX_IDS, 0),
    )


def _envelope(event_type: str, fingerprint: str, intent: IntentRef, trigger: Trigger) -> dict[str, Any]:
    """Return what proposed and withheld events have in common."""
    return {
        "id": event_id_of(trigger.id, fingerprint, event_type),
        "source": source_of(trigger.tenant, trigger.agent),
        "subject": intent.id,
        "time": event_time(trigger.time),
        "dataschema": schema_url(event_type),
        "traceparent": trigger.traceparent,
        "tenant_id": trigger.tenant,
        "agent_id": trigger.agent,
        "environment": trigger.environment,
        "correlation_id": trigger.id,
        "fingerprint": fingerprint,
        "intent": intent,
        "trigger": trigger.facts,
    }


def _diagnosis(draft: Draft) -> Diagnosis:
    finding = draft.finding
    return Diagnosis(
        failure_class=finding.wording.failure_class,
        mechanism=finding.wording.mechanism,
        lever=draft.lever,
        confidence=round(finding.confidence, 4),
        first_failing_turn=finding.first_failing_turn,
        confirmed=finding.wording.confirmed,
        alternatives=finding.wording.alternatives,
        contrast_success_ids=tuple(well_formed(name) for name in finding.contrast_success_ids()),
    )


def _change(draft: Draft, files: AgentFiles, evidence: Evidence) -> Change:
    cited = tuple(item.conversation_id for item in evidence.items)
    return Change(
        kind=draft.kind,
        repo=files.repository,
        path=draft.file.path,
        base_ref=files.base_ref,
        base_digest=draft.file.digest,
        unified_diff=draft.patch.unified_diff,
        inverse_diff=draft.patch.inverse_diff,
        lines_added=draft.patch.lines_added,
        lines_removed=draft.patch.lines_removed,
        budget=BUDGET,
        hunks=(Hunk(id="h1", rationale=draft.rationale, evidence_ids=cited),),
        conflicts_checked=draft.conflicts,
    )

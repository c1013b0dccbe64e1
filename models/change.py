"""Change events: a proposal, why one was withheld, what became of it, and whether it worked.

Consumers get events at least once and dedupe on `id`; they act once per `fingerprint`, ignore
unknown types and fields, and check `change.base_digest` before they apply anything. Order is
kept per intent only. Nothing here is ever applied by this program.
"""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from groundswell.models.change_edit import (
    Backtest,
    Change,
    Evidence,
    Expectation,
    Links,
    Privacy,
    Provenance,
    PullRequest,
    Review,
)
from groundswell.models.change_envelope import ChangeEnvelope, Part
from groundswell.models.change_parts import Diagnosis, GateFigures, Impact, IntentRef, Score, TriggerFacts

MAX_TITLE = 72
MAX_BRIEF = 4000
MAX_EVENT_BYTES = 200_000

#: Fields that quote conversations, or are composed from them: data, never instructions.
UNTRUSTED_FIELDS = (
    "title",
    "summary",
    "intent.name",
    "intent.description",
    "change.unified_diff",
    "evidence.items[].conversation_id",
    "evidence.items[].excerpt_redacted",
    "evidence.items[].feedback",
    "pull_request.commit_message",
    "pull_request.body_markdown",
)
UNTRUSTED_IN_WITHHELD = ("brief", "pattern", "intent.name", "intent.description", "conversation_ids")

WithheldReason = Literal[
    "too_few_outcomes",  # not enough known failures and successes to contrast
    "no_mechanism",  # no pattern that a template can name
    "gate",  # the contrast may be chance
    "attribute_not_in_prompt",  # separates, but the tool's prompt section never mentions it
    "no_rule_to_strengthen",  # the family only strengthens rules, and none is there
    "rule_already_present",  # the file says it already
    "no_target_file",  # the lever's file is not configured
    "no_safe_edit",  # the file has a form that cannot be edited line by line
    "unsafe_retry",  # a write may have run before its error: retrying it could do it twice
    "check_failed",  # the draft broke a machine check
    "over_budget",  # the draft, or the event, is too large
    "overlaps",  # a stronger proposal explains the same failures
    "duplicate",  # this fingerprint was proposed before
    "cap",  # the period's capacity is used up
]


class AgentEvent(ChangeEnvelope):
    """A change event that we send: routing on top of the envelope."""

    tenant_id: str
    agent_id: str
    environment: str
    dataschema: str = Field(min_length=1)
    subject: str = Field(min_length=1, description="the intent's id")
    correlation_id: str
    fingerprint: str = Field(pattern=r"^[0-9a-f]{64}$")


class ChangeProposed(AgentEvent):
    """A change that passed diagnosis, gate and checks, waiting for a person."""

    event_type: ClassVar[str] = "change.proposed.v1"

    type: Literal["change.proposed.v1"] = "change.proposed.v1"
    proposal_id: str
    revision: int = Field(ge=1)
    supersedes: str | None
    status: Literal["open"] = "open"
    substatus: Literal["new", "regressed", "retry_after_tune"] = "new"
    expires_at: AwareDatetime
    title: str = Field(max_length=MAX_TITLE)
    summary: str
    intent: IntentRef
    trigger: TriggerFacts
    impact: Impact
    score: Score
    diagnosis: Diagnosis
    pattern: str
    gate: GateFigures | None = None
    change: Change
    evidence: Evidence
    backtest: Backtest
    expectation: Expectation
    review: Review
    pull_request: PullRequest | None = None
    links: Links
    privacy: Privacy
    provenance: Provenance
    untrusted_fields: tuple[str, ...] = UNTRUSTED_FIELDS


class ChangeWithheld(AgentEvent):
    """A change that was not proposed, and why. `brief` is for a person; it quotes no conversation."""

    event_type: ClassVar[str] = "change.withheld.v1"

    type: Literal["change.withheld.v1"] = "change.withheld.v1"
    reason: WithheldReason
    brief: str = Field(max_length=MAX_BRIEF)
    pattern: str | None = None
    target_path: str | None = None
    intent: IntentRef
    trigger: TriggerFacts
    gate: GateFigures | None = None
    conversation_ids: tuple[str, ...] = Field(default=(), max_length=20)
    conversations_truncated: int = 0
    untrusted_fields: tuple[str, ...] = UNTRUSTED_IN_WITHHELD


class ChangeSuperseded(AgentEvent):
    """A newer revision takes a proposal's place."""

    event_type: ClassVar[str] = "change.superseded.v1"

    type: Literal["change.superseded.v1"] = "change.superseded.v1"
    proposal_id: str
    revision: int
    superseded_by: str
    reason: str


class ChangeWithdrawn(AgentEvent):
    """A proposal that no longer stands."""

    event_type: ClassVar[str] = "change.withdrawn.v1"

    type: Literal["change.withdrawn.v1"] = "change.withdrawn.v1"
    proposal_id: str
    revision: int
    reason: Literal["intent_subsided", "base_moved", "expired", "dismissed"]
    detail: str = ""


class ChangeStatus(ChangeEnvelope):
    """What a consumer tells us about a proposal. `stale`: the base had moved, nothing was applied."""

    event_type: ClassVar[str] = "change.status.v1"

    type: Literal["change.status.v1"] = "change.status.v1"
    subject: str = ""
    proposal_id: str
    status: Literal["pr_opened", "merged", "closed", "deployed", "reverted", "stale"]
    url: str | None = None
    sha: str | None = None
    actor: str | None = None


class CohortSpan(Part):
    """A cohort: its span in event time and its size."""

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    n: int


class Cohorts(Part):
    """The matched cohorts before and after; the diagnosis's own conversations are excluded."""

    before: CohortSpan
    after: CohortSpan
    match_keys: tuple[str, ...]
    excluded_diagnosis_ids: int


class MeasuredMetric(Part):
    """The metric of the expectation, before and after, with an interval for the difference."""

    before: float
    after: float
    delta: float
    ci_low: float
    ci_high: float
    test: str


class Guardrail(Part):
    """A metric that must not get worse."""

    metric: str
    before: float
    after: float
    ok: bool


class ChangeMeasured(AgentEvent):
    """Whether a merged change worked, measured on conversations that started after its deployment."""

    event_type: ClassVar[str] = "change.measured.v1"

    type: Literal["change.measured.v1"] = "change.measured.v1"
    proposal_id: str
    merged_sha: str
    deployed_at: AwareDatetime
    cohorts: Cohorts
    metric: MeasuredMetric
    guardrails: tuple[Guardrail, ...]
    overlapping_changes: tuple[str, ...]
    verdict: Literal["keep", "tune", "revert", "insufficient", "confounded"]
    next_action: str
    inverse_diff: str


#: Every change event by its type.
CHANGE_EVENTS: dict[str, type[ChangeEnvelope]] = {
    model.event_type: model
    for model in (
        ChangeProposed,
        ChangeWithheld,
        ChangeSuperseded,
        ChangeWithdrawn,
        ChangeStatus,
        ChangeMeasured,
    )
}

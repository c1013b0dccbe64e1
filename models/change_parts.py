"""Why a change is proposed: the intent, what fired, how far it reaches, its rank and its diagnosis."""

from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, Field

from groundswell.models.change_envelope import Part

FailureClass = Literal[
    "misread_intent",
    "wrong_tool",
    "bad_tool_data",
    "right_data_wrong_answer",
    "missing_instruction",
    "missing_context",
    "config",
]
Lever = Literal["prompt", "harness", "config"]
TriggerKind = Literal["spike", "slow_burn", "feedback", "manual"]
Rate = float | None


class IntentRef(Part):
    """The intent a change is about. `name` and `description` come from conversations: untrusted text."""

    id: str = Field(min_length=1)
    name: str
    description: str = ""
    version: int = 1
    lineage: tuple[str, ...] = ()
    first_seen: AwareDatetime | None = None
    last_seen: AwareDatetime | None = None
    kind: str = "emergent"


class TriggerFacts(Part):
    """Why now: the rule that fired and the numbers it saw in its window."""

    rule_id: str
    kind: TriggerKind
    window_start: AwareDatetime
    window_end: AwareDatetime
    baseline: float | None
    observed: float | None
    ratio: float | None
    threshold: float | None
    min_volume: int | None
    starts_at: AwareDatetime
    release_markers: tuple[str, ...] = Field(default=(), max_length=50)
    prompt_versions: tuple[str, ...] = Field(default=(), max_length=50)


class Impact(Part):
    """How far the intent reaches. Groups below the privacy threshold are null."""

    conversations: int | None
    users: int | None
    share: Rate
    completion_rate: Rate
    abandonment_rate: Rate
    median_turns_to_resolution: float | None
    escalation_rate: Rate
    repair_rate: Rate
    sentiment: float | None
    revenue_at_risk: float | None = None
    stage_mix: Mapping[str, int] = Field(default_factory=dict)
    trend: tuple[float, ...] = Field(default=(), max_length=500)


class ScoreComponents(Part):
    """The five factors of the score, each as published in `formula_version`."""

    frequency: float
    severity: float
    stage: float
    revenue: float
    fix_cost: float


class Score(Part):
    """The rank of a proposal and everything needed to recompute it."""

    value: float
    components: ScoreComponents
    weights: Mapping[str, float]
    formula_version: str
    rank: int = Field(ge=1)


class Alternative(Part):
    """Another reading of the same pattern, which the data does not rule out."""

    failure_class: FailureClass = Field(alias="class")
    mechanism: str


class Diagnosis(Part):
    """One class, one mechanism. `confirmed` is false for a statistical contrast: it is a hypothesis.

    `confidence` is the share of the pattern's conversations that the mechanism accounts for, and
    `first_failing_turn` the median index of the turn where the failing conversations go wrong.
    """

    failure_class: FailureClass = Field(alias="class")
    mechanism: str = Field(min_length=40)
    lever: Lever
    confidence: float = Field(ge=0, le=1)
    first_failing_turn: int | None
    confirmed: bool
    alternatives: tuple[Alternative, ...] = ()
    contrast_success_ids: tuple[str, ...] = ()


class GateFigures(Part):
    """The contrast behind a pattern: failures with it and without it, and the gate it met.

    `p` is one-sided and corrected for clustering; the gate is passed below `alpha`.
    """

    failed_with: int
    with_pattern: int
    failed_without: int
    without_pattern: int
    odds_ratio: float
    p: float
    alpha: float
    groups: int
    candidates: int

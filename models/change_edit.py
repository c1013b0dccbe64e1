"""What a change proposes: the edit, its evidence, what should move, and who decides."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from groundswell.models.change_envelope import Part

Scalar = str | int | float | bool | None

MAX_EVIDENCE = 20
MAX_EXCERPT = 240


class EditBudget(Part):
    """The most that one proposal may add."""

    max_lines: int
    max_chars: int


class Hunk(Part):
    """One hunk of the diff, why it is there, and the conversations behind it."""

    id: str
    rationale: str
    evidence_ids: tuple[str, ...] = Field(min_length=1)


class Conflict(Part):
    """An existing rule compared with the new text; `review` asks a person to look."""

    line: int = Field(ge=1)
    text: str
    similarity: float
    verdict: Literal["compatible", "review"]


class Change(Part):
    """The edit of one file: a unified diff against `base_digest` and the diff that takes it back."""

    kind: Literal["system_prompt", "harness", "config"]
    repo: str | None = None
    path: str
    base_ref: str
    base_digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    unified_diff: str
    inverse_diff: str
    lines_added: int
    lines_removed: int
    budget: EditBudget
    hunks: tuple[Hunk, ...] = Field(min_length=1)
    conflicts_checked: tuple[Conflict, ...]


class EvidenceItem(Part):
    """One conversation by reference, with a short excerpt. The excerpt is untrusted text."""

    conversation_id: str
    turn_range: tuple[int, int]
    url: str
    excerpt_redacted: str = Field(max_length=MAX_EXCERPT)
    content_digest: str
    feedback: str | None = None


class Evidence(Part):
    """The conversations that show the pattern: `total` of them, `included` here, `truncated` left out."""

    total: int
    included: int
    truncated: int
    items: tuple[EvidenceItem, ...] = Field(max_length=MAX_EVIDENCE)


class Motivating(Part):
    """Replay of conversations that showed the pattern."""

    n: int = 0
    fixed: int = 0
    unchanged: int = 0
    worse: int = 0


class Golden(Part):
    """Replay of the golden set."""

    n: int = 0
    passed: int = 0
    regressions: tuple[str, ...] = ()


class Backtest(Part):
    """Replay before emission. `skipped` where no model is configured to replay with."""

    status: Literal["passed", "failed", "skipped"]
    motivating: Motivating = Motivating()
    golden: Golden = Golden()
    runner: str | None = None
    model: str | None = None
    judge: str | None = None
    seed: int | None = None
    excluded_ids_digest: str | None = None
    report_url: str | None = None


class Cohort(Part):
    """The conversations that the expectation speaks of."""

    filter: Mapping[str, Scalar]


class Expectation(Part):
    """The metric that should move after the merge, and how many conversations it takes to see it."""

    metric: str
    intent_id: str
    cohort: Cohort
    baseline: float
    direction: Literal["down", "up"]
    target: float
    min_sample: int
    window: str = Field(description="ISO 8601 duration")
    guardrails: tuple[str, ...]


class Review(Part):
    """A person decides: no event can say otherwise."""

    required: Literal[True] = True
    owners: tuple[str, ...]
    reviewers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    auto_merge: Literal[False] = False


class PullRequest(Part):
    """What a bot needs to open the pull request, and the marker by which it finds it again."""

    branch: str
    commit_message: str
    body_markdown: str
    marker: str


class Links(Part):
    """Where to look: the exact window and filter."""

    dashboard: str
    intent: str
    conversations_query: str
    runbook: str


class Privacy(Part):
    """What was done to protect the people in the evidence."""

    redaction_version: str
    min_users: int
    suppressed_fields: tuple[str, ...] = ()


class Provenance(Part):
    """What produced the event, for replay and cost."""

    pipeline_version: str
    embedder: str
    taxonomy_version: str
    llm_model: str | None = None
    prompt_version: str | None = None
    tokens: int = 0
    cost_usd: float = 0.0
    input_offsets: tuple[str, ...] = Field(default=(), max_length=200)

"""The board as it is shown: plain values, bounded in number, texts as strangers wrote them.

Whoever renders a view escapes every text in it.
"""

from dataclasses import dataclass, field

from groundswell.models.timeline import Trend


@dataclass(slots=True)
class Tally:
    """What was counted: of a fine intent, an intent, an agent, or all."""

    turns: int = 0
    unassigned: int = 0
    conversations: int = 0
    completed: int = 0
    abandoned: int = 0
    escalated: int = 0
    failed: int = 0
    unknown: int = 0
    repaired: int = 0
    tool_errors: int = 0
    thumbs_up: int = 0
    thumbs_down: int = 0

    @property
    def decided(self) -> int:
        """Conversations with a known outcome."""
        return self.completed + self.abandoned + self.escalated + self.failed

    @property
    def failures(self) -> int:
        """Conversations in which the user did not get what they came for."""
        return self.abandoned + self.failed

    @property
    def failure_rate(self) -> float | None:
        """Failures among the decided, or None without any."""
        return self.failures / self.decided if self.decided > 0 else None

    def add(self, other: "Tally") -> None:
        """Add another tally."""
        for name in TALLIED:
            setattr(self, name, getattr(self, name) + getattr(other, name))


TALLIED = tuple(Tally.__dataclass_fields__)


@dataclass(slots=True)
class IntentRow:
    """One intent of an agent."""

    id: str
    name: str
    tally: Tally
    share: float  #: of the agent's conversations
    trend: Trend
    sparkline: tuple[int, ...]  #: conversations by bucket, oldest first
    failing: tuple[int, ...]  #: failures by bucket
    terms: tuple[str, ...] = ()
    example: str = ""
    state: str = ""  #: pinned, retired or empty
    mixed: bool = False  #: probably several things, or none
    place: tuple[float, float] | None = None  #: on the map, -1..1
    spiking: bool = False
    proposals: int = 0

    @property
    def turns(self) -> int:
        """User turns assigned to it."""
        return self.tally.turns

    @property
    def conversations(self) -> int:
        """Conversations that came to it."""
        return self.tally.conversations

    @property
    def failure_rate(self) -> float | None:
        """Failures among its decided conversations, or None without any."""
        return self.tally.failure_rate


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What became of a command about the agent's intents. Every text may be a stranger's."""

    command_id: str
    command: str
    actor: str
    status: str
    reason: str
    detail: str
    time: str


@dataclass(slots=True)
class CalibrationRow:
    """What told outcomes make of an agent's inferred ones, on one partition of conversation events."""

    partition: int
    told: int
    thumbs: int
    intercept: float
    slope: float
    error: float | None


@dataclass(slots=True)
class AgentView:
    """One tenant's agent: its intents by impact (failures, then volume)."""

    tenant: str
    agent: str
    tally: Tally
    first_minute: int
    last_minute: int
    bucket_minutes: int
    intents: list[IntentRow]
    hidden: Tally | None = None  #: what the intents beyond the bound add up to
    hidden_intents: int = 0
    calibration: list[CalibrationRow] = field(default_factory=list)
    answers: tuple[AnswerRow, ...] = ()  #: to people's commands, the newest first


@dataclass(slots=True)
class SpikeRow:
    """One spike, firing or resolved."""

    fingerprint: str
    tenant: str
    agent: str
    intent_id: str
    intent_name: str
    kind: str
    status: str
    severity: str
    summary: str
    onset_minute: int
    detected_minute: int
    starts_at: str
    ends_at: str
    observed: float | None
    expected: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    conversations: int
    users: int
    share_before: float | None
    share_after: float | None
    failure_rate: float | None
    markers: tuple[str, ...] = ()


@dataclass(slots=True)
class EvidenceRow:
    """One conversation behind a proposal; the excerpt is its own words."""

    conversation_id: str
    url: str
    excerpt: str


@dataclass(slots=True)
class ProposalRow:
    """One proposed change."""

    proposal_id: str
    tenant: str
    agent: str
    title: str
    summary: str
    status: str
    time: str
    intent_id: str
    intent_name: str
    trigger: str
    kind: str
    path: str
    base_digest: str
    diff: str
    lines_added: int
    lines_removed: int
    failure_class: str
    mechanism: str
    lever: str
    confirmed: bool
    evidence_total: int
    evidence: tuple[EvidenceRow, ...]
    gate: dict[str, float] = field(default_factory=dict)  #: figures of the gate, by field name
    score: float | None = None
    rank: int = 0
    conversations: int | None = None
    share: float | None = None
    backtest: str = ""
    expectation: str = ""
    owners: tuple[str, ...] = ()


@dataclass(slots=True)
class WithheldRow:
    """One change that was considered and not proposed."""

    id: str
    tenant: str
    agent: str
    intent_id: str
    intent_name: str
    reason: str
    pattern: str
    brief: str
    path: str
    time: str
    gate: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class BoardView:
    """All of it."""

    tally: Tally
    agents: list[AgentView]
    spikes: list[SpikeRow]  #: firing first, then slow burns last, then newest first
    proposals: list[ProposalRow]  #: open first, then newest first
    withheld: list[WithheldRow]  #: newest first
    withheld_reasons: dict[str, int]
    dead_letters: dict[str, int]
    hidden_agents: int = 0

    @property
    def first_minute(self) -> int | None:
        """The first minute that was counted, since the epoch."""
        return min((agent.first_minute for agent in self.agents), default=None)

    @property
    def last_minute(self) -> int | None:
        """The newest minute that was counted, since the epoch."""
        return max((agent.last_minute for agent in self.agents), default=None)

    @property
    def firing(self) -> int:
        """Spikes that are firing."""
        return sum(spike.status == "firing" for spike in self.spikes)

    @property
    def intents(self) -> int:
        """Intents of all agents."""
        return sum(len(agent.intents) + agent.hidden_intents for agent in self.agents)

    @property
    def empty(self) -> bool:
        """Whether nothing has happened yet."""
        return not (self.agents or self.spikes or self.proposals or self.withheld or self.dead_letters)

"""A closed minute: what each of an agent's intents saw in one minute of event time.

Counts are kept for fine intents (the finer of two levels), which are stable; ``groups``
says to which intent each belongs today. Since counts add up, a regrouping (merge, split)
moves them with it and never looks like a spike.

The unit of volume is a conversation's first turn with an intent: one conversation with
two intents counts once in each, so the shares of a minute add up to one.
"""

from pydantic import Field

from groundswell.models.contract import Message, Milliseconds, Name
from groundswell.models.intent_shape import IntentShape
from groundswell.models.position import Source
from groundswell.models.turn import CalibrationState

#: Upper bounds, in turns of the conversation, of the depth-to-resolution histogram.
DEPTH_BUCKETS = (2, 4, 6, 8, 12, 16, 24, 48)
#: Distinct user hashes kept per fine intent and minute: enough for "at least five users".
MAX_USERS = 32


class Count(Message):
    """What one fine intent saw in one minute. Outcomes are deltas: a correction is negative."""

    turns: int = Field(default=0, description="user turns that were assigned")
    unassigned: int = Field(
        default=0, description="needs that no announced intent explained when they came: new, or rare"
    )
    conversations: int = Field(default=0, description="conversations that came to this intent")
    users: tuple[str, ...] = Field(default=(), description=f"hashes of distinct users, at most {MAX_USERS}")
    completed: int = 0
    abandoned: int = 0
    escalated: int = 0
    failed: int = 0
    unknown: int = 0
    repaired: int = Field(default=0, description="conversations that first showed a repair")
    tool_errors: int = 0
    thumbs_up: int = 0
    thumbs_down: int = 0
    depth: tuple[int, ...] = Field(
        default=(), description="completed conversations by turns, buckets of DEPTH_BUCKETS and above"
    )
    prompt_versions: dict[str, int] = Field(default_factory=dict, description="conversations by version")
    releases: dict[str, int] = Field(default_factory=dict, description="conversations by release")

    @property
    def decided(self) -> int:
        """Conversations whose outcome was decided in this minute, corrections subtracted."""
        return self.completed + self.abandoned + self.escalated + self.failed

    @property
    def failures(self) -> int:
        """Decided conversations in which the user did not get what they came for."""
        return self.abandoned + self.failed


class IntentMinute(Message):
    """One minute of one tenant's agent, closed by event time."""

    type: str = "intent.minute.v1"
    tenant: Name
    agent: Name
    minute: int = Field(description="minutes since the epoch")
    closed: Milliseconds = Field(description="event time that closed the minute")
    conversations: int = Field(description="sum over the intents: the exposure of shares")
    turns: int = 0
    late: int = Field(default=0, description="messages of minutes that were closed before; counted here")
    counts: dict[str, Count] = Field(default_factory=dict, description="by fine intent id")
    groups: dict[str, str] = Field(
        default_factory=dict,
        description="fine intent -> intent, of the fine intents counted here; of all if regrouped",
    )
    regrouped: bool = Field(default=False, description="groups changed since the minute before")
    moved: dict[str, str] = Field(
        default_factory=dict,
        description="vanished fine intent -> its last successor, since the minute before",
    )
    names: dict[str, str] = Field(
        default_factory=dict, description="intent -> name, of the intents in groups"
    )
    shapes: dict[str, IntentShape] = Field(
        default_factory=dict, description="by intent, of all that live: if measured since the minute before"
    )
    dismissed: tuple[str, ...] = Field(
        default=(), description="intents that people dismissed: counted, but no cause for alarm"
    )
    as_of: tuple[Source, ...] = Field(
        default=(), description="conversation events taken in, by partition, when the minute closed"
    )
    calibration: tuple[CalibrationState, ...] = Field(
        default=(),
        description="what told outcomes make of the agent's inferred ones, by partition of conversation "
        "events, as far as outcomes were told",
    )
    source: Source = Field(description="the record of `turns` that closed the minute")

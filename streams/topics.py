"""Every topic: its name, key, retention, and who writes it. Nothing else names a topic.

Keys: a conversation's events stay in one partition and in order (tenant/agent/conversation);
everything after `turns` is keyed by tenant/agent, events of one intent by tenant/agent/intent.
"""

from dataclasses import dataclass

_DAY_MS = 24 * 3600 * 1000
#: Conversation text may be long; Kafka's own default of 1 MB would refuse it.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: `key` is documentation, the writer's code decides."""

    name: str
    key: str
    about: str
    retention_days: int = 7

    def settings(self) -> dict[str, str]:
        """Return the topic's configuration entries."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_days * _DAY_MS),
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
        }


OTLP_SPANS = Topic("otlp_spans", "any", "traces as a collector's kafka exporter writes them", 3)
OTLP_LOGS = Topic("otlp_logs", "any", "log records as a collector's kafka exporter writes them", 3)
CONVERSATION_EVENTS = Topic("conversation-events", "tenant/agent/conversation", "what producers send")
TURNS = Topic("turns", "tenant/agent", "each event after reading: need, signals, outcome")
INTENT_EVENTS = Topic(
    "intent-events", "tenant/agent/intent", "intents created, renamed, merged, split; answers to commands", 90
)
INTENT_MINUTES = Topic("intent-minutes", "tenant/agent", "what each intent saw in one minute", 30)
SPIKES = Topic("spikes", "tenant/agent", "an intent swells or fails, and when it is over", 90)
CHANGE_PROPOSALS = Topic(
    "change-proposals", "tenant/agent/intent", "changes proposed, or withheld and why", 365
)
CHANGE_STATUS = Topic("change-status", "proposal", "what became of a proposal, told by its consumer", 365)
CHANGE_VERDICTS = Topic("change-verdicts", "proposal", "what the change did, measured after the merge", 365)
INTENT_COMMANDS = Topic("intent-commands", "tenant/agent", "what people want changed about intents", 365)
DEAD_LETTERS = Topic("dead-letters", "as it came", "what could not be read, and why, in headers", 30)

TOPICS = (
    OTLP_SPANS,
    OTLP_LOGS,
    CONVERSATION_EVENTS,
    TURNS,
    INTENT_EVENTS,
    INTENT_MINUTES,
    SPIKES,
    CHANGE_PROPOSALS,
    CHANGE_STATUS,
    CHANGE_VERDICTS,
    INTENT_COMMANDS,
    DEAD_LETTERS,
)
#: What the stages write: the files that `groundswell run` leaves behind.
OUTPUT_TOPICS = (TURNS, INTENT_EVENTS, INTENT_MINUTES, SPIKES, CHANGE_PROPOSALS, DEAD_LETTERS)

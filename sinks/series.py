"""The series that Prometheus scrapes: every metric declared once, by name, meaning and labels.

The only importer of prometheus_client. `Metrics` says which labels are used.
"""

from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client import disable_created_metrics as _disable_created_metrics
from prometheus_client.exposition import choose_encoder

Registry = CollectorRegistry
BY_AGENT = ("tenant", "agent")
BY_INTENT = ("tenant", "agent", "intent")
BY_PARTITION = ("tenant", "agent", "partition")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

# `_created` series would double their number and tell nothing that is used.
_disable_created_metrics()  # type: ignore[no-untyped-call]


class Series:
    """The metrics of one worker, on a registry of their own unless one is given."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._declare_intents()
        self._declare_findings()
        self._declare_machinery()

    def _declare_intents(self) -> None:
        self.turns = self._counter("intent_turns", "User turns assigned to an intent.", BY_INTENT)
        self.conversations = self._counter(
            "intent_conversations", "Conversations that came to an intent.", BY_INTENT
        )
        self.outcomes = self._counter(
            "intent_outcomes", "Outcomes of an intent's conversations, as first decided.",
            (*BY_INTENT, "outcome"),
        )  # fmt: skip
        self.corrections = self._counter(
            "intent_outcome_corrections", "Outcomes that were counted and later taken back.",
            (*BY_INTENT, "outcome"),
        )  # fmt: skip
        self.signals = {
            "repaired": self._counter(
                "intent_repaired", "Conversations in which the user had to repair.", BY_INTENT
            ),
            "tool_error": self._counter("intent_tool_errors", "Tool calls that gave an error.", BY_INTENT),
            "thumbs_up": self._counter("intent_thumbs_up", "Positive feedback.", BY_INTENT),
            "thumbs_down": self._counter("intent_thumbs_down", "Negative feedback.", BY_INTENT),
        }
        self.retired = self._counter(
            "retired_turns", "User turns that belong to an intent which a person retired: counted in none.",
            BY_AGENT,
        )  # fmt: skip
        self.commands = self._counter(
            "intent_commands", "Commands of people about intents, by what became of them.",
            ("command", "status"),
        )  # fmt: skip
        self.share = self._gauge(
            "intent_share", "Share of the agent's conversations in the last 60 minutes of event time.",
            BY_INTENT,
        )  # fmt: skip
        self.info = self._gauge("intent_info", "Name of an intent; always 1.", (*BY_INTENT, "name"))
        self.active = self._gauge(
            "intents", "Intents with a conversation in the last 60 minutes of event time.", BY_AGENT
        )

        self._declare_quality()

    def _declare_quality(self) -> None:
        self.cohesion = self._gauge(
            "intent_cohesion", "Mean cosine of an intent's members to its centre.", BY_INTENT
        )
        self.separation = self._gauge(
            "intent_separation", "1 less the cosine to the nearest other intent.", BY_INTENT
        )
        self.ambiguity = self._gauge(
            "intent_ambiguity", "Share of its members that another intent is about as near to.", BY_INTENT
        )
        self.mixed = self._gauge(
            "intents_mixed", "Intents that are probably several things, or none.", BY_AGENT
        )
        self.needs = self._counter(
            "needs", "Turns that say what a user wants; unassigned: no announced intent explained it.",
            (*BY_AGENT, "fit"),
        )  # fmt: skip
        self.calibration = {
            "told": self._gauge(
                "calibration_outcomes", "Told outcomes that an agent's calibration rests on.", BY_PARTITION
            ),
            "intercept": self._gauge(
                "calibration_intercept", "Log odds of success at a score of zero.", BY_PARTITION
            ),
            "slope": self._gauge(
                "calibration_slope", "Log odds of success per unit of score; negative if it inverts.",
                BY_PARTITION,
            ),
            "error": self._gauge(
                "calibration_error", "Calibration error of inferred outcomes, against those told afterwards.",
                BY_PARTITION,
            ),
        }  # fmt: skip

    def _declare_findings(self) -> None:
        self.spikes_firing = self._gauge(
            "spikes_firing", "Spikes that are firing now, by kind.", (*BY_AGENT, "kind")
        )
        self.spikes = self._counter("spikes", "Spikes that began to fire.", (*BY_AGENT, "kind"))
        self.proposals = self._counter(
            "proposals", "Change proposals by kind of file and status.", (*BY_AGENT, "kind", "status")
        )
        self.withheld = self._counter("withheld", "Changes that were considered and withheld.", ("reason",))
        self.llm_calls = self._counter(
            "llm_calls", "Questions to a language model, by what became of them.", ("purpose", "outcome")
        )
        self.llm_tokens = self._counter(
            "llm_tokens", "Tokens sent to and received from a language model.", ("purpose", "direction")
        )

    def _declare_machinery(self) -> None:
        self.stage_duration = self._histogram(
            "stage_duration_seconds", "Time to process one batch of a stage.", ("stage",)
        )
        self.stage_events = self._counter(
            "stage_events", "Input events by stage and what became of them.", ("stage", "outcome")
        )
        self.lag = self._gauge("consumer_lag", "Records not yet processed.", ("topic", "partition"))
        self.dead_letters = self._counter(
            "dead_letters", "Events put on the dead-letter topic.", ("stage", "reason")
        )
        self.delay = self._histogram("event_delay_seconds", "From an event's record to its turn's count.")
        self.captured = self._counter(
            "captured_records", "Spans and log records by dialect and what they gave.", ("dialect", "outcome")
        )
        self.received = self._counter(
            "received_requests", "Requests to the receiver by path and answer.", ("path", "status")
        )
        self.embed_duration = self._histogram("embed_duration_seconds", "Time to embed one text.")
        self.last_event = self._gauge(
            "last_event_timestamp_seconds", "Event time of the newest counted event."
        )
        self._gauge("build_info", "Version of the program; always 1.", ("version",)).labels(
            version("groundswell")
        ).set(1)
        ProcessCollector(registry=self.registry)

    def expose(self, accept: str = "") -> tuple[bytes, str]:
        """Return the exposition and its content type; OpenMetrics, with exemplars, where accepted."""
        encoder, content_type = choose_encoder(accept)
        return encoder(self.registry), content_type

    def _counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(name, text, labels, namespace="groundswell", registry=self.registry)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(name, text, labels, namespace="groundswell", registry=self.registry)

    def _histogram(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Histogram:
        return Histogram(
            name, text, labels, namespace="groundswell", registry=self.registry, buckets=_SECONDS
        )

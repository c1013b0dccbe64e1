"""A spike event: an intent that is seen, or fails, more often than its own past explains.

Shaped for Alertmanager (webhook v4): labels are few and bounded, names and links are
annotations, ``fingerprint`` is the same from firing to resolved.
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from groundswell.models.contract import CloudEvent, Message, Milliseconds, Name
from groundswell.models.position import Source


class SpikeKind(StrEnum):
    """What was noticed."""

    VOLUME = "volume"  #: the intent's share of conversations rose
    FAILURE = "failure"  #: its failure rate rose
    EMERGING = "emerging"  #: an intent that did not exist before
    SLOW_BURN = "slow_burn"  #: no rise, but a high share of failing conversations for long


class SpikeLabels(Message):
    """Alertmanager labels: bounded sets only, never a name or a text."""

    alertname: str
    tenant: Name
    agent: Name
    intent_id: str
    intent_kind: SpikeKind
    severity: Literal["info", "warning", "critical"]


class SpikeAnnotations(Message):
    """Alertmanager annotations: for people."""

    intent_name: str
    summary: str
    runbook_url: str = ""
    examples_url: str = ""


class ReleaseMarker(Message):
    """A prompt version or release that was first seen in the intent's conversations at a minute."""

    kind: Literal["prompt_version", "release"]
    value: str
    minute: int


class Spike(CloudEvent):
    """`intent.spike.firing.v1` or `intent.spike.resolved.v1`."""

    tenant: Name
    agent: Name
    intent_id: str
    intent_name: str
    kind: SpikeKind
    status: Literal["firing", "resolved"]
    fingerprint: str
    starts_at: str = Field(serialization_alias="startsAt", validation_alias="startsAt")
    ends_at: str | None = Field(default=None, serialization_alias="endsAt", validation_alias="endsAt")
    labels: SpikeLabels
    annotations: SpikeAnnotations
    onset_minute: int = Field(description="minutes since the epoch, where the change most likely began")
    detected_minute: int
    observed: float = Field(description="conversations (volume) or failures (failure) since the onset")
    expected: float = Field(description="what the past explains for the same window")
    ratio: float
    ratio_low: float = Field(description="lower end of the 90 % interval")
    ratio_high: float
    excess: float = Field(description="observed - expected")
    conversations: int = Field(description="conversations of the intent since the onset")
    users: int = Field(description="distinct users since the onset; a lower bound when many")
    share_before: float
    share_after: float
    failure_rate: float | None = Field(default=None, description="of decided conversations since the onset")
    statistic: float = Field(description="log likelihood ratio, nats")
    threshold: float
    fines: tuple[str, ...] = Field(default=(), description="fine intents that the intent consisted of")
    release_markers: tuple[ReleaseMarker, ...] = ()
    prompt_versions: tuple[str, ...] = ()
    time_ms: Milliseconds
    as_of: tuple[Source, ...] = Field(default=(), description="conversation events taken in, by partition")
    groups: dict[str, str] = Field(
        default_factory=dict, description="fine intent -> intent, of the agent, as known at that minute"
    )
    names: dict[str, str] = Field(default_factory=dict, description="intent -> name, of the agent")
    dismissed: tuple[str, ...] = Field(
        default=(), description="intents of the agent that people dismissed: no change is sought for them"
    )
    look: bool = Field(
        default=False,
        description="a slow burn: the agent's decided conversations have grown by a quarter since this was "
        "last true, so its conversations are to be searched anew",
    )

"""The envelope of every change event: CloudEvents 1.0 attributes and the ids that make delivery idempotent.

Ids are hashes of what an event is about, never of
when it was made: the same trigger read twice gives the same bytes.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator

from groundswell.models.contract import CloudEvent, Message, rfc3339

SCHEMA_BASE = "https://github.com/groundswell/groundswell/raw/main/docs/schemas"


class Part(Message):
    """Base of everything inside an event: no infinities; fields go by name or alias, and out by alias."""

    model_config = ConfigDict(
        allow_inf_nan=False,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,
    )


class ChangeEnvelope(CloudEvent):
    """The CloudEvents attributes of a change event. `id` is stable on retry; `time` is event time."""

    model_config = Part.model_config

    event_type: ClassVar[str] = ""

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1, max_length=256)
    source: str = Field(min_length=1, description="/tenants/T/agents/A")
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = None

    @field_validator("time")
    @classmethod
    def _time_has_a_zone(cls, time: str) -> str:
        if datetime.fromisoformat(time).tzinfo is None:
            raise ValueError(f"time {time!r} has no zone; write RFC 3339, for example 2026-01-01T00:00:00Z")
        return time

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the attributes as Kafka headers, with the schema and the causal trace where they are set."""
        more = {"ce_dataschema": self.dataschema, "ce_traceparent": self.traceparent}
        return super().headers() + [(name, value.encode()) for name, value in more.items() if value]


def event_time(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC with milliseconds."""
    return rfc3339(round(moment.timestamp() * 1000))


def schema_url(event_type: str) -> str:
    """Return the `dataschema` of an event type."""
    return f"{SCHEMA_BASE}/{event_type}.json"


def source_of(tenant: str, agent: str) -> str:
    """Return the `source` of an agent's events."""
    return f"/tenants/{tenant}/agents/{agent}"


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, as 64 hex digits. Lone surrogates are kept apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_of(parts: Sequence[str]) -> str:
    """Return the SHA-256 of several strings. Lengths are hashed too, so no two lists collide by joining."""
    return digest_of("".join(f"{len(part)}:{part}" for part in parts))


def fingerprint_of(tenant: str, agent: str, intent: str, path: str, base_digest: str, mechanism: str) -> str:
    """Return the identity of a problem on a base: it is never proposed twice."""
    return hash_of((tenant, agent, intent, path, base_digest, mechanism))


def proposal_id_of(fingerprint: str, revision: int) -> str:
    """Return the id of one revision of the proposal with this fingerprint."""
    return "chg-" + hash_of((fingerprint, str(revision)))[:24]


def event_id_of(trigger_id: str, fingerprint: str, event_type: str) -> str:
    """Return the event `id` that the same trigger gives again on every retry."""
    return hash_of((trigger_id, fingerprint, event_type))[:32]

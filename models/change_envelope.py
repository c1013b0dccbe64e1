"""The envelope of every change event: CloudEvents 1.0 attributes and the ids that make delivery idempotent.

The attributes stand beside the data, so that an event read from a file is complete; on Kafka
they are repeated as `ce_*` headers (binary mode of the CloudEvents Kafka protocol binding, which
keeps `datacontenttype` in `content-type`). Ids are hashes of what an event is about, never of
when it was made: the same trigger read twice gives the same bytes.
"""

import hashlib
from collections.abc import Sequence
from typing import ClassVar, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

SCHEMA_BASE = "https://github.com/groundswell/groundswell/raw/main/docs/schemas"


class Part(BaseModel):
    """Base of everything in an event: frozen; unknown fields of newer minor versions are ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        allow_inf_nan=False,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,
    )


class CloudEvent(Part):
    """The CloudEvents 1.0 context attributes. `id` is stable on retry; `time` is event time."""

    event_type: ClassVar[str] = ""

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1, max_length=256)
    source: str = Field(min_length=1, description="/tenants/T/agents/A")
    type: str
    subject: str = Field(min_length=1, max_length=256)
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str = Field(min_length=1)
    traceparent: str | None = None

    @model_validator(mode="after")
    def _type_is_of_the_class(self) -> Self:
        if self.event_type and self.type != self.event_type:
            raise ValueError(f"type is {self.type!r}, not {self.event_type!r}: use its own model")
        return self

    def headers(self) -> dict[str, bytes]:
        """Return the Kafka headers of binary mode: `ce_*` in UTF-8 and `content-type`."""
        moment = self.model_dump(mode="json", include={"time"})["time"]
        named = {
            "ce_specversion": self.specversion,
            "ce_id": self.id,
            "ce_source": self.source,
            "ce_type": self.type,
            "ce_subject": self.subject,
            "ce_time": moment,
            "ce_dataschema": self.dataschema,
            "content-type": self.datacontenttype,
        }
        if self.traceparent:
            named["ce_traceparent"] = self.traceparent
        return {name: str(value).encode() for name, value in named.items()}

    def to_json(self) -> bytes:
        """Return the record value: the event as one JSON document, fields in declared order."""
        return self.model_dump_json().encode()


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

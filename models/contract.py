"""The base of everything that crosses a topic: strict in what we emit, lenient in what we read.

Field names and meanings of the envelope are those of CloudEvents 1.0
(https://github.com/cloudevents/spec): ``source`` + ``id`` is unique, and two events with
the same pair are duplicates.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

#: Tenant and agent names: they become parts of keys, labels and file names.
Name = Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,64}$")]
Milliseconds = Annotated[int, Field(description="event time, milliseconds since 1970-01-01T00:00Z")]


class Message(BaseModel):
    """A value that crosses a topic. Readers ignore fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")

    def encode(self) -> bytes:
        """Return the JSON bytes, keys in the order of declaration: equal values, equal bytes."""
        return orjson.dumps(self.model_dump(mode="json", by_alias=True))


class CloudEvent(Message):
    """The CloudEvents 1.0 attributes, which travel in the value and, as ``ce_`` headers, beside it."""

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str = Field(description="event time, RFC 3339; never the wall clock")
    datacontenttype: str = "application/json"
    dataschema: str = ""

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the attributes as Kafka headers (CloudEvents Kafka binding, binary mode)."""
        named: dict[str, Any] = {
            "ce_specversion": self.specversion,
            "ce_id": self.id,
            "ce_source": self.source,
            "ce_type": self.type,
            "ce_subject": self.subject,
            "ce_time": self.time,
            "content-type": self.datacontenttype,
        }
        return [(name, str(value).encode()) for name, value in named.items()]


def rfc3339(milliseconds: int) -> str:
    """Return *milliseconds* since the epoch as an RFC 3339 time in UTC.

    >>> rfc3339(0)
    '1970-01-01T00:00:00.000Z'
    """
    moment = datetime.fromtimestamp(milliseconds // 1000, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def owner_of(tenant: str, agent: str) -> str:
    """Return the key of a tenant's agent, under which its intents, minutes and spikes travel."""
    return f"{tenant}/{agent}"

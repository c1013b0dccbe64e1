"""An intent event: what happened to an agent's taxonomy, by machine or by a human."""

from typing import Literal

from pydantic import Field

from groundswell.models.contract import CloudEvent, Name
from groundswell.models.intents.intent_name import NamedBy, NameReason

IntentChange = Literal["created", "updated", "merged", "split", "renamed", "pinned", "retired", "revived"]


class IntentEvent(CloudEvent):
    """`intent.created.v1` and its kin. ``subject`` is the intent."""

    tenant: Name
    agent: Name
    intent_id: str
    change: IntentChange
    actor: Literal["machine", "human"] = "machine"
    name: str = ""
    previous_name: str | None = None
    terms: tuple[str, ...] = Field(default=(), description="distinctive words, strongest first")
    example: str = Field(default="", description="a central turn of users; written by strangers")
    examples: tuple[str, ...] = Field(
        default=(), description="up to three central turns; written by strangers"
    )
    description: str = Field(default="", description="one sentence of what users say; quotes strangers")
    named_by: NamedBy = Field(
        default="machine", description="a human's name outranks a model's, that the machine's"
    )
    name_version: int = Field(default=1, description="how many names the intent has had")
    reason: NameReason | None = Field(default=None, description="why it has this name")
    lineage: tuple[str, ...] = Field(default=(), description="parents (split, created) or successor (merged)")
    fines: tuple[str, ...] = Field(default=(), description="fine intents it consists of")
    version: int = 1

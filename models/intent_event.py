"""An intent event: what happened to an agent's taxonomy, by machine or by a human."""

from typing import Literal

from pydantic import Field

from groundswell.models.contract import CloudEvent, Name
from groundswell.models.intent_shape import IntentShape

IntentChange = Literal[
    "created", "updated", "merged", "split", "renamed", "pinned", "retired", "revived", "flagged"
]


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
    example: str = Field(default="", description="its most central short turn; written by strangers")
    lineage: tuple[str, ...] = Field(default=(), description="parents (split, created) or successor (merged)")
    fines: tuple[str, ...] = Field(default=(), description="fine intents it consists of")
    version: int = 1
    shape: IntentShape | None = Field(
        default=None, description="how good it is, if that was measured; `flagged`: `mixed` has changed"
    )

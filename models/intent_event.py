"""An intent event: what happened to an agent's taxonomy, by machine or by a human."""

from typing import Literal

from pydantic import Field

from groundswell.models.contract import CloudEvent, Name
from groundswell.models.intent_shape import IntentShape

IntentChange = Literal[
    "created",
    "updated",
    "merged",
    "split",
    "renamed",
    "described",
    "pinned",
    "unpinned",
    "retired",
    "revived",
    "dismissed",
    "undismissed",
    "constrained",
    "flagged",
]


class IntentEvent(CloudEvent):
    """`intent.created.v1` and its kin. ``subject`` is the intent."""

    tenant: Name
    agent: Name
    intent_id: str
    change: IntentChange
    actor: Literal["machine", "human"] = "machine"
    by: str = Field(default="", description="who it was, where a human did it")
    command_id: str = Field(default="", description="id of the command that did it")
    name: str = ""
    previous_name: str | None = None
    description: str = Field(default="", description="described: what a person says the intent is")
    terms: tuple[str, ...] = Field(default=(), description="distinctive words, strongest first")
    example: str = Field(default="", description="its most central short turn; written by strangers")
    lineage: tuple[str, ...] = Field(default=(), description="parents (split, created) or successor (merged)")
    share: float | None = Field(
        default=None, description="by a command: part of the whole's weight that merged or split off"
    )
    fines: tuple[str, ...] = Field(default=(), description="fine intents it consists of")
    version: int = 1
    shape: IntentShape | None = Field(
        default=None, description="how good it is, if that was measured; `flagged`: `mixed` has changed"
    )

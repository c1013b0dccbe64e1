"""An intent event: what happened to an agent's taxonomy, by machine or by a human."""

from typing import Literal

from pydantic import Field

from groundswell.models.contract import CloudEvent, Name
from groundswell.models.intent_shape import IntentShape
from groundswell.models.intents.intent_name import NamedBy, NameReason

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
    actor: Literal["machine", "llm", "human"] = "machine"
    by: str = Field(default="", description="who gave the command, where one did it")
    command_id: str = Field(default="", description="id of the command that did it")
    name: str = ""
    previous_name: str | None = None
    terms: tuple[str, ...] = Field(default=(), description="distinctive words, strongest first")
    example: str = Field(default="", description="a central turn of users; written by strangers")
    examples: tuple[str, ...] = Field(
        default=(), description="up to three central turns; written by strangers"
    )
    description: str = Field(
        default="",
        description="described: what a person says the intent is; else a model's, or quotes of its users",
    )
    named_by: NamedBy = Field(
        default="machine", description="who gave the name: a human's outranks all others"
    )
    name_version: int = Field(default=1, description="how many names the intent has had")
    reason: NameReason | None = Field(default=None, description="why it has this name")
    lineage: tuple[str, ...] = Field(default=(), description="parents (split, created) or successor (merged)")
    share: float | None = Field(
        default=None, description="by a command: part of the whole's weight that merged or split off"
    )
    fines: tuple[str, ...] = Field(default=(), description="fine intents it consists of")
    version: int = 1
    shape: IntentShape | None = Field(
        default=None, description="how good it is, if that was measured; `flagged`: `mixed` has changed"
    )

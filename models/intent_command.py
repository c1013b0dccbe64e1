"""An intent command: what is wanted changed about an agent's intents, and what became of it.

All but `suggest-name`, which a language model sends, are a person's.

A command is dropped if its `id` came before. It is applied whole or refused whole; the answer says which.
"""

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field, model_validator

from groundswell.models.change_envelope import ChangeEnvelope
from groundswell.models.contract import Message, Name

CommandKind = Literal[
    "rename",
    "describe",
    "merge",
    "split",
    "pin",
    "unpin",
    "retire",
    "unretire",
    "dismiss",
    "undismiss",
    "move-examples",
    "must-link",
    "cannot-link",
    "undo",
    "suggest-name",
]
KINDS: tuple[str, ...] = get_args(CommandKind)

RefusalReason = Literal[
    "unknown_intent",  # no intent of this agent has, or had, that id
    "retired_intent",  # a person retired it: only unretire, rename, describe and undo apply
    "merged_intent",  # it is part of another by now
    "unknown_turn",  # the example is no archived turn of this agent that says what a user wants
    "cycle",  # an intent into itself
    "contradiction",  # the examples say the same, or would leave nothing behind
    "empty",  # the intent holds no events to hold on to
    "limit",  # as many sub-intents are held as can be
    "no_change",  # it is so already
    "unknown_command",  # the command to undo is not among those remembered
    "not_undoable",  # it was undone before, or is an undo itself
    "superseded",  # a later command rests on it; a name suggested for one that stands no more
    "outranked",  # suggest-name: a person named it
    "unfit_name",  # suggest-name: it breaks the rules of names, or is too much like another
]

MAX_NAME = 60
MAX_DESCRIPTION = 500
MAX_INTENTS = 32
MAX_EXAMPLES = 64

IntentId = Annotated[str, Field(pattern=r"^[0-9A-Z]{26}$")]
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
TurnId = Annotated[str, Field(pattern=_UUID, description="uuid of a turn, as `turns` has it")]
Examples = Annotated[tuple[TurnId, ...], Field(max_length=MAX_EXAMPLES)]

#: What each command must say; `intent` of those that are not listed.
_NEEDS: dict[str, tuple[str, ...]] = {
    "rename": ("intent", "name"),
    "describe": ("intent", "description"),
    "merge": ("intents", "into"),
    "split": ("intent", "examples"),
    "move-examples": ("examples", "into"),
    "must-link": ("examples",),
    "cannot-link": ("examples",),
    "undo": ("undoes",),
    "suggest-name": ("intent", "name", "name_version"),
}


class IntentCommand(ChangeEnvelope):
    """`intent.command.v1`: written to `intent-commands` by the command line, the board, or any program."""

    event_type: ClassVar[str] = "intent.command.v1"

    type: Literal["intent.command.v1"] = "intent.command.v1"
    source: str = Field(default="/groundswell/teaching", min_length=1, max_length=256)
    subject: str = ""
    tenant: Name
    agent: Name
    actor: str = Field(min_length=1, max_length=200, description="who wants it: kept for the audit")
    command: CommandKind
    intent: IntentId | None = Field(default=None, description="the intent that is spoken of")
    intents: tuple[IntentId, ...] = Field(default=(), max_length=MAX_INTENTS, description="merge: these")
    into: IntentId | None = Field(
        default=None, description="merge, move-examples: the intent that takes them"
    )
    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_NAME,
        description="rename, suggest-name; split: of what leaves",
    )
    name_version: int | None = Field(
        default=None, ge=1, description="suggest-name: version of the machine's name that it is to replace"
    )
    description: str | None = Field(default=None, max_length=MAX_DESCRIPTION)
    examples: Examples = Field(
        default=(), description="turns: split: those that leave; else those that are moved or linked"
    )
    keeps: Examples = Field(
        default=(), description="split: turns that stay; else the intent's centre decides"
    )
    undoes: str | None = Field(
        default=None, min_length=1, max_length=256, description="undo: id of a command"
    )

    @model_validator(mode="after")
    def _complete(self) -> "IntentCommand":
        """Refuse a command that lacks what it is about."""
        for field in _NEEDS.get(self.command, ("intent",)):
            if getattr(self, field) in (None, ()):
                raise ValueError(f"missing: {self.command} needs {field}")
        if self.command in ("must-link", "cannot-link"):
            exact = self.command == "cannot-link"
            if len(set(self.examples)) < 2 or (exact and len(self.examples) != 2):
                raise ValueError(
                    f"{self.command} needs {'two' if exact else 'at least two'} different examples"
                )
        if self.command == "split" and set(self.examples) & set(self.keeps):
            raise ValueError("an example cannot both leave and stay")
        return self

    @property
    def turns(self) -> tuple[str, ...]:
        """The example turns, each once, in order."""
        return tuple(dict.fromkeys((*self.examples, *self.keeps)))


class CommandRead(Message):
    """A command on its way through `turns`: its place among the turns is the log's, so it is a fact.

    `vectors`: of each example that the archive has, what was clustered (float32, little endian, base64).
    """

    given: IntentCommand
    vectors: dict[str, str] = Field(default_factory=dict)


class IntentCommandAnswer(ChangeEnvelope):
    """`intent.command.applied.v1` or `.refused.v1`: one for each command, on `intent-events`."""

    dataschema: str = Field(min_length=1)
    tenant: Name
    agent: Name
    command_id: str
    command: CommandKind
    actor: str
    status: Literal["applied", "refused"]
    reason: RefusalReason | None = None
    detail: str = ""
    intents: tuple[str, ...] = Field(default=(), description="intents that it touched, new ones included")

"""A thread: one whole conversation, as the search for a change sees it.

Texts are already redacted where they enter the program; they are untrusted all the same.
A tool turn holds the call and its result together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from groundswell.models.proposals.tools import ErrorKind, error_kind, is_tool_name

MAX_CALLS = 500


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool call: its name, arguments, the text of its result, and whether it failed.

    `error` is None where the source did not say; then a result that starts with "Error" is one.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    result: str = ""
    error: bool | None = None

    @property
    def failure(self) -> ErrorKind | None:
        """What kind of error the call ended with, or None where it succeeded."""
        failed = self.error if self.error is not None else self.result.startswith("Error")
        return error_kind(self.result) if failed else None


@dataclass(frozen=True, slots=True)
class ThreadTurn:
    """One turn: `index` counts from 0 in the conversation; `tool` is set on tool turns."""

    index: int
    role: str
    text: str = ""
    tool: ToolUse | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call in its place: the turn index and what was called."""

    turn: int
    use: ToolUse
    failure: ErrorKind | None

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.use.name

    @property
    def ok(self) -> bool:
        """Whether the call succeeded."""
        return self.failure is None


@dataclass(frozen=True)
class Thread:
    """A conversation with its outcome.

    `failed` is None where the outcome is unknown, `confirmed` tells an explicit outcome from an
    inferred one. `group` names what makes conversations alike beyond the agent's doing (the user,
    or the task): statistics are corrected for it. `stratum` is the agent's version
    (model and prompt version): only conversations of one stratum are compared.
    """

    conversation_id: str
    turns: tuple[ThreadTurn, ...]
    failed: bool | None = None
    confirmed: bool = False
    group: str = ""
    stratum: str = ""
    intents: tuple[str, ...] = ()
    user: str | None = None
    slices: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The tool calls, in order; of an endless conversation the first 500.

        Calls of what has no tool's name are left out: names are written into files.
        """
        uses = ((turn.index, turn.tool) for turn in self.turns if turn.tool is not None)
        named = ((index, use) for index, use in uses if is_tool_name(use.name))
        return tuple(Call(index, use, use.failure) for index, use in islice(named, MAX_CALLS))

    @property
    def cluster(self) -> str:
        """The group, or the conversation itself where no group is known."""
        return self.group or self.conversation_id

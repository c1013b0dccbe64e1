"""What people have told about one intent, and who did what to it when."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple

#: What is remembered of one intent's commands, newest last.
HISTORY = 20


class Deed(NamedTuple):
    """One entry of an intent's history: the command, who gave it, when (RFC 3339), what it did."""

    command_id: str
    command: str
    actor: str
    time: str
    detail: str


@dataclass(slots=True)
class Told:
    """Facts that outrank the machine, and the history of the commands that concerned the intent."""

    name: str = ""
    description: str = ""
    pinned: bool = False
    retired: bool = False
    dismissed: bool = False
    history: list[Deed] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether any fact is told, so that the intent is held as it is."""
        return bool(self.name or self.description or self.pinned or self.retired or self.dismissed)

    def note(self, deed: Deed) -> None:
        """Add to the history, forgetting the oldest beyond the bound."""
        self.history = [*self.history, deed][-HISTORY:]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value without what is not told."""
        value = {name: one for name, one in asdict(self).items() if one and name != "history"}
        return {**value, "history": [list(deed) for deed in self.history]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Told":
        """Return the facts that `to_json` gave."""
        known = {one.name for one in fields(cls)} - {"history"}
        facts = {name: one for name, one in value.items() if name in known}
        return cls(**facts, history=[Deed(*deed) for deed in value.get("history", ())])

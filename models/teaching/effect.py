"""What a command did, for those who announce it."""

from dataclasses import dataclass, field

from groundswell.models.intent_event import IntentChange
from groundswell.models.intents.settling import Shift


@dataclass(slots=True)
class Effect:
    """Intents touched, what was done in words, shifts between intents, and changes to be announced."""

    touched: list[str]
    detail: str
    shifts: list[Shift] = field(default_factory=list)
    said: list[tuple[IntentChange, str]] = field(default_factory=list)
    revived: list[str] = field(default_factory=list)

    def tell(self, intent: str, fact: str, value: object) -> None:
        """Note the announcement that a fact has a value now; a name announces itself."""
        if fact == "description":
            self.said.append(("described", intent))
        elif fact == "pinned":
            self.said.append(("pinned" if value else "unpinned", intent))
        elif fact == "dismissed":
            self.said.append(("dismissed" if value else "undismissed", intent))
        elif fact == "retired" and not value:
            self.revived.append(intent)

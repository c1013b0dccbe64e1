"""What is said between two goals: "Hello", "How can I help?", and then another need.

Such an exchange belongs to the goal that it leads to. While it lasts, nobody knows that: its turns go with
the goal at hand, which seems to be unanswered and then asked back. So how that goal stood before the
exchange is kept, and if the need that ends it opens a goal, the former stands so again. A greeting of the
user begins an exchange, and so does any turn that is no need and that the agent answers by an open offer;
whatever else the agent says or does goes on with the goal at hand.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from groundswell.models.reading.expectation import invites
from groundswell.models.reading.language import LANGUAGES
from groundswell.models.reading.phrases import Signal
from groundswell.models.reading.segment import Segment
from groundswell.models.reading.signals import closes
from groundswell.models.reading.wording import Wording


def greets(wording: Wording) -> bool:
    """Return whether the turn starts with a greeting, in any language."""
    return any(language.acts.greetings.search(wording.plain) for language in LANGUAGES)


@dataclass(slots=True)
class Parting:
    """How the goal at hand stood before what may lead to another; `led` once it looks so."""

    stood: dict[str, Any] | None = None
    led: bool = False

    def user(self, segment: Segment, wording: Wording, shown: Collection[Signal]) -> None:
        """Take in a user's turn that is no need, before *segment* does."""
        if self.led or not segment.stated:
            return
        self.led = greets(wording)
        self.stood = segment.standing() if self.led or not closes(shown) else None

    def agent(self, text: str, shown: Collection[Signal]) -> None:
        """Take in an agent's text: an open offer leads to another goal, all else goes on with this one."""
        if self.stood is not None:
            self.led = invites(text) and Signal.ANYTHING_ELSE not in shown
            self.stood = self.stood if self.led else None

    def goes_on(self) -> None:
        """Take in what is of the goal at hand: a need, or a tool at work."""
        self.stood, self.led = None, False

    def open(self, former: Segment) -> None:
        """Let the *former* goal stand as it stood, now that another one opens."""
        if self.led and self.stood is not None:
            former.stand(self.stood)

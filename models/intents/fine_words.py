"""What the turns of one sub-intent say: bounded counts of their terms, and the most central short ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from groundswell.models.intents.terms import TermCounts

TERMS_KEPT = 64  # per sub-intent
EXAMPLES_KEPT = 4


class Example(NamedTuple):
    """An exemplary turn: its closeness to the centroid, its text, and the conversation it is from."""

    closeness: float
    text: str
    conversation: str = ""


@dataclass(slots=True)
class FineWords:
    """What the turns of one sub-intent say: how many, their terms, the most central short ones."""

    fine: str
    turns: int = 0
    counts: TermCounts = field(default_factory=lambda: TermCounts(TERMS_KEPT))
    examples: list[Example] = field(default_factory=list)  # closest first

    def add_examples(self, found: Sequence[Example]) -> None:
        """Keep the closest of the old and new exemplary turns."""
        best: dict[str, Example] = {}
        for one in [*self.examples, *found]:
            if one.text not in best or one.closeness > best[one.text].closeness:
                best[one.text] = one
        ranked = sorted(best.values(), key=lambda one: (-one.closeness, one.text))
        self.examples = ranked[:EXAMPLES_KEPT]

"""What the turns of one sub-intent say: bounded counts of their terms, and the most central ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from groundswell.models.intents.terms import TermCounts

TERMS_KEPT = 64  # per sub-intent
EXAMPLES_KEPT = 8
_LOOK = 2  # one turn of so many is held against the most common word
TYPICAL = 2  # of these must say the most common word, where one turn does
OPENING = 5  # of these are first turns of their goals, where there are so many


class Example(NamedTuple):
    """A turn that may be exemplary: its cosine to the centroid on arrival, text, conversation, micro-cluster.

    opens: whether it is the first of its goal; else it may only answer what the agent asked.
    """

    closeness: float
    text: str
    conversation: str = ""
    micro: int = -1
    opens: bool = True


@dataclass(slots=True)
class FineWords:
    """What the turns of one sub-intent say: how many, their terms, the most central ones."""

    fine: str
    turns: int = 0
    counts: TermCounts = field(default_factory=lambda: TermCounts(TERMS_KEPT))
    examples: list[Example] = field(default_factory=list)  # closest first

    def wants(self, turn: Example) -> bool:
        """Return whether a turn would be among the exemplary ones, by how close it is or what it opens."""
        if len(self.examples) < EXAMPLES_KEPT or turn.closeness >= self.examples[-1].closeness:
            return True
        return turn.opens and sum(one.opens for one in self.examples) < OPENING

    @property
    def commonest(self) -> str:
        """The word that most turns say, or the empty text."""
        most, found = 0, ""
        for word, count in self.counts.counts.items():
            if count >= most and " " not in word and (count > most or word > found):
                most, found = count, word
        return found

    def misses(self, text: str) -> bool:
        """Return whether a turn that is looked at says what most say, as hardly any exemplary one does."""
        word = self.commonest if self.turns % _LOOK == 0 else ""
        if not word or word not in text.lower():
            return False
        return sum(word in one.text.lower() for one in self.examples) < TYPICAL

    def add_examples(self, found: Sequence[Example]) -> None:
        """Keep the closest of the old and new exemplary turns, and of those that say what most say, some."""
        best: dict[str, Example] = {}
        for one in [*self.examples, *found]:
            if one.text not in best or one.closeness > best[one.text].closeness:
                best[one.text] = one
        ranked = sorted(best.values(), key=lambda one: (-one.closeness, one.text))
        if len(ranked) > EXAMPLES_KEPT:
            word = self.commonest
            places = range(len(ranked))
            typical = [at for at in places if word and word in ranked[at].text.lower()][:TYPICAL]
            opening = [at for at in places if ranked[at].opens][:OPENING]
            first = list(dict.fromkeys([*typical, *opening, *places]))[:EXAMPLES_KEPT]
            ranked = [ranked[at] for at in sorted(first)]
        self.examples = ranked

    def to_json(self) -> dict[str, Any]:
        """Return a document from which `of_json` restores the same."""
        return {
            "fine": self.fine,
            "turns": self.turns,
            "terms": self.counts.counts,
            "examples": [list(example) for example in self.examples],
        }

    @classmethod
    def of_json(cls, payload: Mapping[str, Any]) -> "FineWords":
        """Restore what `to_json` gave."""
        examples = [Example(*example) for example in payload["examples"]]
        return cls(payload["fine"], payload["turns"], TermCounts(TERMS_KEPT, payload["terms"]), examples)

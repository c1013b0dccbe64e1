"""What the turns of one intent say, against what all turns of the agent say."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from groundswell.models.intents.fine_words import FineWords
from groundswell.models.intents.word_book import WordBook, stems_of
from groundswell.models.naming.rules import stems
from groundswell.models.naming.weights import Weights

TOP_TERMS = 10  # of an intent that are told
POOL = 16  # exemplary turns that a name is sought in
OPENINGS = 2  # of an intent's exemplary turns that open a goal, from which the others are replies
PAIR_BONUS = 1.6  # pairs of words are rarer than words, and say more
SUPPORT = 0.06  # share of the turns that a term needs to be put first
EVERYWHERE = 0.25  # share of the agent's turns that a term of no distinction has


@dataclass(frozen=True, slots=True)
class IntentWords:
    """Exemplary turns, most central first; the most distinctive terms, strongest first; weights of stems.

    replies: of the exemplary turns, those that do not open a goal, unless hardly any does.
    sources: of each exemplary turn, the conversations that it is from.
    book, largest: what it was gathered from, and of that the two sub-intents with most turns.
    """

    pool: list[str]
    ranked: list[str]
    weights: Weights
    replies: frozenset[str] = frozenset()
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    book: WordBook | None = None
    largest: tuple[FineWords, ...] = ()

    @classmethod
    def of(cls, book: WordBook, fines: Iterable[str]) -> "IntentWords":
        """Gather what sub-intents say together."""
        entries = book.found(fines)
        own, roots = said_by(entries)
        turns = sum(entry.turns for entry in entries)
        weights = Weights.of(roots, book.heard, turns, book.turns, book.lore())
        pool = _pool(entries)
        opening = {one.text for entry in entries for one in entry.examples if one.opens}
        replies = frozenset(pool) - opening if len(opening) >= OPENINGS else frozenset()
        ranked = _ranked(own, turns, book)[:TOP_TERMS]
        return cls(pool, ranked, weights, replies, _sources(entries), book, tuple(entries[:2]))

    @property
    def parts(self) -> list["IntentWords"]:
        """What the two largest sub-intents say, each by itself; nothing where there is one."""
        if self.book is None or len(self.largest) < 2:
            return []
        return [IntentWords.of(self.book, [entry.fine]) for entry in self.largest]

    @property
    def turns(self) -> int:
        """How many turns there were."""
        return self.weights.turns

    def share(self, name: str) -> float:
        """Return the share of the turns that say the rarest word of a name."""
        return min((self.weights.share(root) for root in stems(name)), default=0.0)

    def says(self, name: str) -> float:
        """Return how much of what sets the intent apart a name says."""
        return sum(self.weights.weight.get(root, 0.0) for root in sorted(stems(name)))


def _pool(entries: Sequence[FineWords]) -> list[str]:
    """Return the closest turn of each sub-intent, the largest first, then the next of each.

    Those that open a goal come before those that may only reply.
    """
    rows = [[one.text for one in sorted(entry.examples, key=lambda one: not one.opens)] for entry in entries]
    deepest = max(map(len, rows), default=0)
    mixed = [row[rank] for rank in range(deepest) for row in rows if rank < len(row)]
    return list(dict.fromkeys(mixed))[:POOL]


def _sources(entries: Sequence[FineWords]) -> dict[str, frozenset[str]]:
    """Return the conversations that each exemplary turn is from, where they are known."""
    found: dict[str, frozenset[str]] = {}
    for one in (one for entry in entries for one in entry.examples if one.conversation):
        found[one.text] = found.get(one.text, frozenset()) | {one.conversation}
    return found


def _ranked(own: Mapping[str, int], turns: int, book: WordBook) -> list[str]:
    """Return terms, most distinctive first, those of few turns last.

    Class-based TF-IDF as in BERTopic (Grootendorst, 2022): how many turns of the intent say a term, times
    ln(1 + a fixed share of all turns / turns that say it everywhere).
    """
    mean, least = EVERYWHERE * book.turns, SUPPORT * turns

    def rank(term: str) -> tuple[bool, float, str]:
        bonus = PAIR_BONUS if " " in term else 1.0
        return own[term] < least, -own[term] * bonus * math.log(1 + mean / book.heard[stems_of(term)]), term

    return sorted(own, key=rank)


def said_by(entries: Sequence[FineWords]) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many turns say each term, and each stem, over sub-intents."""
    own: dict[str, int] = {}
    roots: dict[str, int] = {}
    for entry in entries:
        for term, count in entry.counts.counts.items():
            own[term] = own.get(term, 0) + count
            root = stems_of(term)
            roots[root] = roots.get(root, 0) + count
    return own, roots

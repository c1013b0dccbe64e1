"""Terms of a turn: its content words and pairs of neighbouring ones; and a bounded count of terms."""

from collections.abc import Iterable
from itertools import pairwise

from groundswell.models.naming.clauses import normal, uncoded
from groundswell.models.naming.lexicon import Part, lexicon_of
from groundswell.models.naming.tokens import LONGEST, SHORTEST, WORD

WORDS_READ = 120  # of one turn


def words(text: str) -> list[str]:
    """Return the content words of a turn in order, lower case, without generic words, codes, placeholders.

    Where words are not spaced, every two neighbouring characters are one.
    """
    plain = uncoded(normal(text)).lower()
    spelt = [match.group() for match in WORD.finditer(plain)][:WORDS_READ]
    lexicon = lexicon_of(spelt)
    if lexicon.cut is not None and not plain.isascii():
        plain = lexicon.cut.sub(" ", plain)
        spelt = _paired(plain)[:WORDS_READ]
    part = lexicon.parts.get
    return [
        word
        for word in spelt
        if part(word, Part.CONTENT) is Part.CONTENT and SHORTEST <= len(word) <= LONGEST
    ]


def _paired(plain: str) -> list[str]:
    """Return the words; of a run of unspaced characters every two neighbours."""
    found: list[str] = []
    end, last = -1, ""
    for match in WORD.finditer(plain):
        word = match.group()
        single = len(word) == 1 and not word.isascii()
        if single and last and match.start() == end:
            found.append(last + word)
        elif not single:
            found.append(word)
        end, last = match.end(), word if single else ""
    return found


def terms(text: str) -> list[str]:
    """Return the distinct words, and pairs of words with no content word between them, in order."""
    content = words(text)
    pairs = (f"{a} {b}" for a, b in pairwise(content) if a != b)
    return list(dict.fromkeys([*content, *pairs]))


class TermCounts:
    """The most frequent terms in bounded space: "frequent items" with purges (Anderson et al., 2017).

    Counts are exact until there are twice `capacity` terms; then the count of the first that is too many
    is taken from all, and what has none left goes. So a count is never too high, and the work is a
    constant for each term.
    """

    def __init__(self, capacity: int, counts: dict[str, int] | None = None) -> None:
        self.capacity = capacity
        self.counts = counts or {}

    def add(self, term: str) -> None:
        """Count a term."""
        self.counts[term] = self.counts.get(term, 0) + 1

    def take(self, terms: Iterable[str]) -> None:
        """Take one off the count of terms that are counted."""
        for term in terms:
            self.counts[term] -= 1
        self.counts = {term: count for term, count in self.counts.items() if count}

    @property
    def crowded(self) -> bool:
        """Whether a purge is due."""
        return len(self.counts) > 2 * self.capacity

    def purge(self) -> None:
        """Keep the most frequent terms, less the count of the most frequent one that goes."""
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        least = ranked[self.capacity][1] if len(ranked) > self.capacity else 0
        self.counts = {term: count - least for term, count in ranked[: self.capacity] if count > least}

    def merge(self, other: "TermCounts") -> None:
        """Add another count."""
        for term, count in other.counts.items():
            self.counts[term] = self.counts.get(term, 0) + count
        if self.crowded:
            self.purge()

    def drop(self, most: int) -> None:
        """Forget the terms that were counted at most so often."""
        self.counts = {term: count for term, count in self.counts.items() if count > most}

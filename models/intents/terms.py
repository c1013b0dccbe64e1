"""Terms of a turn: its content words and pairs of neighbouring ones; and a bounded count of terms."""

import re
import unicodedata
from itertools import pairwise

from groundswell.models.intents.stopwords import GENERIC, STOPWORDS

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
PLACEHOLDER = re.compile(r"\[[a-z][a-z0-9_ -]{0,23}\]")  # what redaction leaves: [email], [phone], ...
CAPITALS = re.compile(r"\b[A-Z]{5,}\b")  # IFOYYZ; a text all in capitals is only loud
WORDS_READ = 200  # of one turn
SHORTEST, LONGEST = 2, 24  # characters of a content word


def words(text: str) -> list[str]:
    """Return the content words of a turn in order, lower case, without generic words, codes, placeholders."""
    normal = PLACEHOLDER.sub(" ", unicodedata.normalize("NFKC", text[:4096]))
    normal = " ".join(token for token in normal.split() if not is_code(token))
    plain = (normal if normal.isupper() else CAPITALS.sub(" ", normal)).lower()
    found = (match.group().replace("’", "'") for match in WORD.finditer(plain))
    kept = [w for w in found if w not in STOPWORDS and w not in GENERIC and SHORTEST <= len(w) <= LONGEST]
    return kept[:WORDS_READ]


def is_code(token: str) -> bool:
    """Return whether a token names one thing of one user: K1NW8N, #W2378156, omar_rossi_1241."""
    return "_" in token or (any(c.isdigit() for c in token) and any(c.isalpha() for c in token))


def terms(text: str) -> list[str]:
    """Return the distinct words, and pairs of words with no content word between them, in order."""
    content = words(text)
    pairs = (f"{a} {b}" for a, b in pairwise(content) if a != b)
    return list(dict.fromkeys([*content, *pairs]))


class TermCounts:
    """The most frequent terms in bounded space, by space-saving (Metwally et al., 2005).

    `counts` maps a term to [count, overcount at most].
    """

    def __init__(self, capacity: int, counts: dict[str, list[int]] | None = None) -> None:
        self.capacity = capacity
        self.counts = counts or {}

    def add(self, term: str) -> None:
        """Count a term; a new one takes the place, and the count, of the rarest when there is no room."""
        held = self.counts.get(term)
        if held is not None:
            held[0] += 1
        elif len(self.counts) < self.capacity:
            self.counts[term] = [1, 0]
        else:
            rarest = min(self.counts, key=lambda t: (self.counts[t][0], t))
            least = self.counts.pop(rarest)[0]
            self.counts[term] = [least + 1, least]

    def merge(self, other: "TermCounts") -> None:
        """Add another count and keep the most frequent terms (Agarwal et al., 2012)."""
        for term, (count, over) in other.counts.items():
            held = self.counts.setdefault(term, [0, 0])
            held[0] += count
            held[1] += over
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1][0], item[0]))
        self.counts = dict(ranked[: self.capacity])

    def drop(self, most: int) -> None:
        """Forget the terms that were counted at most so often."""
        self.counts = {term: count for term, count in self.counts.items() if count[0] > most}

    def sure(self) -> dict[str, int]:
        """Return the counts that are certain."""
        return {term: count - over for term, (count, over) in self.counts.items() if count > over}

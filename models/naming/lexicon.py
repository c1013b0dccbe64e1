"""What part a word plays in a name, by language: data files in `languages/`, read once.

A turn is read by the file of the language that has the most function words among its words (see
`reading.language.spoken`), by several where that is a tie. The files of scripts that no other language uses
are always read.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from importlib.resources import files

from groundswell.models.reading.language import LANGUAGES, Language, spoken

#: Scripts that are written without spaces: Thai, Japanese, Chinese.
UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED = re.compile(f"[{UNSPACED}]")


class Part(IntEnum):
    """What a word does in a name."""

    CONTENT = 0
    LIGHT = 1  # may open a name, weighs nothing
    DENIAL = 2  # not, can't: may open a name and is never cut off
    DENIED = 3  # isn't: never cut off, and opens none
    PARTICLE = 4  # top up: at an end only after its verb
    INNER = 5  # prepositions: never at an end
    GENERIC = 6  # help, problem: never carries a name
    SUBJECT = 7  # left out, but before a denial
    DROPPED = 8


DENIALS = (Part.DENIAL, Part.DENIED)


_TABLES = {
    "dropped": Part.DROPPED,
    "generic": Part.GENERIC,
    "light": Part.LIGHT,
    "inner": Part.INNER,
    "denials": Part.DENIAL,
    "denied": Part.DENIED,
    "particles": Part.PARTICLE,
    "subjects": Part.SUBJECT,
}


_WORDS = (
    "asking",
    "links",
    "joints",
    "stops",
    "helpers",
    "nominal",
    "articles",
    "gaps",
    "pronouns",
    "questions",
    "others",
    "needs",
    "binding",
    "anaphora",
    "stands",
    "auxiliaries",
    "addressed",
    "heads",
    "indefinite",
    "comparing",
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the words of a language do.

    parts: of the words that are not content.
    asking: words that ask; links: those that may stand between one and what is asked ("to").
    nominal: of both, those that ask for a thing ("I need"), not for something to be done ("can you").
    articles: of what is left out, what stands before a noun; pronouns: of these, what may stand for one;
    gaps: what no phrase goes on after.
    questions: words that ask for an answer ("what"); others: that open what is told of others ("someone");
    needs: that open a name of one word of content ("need ride").
    binding: of the prepositions, those that no name ends before ("number of suitcases").
    anaphora: what stands for a thing that was told of before ("exchange it"); stands: what does after an
    article ("the one I ordered").
    addressed: the one who is spoken to, of whom nothing is told: "the top-up you offered".
    heads: nouns that are left out but where a word of content says which: "a different day". indefinite:
    articles after which what stands for a thing is one of many: "a shorter one", not "the older one".
    comparing: words before which no name ends, nor after what they compare: "higher than".
    participles: words that tell of what stands before them by what follows: "connected to".
    auxiliaries: after these a question has a subject and a verb of its own ("how long does it take").
    joints: words after which another clause may begin; stops: with which another one does.
    helpers: verbs that are left out, but for those after a denial.
    frames: runs of words that are left out as a whole.
    cut: what is cut out of unspaced text.
    close: words that are read as one: "how long", "due to"; a hyphen joins them where they stand in tables.
    """

    parts: Mapping[str, Part]
    asking: frozenset[str]
    links: frozenset[str]
    joints: frozenset[str]
    stops: frozenset[str]
    helpers: frozenset[str]
    nominal: frozenset[str] = frozenset()
    articles: frozenset[str] = frozenset()
    gaps: frozenset[str] = frozenset()
    pronouns: frozenset[str] = frozenset()
    questions: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    binding: frozenset[str] = frozenset()
    anaphora: frozenset[str] = frozenset()
    stands: frozenset[str] = frozenset()
    auxiliaries: frozenset[str] = frozenset()
    addressed: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()
    indefinite: frozenset[str] = frozenset()
    comparing: frozenset[str] = frozenset()
    frames: re.Pattern[str] | None = None
    cut: re.Pattern[str] | None = None
    close: re.Pattern[str] | None = None
    participles: re.Pattern[str] | None = None

    def part(self, word: str) -> Part:
        """Return what a lower-case word does."""
        return self.parts.get(word, Part.CONTENT)

    @staticmethod
    def first_word(word: str) -> str:
        """Return a word without what is contracted with it: "what" of "what's"."""
        return word.lower().split("'")[0]


def read_lexicon(document: Mapping[str, str]) -> Lexicon:
    """Return the lexicon of a data file's document."""
    parts = {word: part for table, part in _TABLES.items() for word in document.get(table, "").split()}
    unspaced = sorted((word for word in parts if _UNSPACED.search(word)), key=lambda word: (-len(word), word))
    cut = re.compile("|".join(map(re.escape, unspaced))) if unspaced else None
    frames = "|".join(document.get("frames", "").strip().splitlines())
    participles = document.get("participles", "").strip()
    close = "|".join(word.replace("-", " ") for word in sorted(parts) if "-" in word)
    return Lexicon(
        parts,
        **{table: frozenset(document.get(table, "").split()) for table in _WORDS},
        frames=re.compile(rf"\b(?:{frames})(?!\w)", re.IGNORECASE) if frames else None,
        cut=cut,
        close=re.compile(rf"\b(?:{close})\b", re.IGNORECASE) if close else None,
        participles=re.compile(participles) if participles else None,
    )


def _shipped() -> dict[str, Lexicon]:
    folder = files("groundswell.models.naming") / "languages"
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda f: f.name)
    documents = [tomllib.loads(each.read_text("utf-8")) for each in found]
    return {document["code"]: read_lexicon(document) for document in documents}


LEXICONS = _shipped()
#: Languages that are known by their script.
_BY_SCRIPT = tuple(sorted(LEXICONS.keys() - {language.code for language in LANGUAGES}))


@lru_cache(maxsize=64)
def _joined(codes: tuple[str, ...]) -> Lexicon:
    """Return the lexicons of languages as one; of two parts that they give a word, the earlier holds."""
    parts: dict[str, Part] = {}
    for code in codes:
        for word, part in LEXICONS[code].parts.items():
            parts[word] = min(part, parts.get(word, part))
    each = [LEXICONS[code] for code in codes]
    return Lexicon(
        parts,
        **{table: _all(getattr(lexicon, table) for lexicon in each) for table in _WORDS},
        frames=_either(lexicon.frames for lexicon in each),
        cut=_either(lexicon.cut for lexicon in each),
        close=_either(lexicon.close for lexicon in each),
        participles=_either(lexicon.participles for lexicon in each),
    )


def _all(tables: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*tables)


def _either(patterns: Iterable[re.Pattern[str] | None]) -> re.Pattern[str] | None:
    found = [pattern for pattern in patterns if pattern is not None]
    return re.compile("|".join(pattern.pattern for pattern in found), re.IGNORECASE) if found else None


def hangs(word: str, text: str) -> bool:
    """Tell whether a text that is cut after a word ends on one that only leads on: "the refund for"."""
    low = word.lower()
    lexicon = lexicon_of(re.findall(r"[^\W\d_]+", text.lower()))
    return lexicon.part(low) is Part.INNER or low in lexicon.articles


def lexicon_of(words: Iterable[str]) -> Lexicon:
    """Return the lexicon by which a turn of these lower-case words is read."""
    return lexicon_in(spoken(words))


def lexicon_in(languages: Iterable[Language]) -> Lexicon:
    """Return the lexicon by which a turn in these languages is read."""
    return _joined((*(language.code for language in languages), *_BY_SCRIPT))

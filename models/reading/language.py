"""The languages that Groundswell reads, each a data file: words, acts, and phrases that show a signal.

A turn is read in the language that has the most function words among its words; in each of those that
tie, and in all if there is none. So a language costs nothing where it is not spoken, a mixed or a one-word
turn is still read, and no state is kept of who speaks what. A turn in a language without a file shows
what needs no words: errors, repeated calls, loops, silence, and how long it is.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from groundswell.models.reading.phrases import PhraseRule, phrases, rule_of

#: A pattern that nothing matches, for an act that a language's file leaves out.
_NEVER = re.compile(r"(?!)")
_ACTS = (
    "wants",
    "asks",
    "problems",
    "social",
    "identity",
    "small_talk",
    "personal",
    "additions",
    "alternatives",
    "insists",
)


@dataclass(frozen=True, slots=True)
class Acts:
    """What kind of act a user's words are, on words without punctuation, each sentence a line."""

    question: re.Pattern[str]
    imperative: re.Pattern[str]
    yes_no: re.Pattern[str]
    wants: re.Pattern[str]
    asks: re.Pattern[str]
    problems: re.Pattern[str]
    social: re.Pattern[str]
    identity: re.Pattern[str]
    small_talk: re.Pattern[str]
    personal: re.Pattern[str]
    vague: re.Pattern[str]
    additions: re.Pattern[str]
    alternatives: re.Pattern[str]
    insists: re.Pattern[str]
    answers: re.Pattern[str]
    greetings: re.Pattern[str]
    thanks: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Language:
    """One data file, compiled."""

    code: str
    function_words: frozenset[str]
    acts: Acts
    open_offer: re.Pattern[str]
    farewell: re.Pattern[str]
    slot_request: re.Pattern[str]
    proposal: re.Pattern[str]
    user_rules: tuple[PhraseRule, ...]
    opening_rules: tuple[PhraseRule, ...]
    agent_rules: tuple[PhraseRule, ...]


def compile_language(document: Mapping[str, Any]) -> Language:
    """Compile a data file's document.

    Raises KeyError for a missing table and ValueError for a signal that there is not or a bad pattern.
    """
    rules: dict[str, list[PhraseRule]] = {"user": [], "opening": [], "agent": []}
    for signal in document["signals"]:
        rules[signal["reads"]].append(rule_of(signal))
    agent = document["agent"]
    return Language(
        code=document["code"],
        function_words=frozenset(document["function_words"].split()),
        acts=_acts(document["acts"]),
        open_offer=_anywhere(agent["open_offers"]),
        farewell=_anywhere(agent["farewells"]),
        slot_request=_anywhere(agent["slot_requests"]),
        proposal=_anywhere(agent["proposals"]),
        user_rules=tuple(rules["user"]),
        opening_rules=tuple(rules["opening"]),
        agent_rules=tuple(rules["agent"]),
    )


def _acts(table: Mapping[str, str]) -> Acts:
    fillers = "|".join(sorted(set(table["fillers"].split())))
    start = rf"^(?:(?:{fillers})\s)*"
    polite = rf"(?:\s(?:{fillers}))*"
    vague = "|".join(table.get("vague", "(?!)").strip().splitlines())
    return Acts(
        question=_starting(start, table["questions"]),
        imperative=_starting(start, table["imperatives"]),
        answers=_clause(start, fillers, table["answers"]) if "answers" in table else _NEVER,
        greetings=_at_start(table["greetings"]),
        thanks=_at_start(table["thanks"]),
        yes_no=_at_start(table["yes_no"]),
        vague=phrases(rf"\A(?:(?:{fillers})\s)*(?:{vague}){polite}\Z"),
        **{act: _anywhere(table[act]) if act in table else _NEVER for act in _ACTS},
    )


def _at_start(lines: str) -> re.Pattern[str]:
    return phrases(rf"\A(?:{'|'.join(lines.strip().splitlines())})(?!\w)")


def _starting(start: str, lines: str) -> re.Pattern[str]:
    alternatives = "|".join(lines.strip().splitlines())
    return re.compile(phrases(rf"{start}(?:{alternatives})(?!\w)").pattern, re.MULTILINE)


def _clause(start: str, fillers: str, lines: str) -> re.Pattern[str]:
    """Compile what matches a whole clause that begins so, or is of fillers alone."""
    begun = rf"{_starting(start, lines).pattern}.*$"
    return re.compile(rf"{begun}|^(?:(?:{fillers})(?:\s|$))+$", re.MULTILINE)


def _anywhere(lines: str) -> re.Pattern[str]:
    alternatives = "|".join(lines.strip().splitlines())
    return re.compile(phrases(rf"\b(?:{alternatives})(?!\w)").pattern, re.MULTILINE)


def _shipped() -> tuple[Language, ...]:
    folder = files("groundswell.models.reading") / "languages"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".toml"))
    return tuple(compile_language(tomllib.loads((folder / name).read_text("utf-8"))) for name in names)


#: Every language that ships, by its file's name.
LANGUAGES = _shipped()
_SPEAKERS: dict[str, tuple[int, ...]] = {
    word: tuple(place for place, language in enumerate(LANGUAGES) if word in language.function_words)
    for word in frozenset().union(*(language.function_words for language in LANGUAGES))
}


def spoken(words: Iterable[str]) -> tuple[Language, ...]:
    """Return the languages in which a turn of these lower-case words is read, never none."""
    votes = [0] * len(LANGUAGES)
    for word in words:
        for place in _SPEAKERS.get(word, ()):
            votes[place] += 1
    most = max(votes)
    return tuple(each for each, count in zip(LANGUAGES, votes, strict=True) if count == most)

"""A phrase rule: the wordings that show one signal, behind the words without which none can occur.

Trying every regular expression on every turn would cost more than all the rest of reading it, so a
rule first asks whether the turn has one of its trigger words. A trigger is a word's first five
letters without apostrophes ("couldn't" is "could"); words shorter than that are whole.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?\n])\s+")
TRIGGER_LETTERS = 5


class Signal(StrEnum):
    """What a turn shows. Evidence, never a verdict: none of them decides an outcome alone."""

    # The user's turn
    CORRECTION = "correction"
    CHANGE_OF_MIND = "change_of_mind"
    ESCALATION = "escalation"
    DISSATISFACTION = "dissatisfaction"
    CONFUSION = "confusion"
    GIVE_UP = "give_up"
    LETDOWN = "letdown"
    REPHRASE = "rephrase"
    THANKS = "thanks"
    FAREWELL = "farewell"
    # The agent's
    REFUSAL = "refusal"
    UNCERTAINTY = "uncertainty"
    APOLOGY = "apology"
    APOLOGY_CHAIN = "apology_chain"
    COMPLETION = "completion"
    HANDOFF = "handoff"
    HANDOFF_OFFER = "handoff_offer"
    ANYTHING_ELSE = "anything_else"
    QUESTION = "question"
    LOOP = "loop"
    REPEATED_CALL = "repeated_call"
    TOOL_ERROR = "tool_error"


#: The user had to say it again, or say it otherwise.
REPAIRS = frozenset({Signal.CORRECTION, Signal.REPHRASE, Signal.CONFUSION})
#: What makes the step before it the suspect of a failure.
FRICTION = REPAIRS | {
    Signal.ESCALATION,
    Signal.DISSATISFACTION,
    Signal.GIVE_UP,
    Signal.REFUSAL,
    Signal.UNCERTAINTY,
    Signal.APOLOGY_CHAIN,
    Signal.HANDOFF,
    Signal.LOOP,
    Signal.REPEATED_CALL,
    Signal.TOOL_ERROR,
}


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """Fires where `pattern` and `also` (if any) are found and `unless` (if any) is not."""

    signal: Signal
    triggers: frozenset[str]
    pattern: re.Pattern[str]
    also: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    by_sentence: bool = False

    def fires(self, text: str, triggers: frozenset[str]) -> bool:
        """Return whether the rule holds for *text* (folded, in lower case), or for one sentence of it."""
        if self.triggers.isdisjoint(triggers):
            return False
        if not self.by_sentence:
            return self._holds(text)
        # In most texts no sentence has it, which one search tells where each sentence is a line.
        lines = _SENTENCE_END.sub("\n", text)
        return self.pattern.search(lines) is not None and any(map(self._holds, lines.split("\n")))

    def _holds(self, text: str) -> bool:
        if self.also is not None and self.also.search(text) is None:
            return False
        if self.pattern.search(text) is None:
            return False
        return self.unless is None or self.unless.search(text) is None


def rule_of(document: Mapping[str, Any]) -> PhraseRule:
    """Compile one signal of a language's data file; ValueError if there is no such signal."""
    also, unless = document.get("also"), document.get("unless")
    by_sentence = document.get("by_sentence", False)
    return PhraseRule(
        Signal(document["signal"]),
        triggers(document["triggers"]),
        phrases(*document["patterns"].strip().splitlines(), flags=re.MULTILINE if by_sentence else 0),
        also=phrases(*also.strip().splitlines()) if also else None,
        unless=phrases(*unless.strip().splitlines()) if unless else None,
        by_sentence=by_sentence,
    )


def phrases(*alternatives: str, flags: int = 0) -> re.Pattern[str]:
    """Compile regular expressions, for text in lower case, into one that ignores missing apostrophes."""
    joined = "|".join(f"(?:{alternative.replace(chr(39), chr(39) + '?')})" for alternative in alternatives)
    return re.compile(joined, flags)


def triggers(words: str) -> frozenset[str]:
    """Return the triggers that *words* (separated by spaces) stand for."""
    return frozenset(word[:TRIGGER_LETTERS] for word in words.split())


def triggers_of(text: str) -> frozenset[str]:
    """Return the triggers that occur in *text* (folded, in lower case)."""
    return frozenset(word[:TRIGGER_LETTERS] for word in _WORD.findall(text.replace("'", "")))

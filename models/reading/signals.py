"""What one turn shows by its words: friction, progress, closure.

Similarity of embeddings to example sentences was tried for this and fails: the topic outweighs the
act, and negation is invisible to it. Phrases are narrow and mostly right.
"""

import re
from collections.abc import Collection, Iterable

from groundswell.models.reading.language import spoken
from groundswell.models.reading.phrases import Signal, triggers_of
from groundswell.models.reading.wording import ends, fold

#: Characters of an agent's turn in which a refusal or an apology is looked for.
OPENING = 200
# A turn of question marks alone.
_ONLY_MARKS = re.compile(r"[?!¿？؟]{1,12}")
_CLOSING = frozenset({Signal.THANKS, Signal.FAREWELL})
_ORDER = {signal: place for place, signal in enumerate(Signal)}


def user_signals(text: str) -> set[Signal]:
    """Return what a user's turn shows; only its first 400 and last 200 characters are read."""
    read = fold(ends(text)).lower()
    words = triggers_of(read)
    if not words:
        return {Signal.CONFUSION} if _ONLY_MARKS.fullmatch(read.strip()[:13]) else set()
    languages = spoken(words)
    return {rule.signal for each in languages for rule in each.user_rules if rule.fires(read, words)}


def says(text: str, signals: Collection[Signal]) -> bool:
    """Return whether a text shows one of *signals* as a user's would: only their phrases are looked for."""
    read = fold(ends(text)).lower()
    words = triggers_of(read)
    rules = (rule for each in spoken(words) for rule in each.user_rules if rule.signal in signals)
    return any(rule.fires(read, words) for rule in rules)


def agent_signals(text: str) -> set[Signal]:
    """Return what an agent's turn shows; only its first 400 and last 200 characters are read."""
    read = fold(ends(text)).lower()
    words = triggers_of(read)
    opening = read[:OPENING]
    shown: set[Signal] = set()
    for language in spoken(words):
        shown |= {rule.signal for rule in language.agent_rules if rule.fires(read, words)}
        shown |= {rule.signal for rule in language.opening_rules if rule.fires(opening, words)}
    if read.rstrip().endswith(("?", "？")):
        shown.add(Signal.QUESTION)
    return shown


def closes(signals: Collection[Signal]) -> bool:
    """Return whether a user's turn with these signals thanks or says goodbye."""
    return not _CLOSING.isdisjoint(signals)


def concludes(text: str, signals: Collection[Signal]) -> bool:
    """Return whether an agent's turn ends a matter: completion, an offer of more, thanks or goodbye."""
    if Signal.COMPLETION in signals or Signal.ANYTHING_ELSE in signals:
        return True
    return says(text, _CLOSING)


def in_order(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Return signals in the order in which `Signal` declares them: equal sets, equal bytes."""
    return tuple(sorted(signals, key=_ORDER.__getitem__))

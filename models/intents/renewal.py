"""The name of one intent: when it is looked at again, what a new one would be, and whether that is earned."""

from collections.abc import Sequence
from dataclasses import replace

from groundswell.models.intents.intent_name import IntentName, NameReason
from groundswell.models.intents.intent_words import IntentWords
from groundswell.models.intents.mixture import mixed
from groundswell.models.naming.choose import Choice, Offer
from groundswell.models.naming.distinct import SIDE
from groundswell.models.naming.makeshift import is_makeshift
from groundswell.models.naming.rules import alike, plain, shortest_first
from groundswell.models.naming.sense import DENYING, sense_of
from groundswell.models.record import Vector

SHOWN = 3  # examples of an intent
SHOWN_WORDS = 25  # a longer turn is shown where there is no shorter one
SHOWN_CHARACTERS = 120
MOVED = 0.85  # cosine of an intent's centre to that of its name below which it has moved
GROWTH = 1.5  # times the turns that a name was held against at which it is looked at again
_MAKESHIFT = 1.2  # times, at which one that is no phrase is
STILL_SAYS = 0.5  # of what a new phrase is worth: the old one is kept ...
_MOVED_SAYS = 0.75  # ... or this, where the intent has moved
_YOUNG = 20  # turns; a name from fewer is outgrown when there are more
SAYS_ALIKE = 0.85  # of what the words of a new name are, where no turn says the old one any more ...
_SAYS_MORE = 1.3  # ... or this, where the intent has grown up since


def cause(
    kept: IntentName | None, turns: int, centre: Vector | None, *, has_merged: bool, is_free: bool
) -> NameReason | None:
    """Return why an intent's name must be looked at, if it must (is_free: the one it wanted is)."""
    if kept is None:
        return "born"
    if kept.reason == "erased" and not kept.examples:
        return "erased"
    if has_merged:
        return "merged"
    if kept.likeness(centre) < MOVED:
        return "moved"
    if kept.by != "machine":  # a model's name was not taken from turns that were few
        return None
    if turns >= (_MAKESHIFT if is_makeshift(kept.name) else GROWTH) * kept.turns:
        return "grown"
    return "freed" if is_free else None


def is_free(name: str, in_use: Sequence[str]) -> bool:
    """Tell whether a name is like none of those in use."""
    return not any(alike(name, one) for one in in_use)


def offer_of(intent: str, words: IntentWords, kept: IntentName | None = None) -> Offer:
    """Return what turns offer as a name; the one that the old name was taken from is among them."""
    said = [*words.pool, kept.example] if kept is not None and kept.example else words.pool
    return Offer.of(intent, said, words.ranked, words.weights, words.replies)


def fresh_name(
    offer: Offer, words: IntentWords, taken: Sequence[str], kept: IntentName | None = None
) -> tuple[IntentName, Choice]:
    """Return a new name unlike those taken."""
    pool, choice = words.pool, mixed(offer.intent, words, offer.choose(taken), taken)
    first = [one for one in (choice.example, choice.beside) if one]
    shown = shortest_first(list(dict.fromkeys([*first, *pool])) if pool else [], SHOWN_WORDS)
    examples = tuple(plain(text, SHOWN_CHARACTERS) for text in shown[:SHOWN])
    name = IntentName(
        choice.name,
        tuple(words.ranked),
        choice.example,
        examples,
        wanted=_wanted(choice),
        origin=_conversations(words, kept, first),
        sources=_conversations(words, kept, shown[:SHOWN]),
        since=words.turns,
    )
    return name, choice


def _conversations(words: IntentWords, kept: IntentName | None, turns: Sequence[str]) -> tuple[str, ...]:
    """Return the conversations of turns; what the old name was taken from may be kept nowhere else."""
    found = {one for turn in turns for one in words.sources.get(turn, ())}
    if kept is not None and kept.example in turns:
        found |= {*kept.origin, *kept.sources}
    return tuple(sorted(found))


def renewed(
    offer: Offer, words: IntentWords, kept: IntentName | None, why: NameReason, taken: Sequence[str]
) -> IntentName:
    """Return the name of an intent that is looked at: the old one, while it is free and still fits."""
    fresh, choice = fresh_name(offer, words, taken, kept)
    if kept is None:
        return fresh
    told = replace(
        kept,
        terms=fresh.terms,
        example=fresh.example,
        examples=fresh.examples,
        wanted="",
        sources=tuple(sorted({*fresh.origin, *fresh.sources})),
    )
    free = why != "contested" or is_free(kept.name, taken)
    if fresh.name == kept.name or (free and why != "erased" and _still_fits(kept, why, fresh, choice, words)):
        return told if why != "erased" else replace(told, reason=why)
    return replace(fresh, version=kept.version + 1, reason=why)


def _still_fits(
    kept: IntentName, why: NameReason, fresh: IntentName, choice: Choice, words: IntentWords
) -> bool:
    """Tell whether a name says nearly as much of what sets its intent apart as a new one would."""
    if is_makeshift(kept.name) and not is_makeshift(fresh.name):
        return False
    if choice.both and SIDE not in kept.name:  # it says nothing of one of two needs
        return False
    now, then = choice.worth(fresh.name), choice.worth(kept.name)
    if is_makeshift(kept.name) or kept.by != "machine":
        return words.says(kept.name) >= SAYS_ALIKE * words.says(fresh.name)
    if now is None:
        return True
    if then is not None:
        return then >= (_MOVED_SAYS if why == "moved" else STILL_SAYS) * now
    outgrown = kept.since < _YOUNG <= words.turns or words.turns >= 4 * kept.since
    said, new = sense_of(kept.name), sense_of(fresh.name)
    nested = (said <= new or new <= said) and DENYING not in said ^ new
    shared = nested and all(map(words.weights.is_shared, said - {DENYING}))
    return shared and words.says(kept.name) >= (_SAYS_MORE if outgrown else SAYS_ALIKE) * words.says(
        fresh.name
    )


def _wanted(choice: Choice) -> str:
    """Return the name that another intent has, if it would be far better than the one that was chosen."""
    score = None if is_makeshift(choice.name) else choice.worth(choice.name)
    return choice.taken if choice.part or score is None or score < STILL_SAYS * choice.best else ""

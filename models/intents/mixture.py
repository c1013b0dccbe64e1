"""The name of an intent of two needs that no one phrase covers: what each is, side by side."""

from collections.abc import Sequence

from groundswell.models.intents.intent_words import IntentWords
from groundswell.models.naming.choose import Choice, Offer
from groundswell.models.naming.distinct import SIDE
from groundswell.models.naming.makeshift import is_makeshift
from groundswell.models.naming.rules import faults
from groundswell.models.naming.sense import sense_of

_PART = 0.3  # share of the turns that a part needs to be named
_FEWEST = 8  # turns of a part
_COVERED = 0.02  # share of a part's turns that say all words of a name, from which it is for them too


def mixed(intent: str, words: IntentWords, choice: Choice, taken: Sequence[str]) -> Choice:
    """Return the choice, or one that names the two largest parts where its name says nothing of one."""
    least = max(_FEWEST, _PART * words.turns)
    if len(words.largest) < 2 or any(part.turns < least for part in words.largest):
        return choice
    parts = words.parts
    if all(part.share(choice.name) >= _COVERED for part in parts):
        return choice
    one, other = (_choice(intent, part) for part in parts)
    apart = parts[0].share(other.name) < _COVERED and parts[1].share(one.name) < _COVERED
    if not apart or is_makeshift(one.name) or is_makeshift(other.name):
        return choice
    shouted = other.name[:2].isupper()  # RSVP
    name = one.name + SIDE + (other.name if shouted else other.name[:1].lower() + other.name[1:])
    if faults(name, taken):
        return choice
    score = max(one.best, other.best, choice.best)
    offered = {**choice.offered, sense_of(name): score}
    return choice._replace(name=name, example=one.example, beside=other.example, both=True, offered=offered)


def _choice(intent: str, words: IntentWords) -> Choice:
    return Offer.of(intent, words.pool, words.ranked, words.weights, words.replies).choose(())

"""The name of an intent of two needs that no one phrase covers: what each is, side by side."""

from collections.abc import Sequence

from groundswell.models.intents.intent_words import IntentWords
from groundswell.models.naming.choose import Choice, choose_name, is_makeshift
from groundswell.models.naming.rules import faults
from groundswell.models.naming.sense import sense_of

SIDE = " / "  # between the two
_PART = 0.3  # share of the turns that a part needs to be named
_FEWEST = 8  # turns of a part
_COVERED = 0.08  # share of a part's turns that say all words of a name, from which it is for them too


def mixed(intent: str, words: IntentWords, choice: Choice, taken: Sequence[str]) -> Choice:
    """Return the choice, or one that names the two largest parts where its name says nothing of one."""
    parts = words.parts
    if len(parts) < 2 or min(part.turns for part in parts) < max(_FEWEST, _PART * words.turns):
        return choice
    if all(part.share(choice.name) >= _COVERED for part in parts):
        return choice
    halves = [choose_name(intent, part.pool, part.ranked, part.weights, (), part.replies) for part in parts]
    one, other = halves
    if any(is_makeshift(half.name) for half in halves) or faults(other.name, [one.name]):
        return choice
    name = one.name + SIDE + other.name[:1].lower() + other.name[1:]
    if faults(name, taken):
        return choice
    score = max(one.best, other.best, choice.best)
    return choice._replace(
        name=name, example=one.example, offered={**choice.offered, sense_of(name): score}
    )

"""A phrase unlike the names of others: the best one left, or the best one beside what else the turns say."""

from collections.abc import Sequence, Set

from groundswell.models.naming.phrase import Phrase
from groundswell.models.naming.rules import alike, faults, sentence_case

NEAR = 0.25  # of the best score: a phrase that another name has may give way to one so good
SIDE = " / "  # between two phrases
_FAR = 0.5  # of its score: a phrase so good stands for one that another name has
_SECOND = 0.1  # of its score: one so good stands beside it
_WIDER = 24  # phrases, the best, of which one may be a part


def first_distinct(
    found: Sequence[Phrase], taken: Sequence[str], near: float
) -> tuple[Phrase | None, Phrase | None]:
    """Return the best phrase that may be a name, and the best one that is only a part of a taken one.

    A part of a name that another has, in place of which it would stand, tells less: "business class", where
    "Upgrade to business class" is taken.
    """
    part: Phrase | None = None
    for one in found:
        if one.score < near * found[0].score:
            break
        if faults(sentence_case(one.text), taken):
            continue
        wider = (other for other in found[:_WIDER] if one.stems < other.stems)
        if not any(alike(other.text, name) for other in wider for name in taken):
            return one, part
        part = part or one
    return None, part


def tells_less(chosen: Phrase, wanted: Phrase) -> bool:
    """Tell whether a phrase is far from what the intent would be called but for the names of others."""
    return chosen.score < _FAR * wanted.score or (wanted.acts and not chosen.acts)


def beside(
    wanted: Phrase, found: Sequence[Phrase], taken: Sequence[str], replies: Set[str], *, acting: bool
) -> tuple[str, str] | None:
    """Return a phrase that another name has with what else the turns say beside it, and the turn of that.

    acting: whether that must say what is to be done: not "Update address / back to website adventure".
    """
    good = (one for one in found if one.score >= _SECOND * wanted.score)
    apart = [one for one in good if not one.stems & wanted.stems and not faults(sentence_case(one.text))]
    if acting:
        apart = [one for one in apart if one.acts]
    for one in sorted(apart, key=lambda one: (not one.acts, one.turn in replies)):
        name = sentence_case(wanted.text) + SIDE + one.text
        if not faults(name, taken):
            return name, one.turn
    return None

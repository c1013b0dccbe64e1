"""What a word does where it stands: the part that its lexicon gives it, as its neighbours change it."""

from collections.abc import Sequence

from groundswell.models.naming.lexicon import DENIALS, Lexicon, Part

_SAID = (Part.CONTENT, Part.PARTICLE, *DENIALS)  # after which a phrase may be cut


def role(raw: Sequence[str], place: int, lexicon: Lexicon, last: Part) -> Part | None:
    """Return what a word does where it stands, `last` what the last one that is kept does.

    None where a new clause begins: "and I need", "the odds that".
    """
    low = raw[place].lower()
    part = lexicon.part(low)
    if _is_head(raw, place, lexicon):
        return Part.GENERIC
    if (
        low in lexicon.stops
        or _refers(raw, place, lexicon)
        or (last in _SAID and _parts(raw, place, lexicon))
    ):
        return None
    if part is Part.CONTENT:
        compares = place + 1 < len(raw) and raw[place + 1].lower() in lexicon.comparing
        return Part.INNER if compares else part  # "higher than"
    if (
        last < Part.GENERIC
        and low in lexicon.asking
        and low not in lexicon.nominal
        and _asks_on(raw, place, lexicon)
    ):
        return None
    if low in lexicon.others:
        return Part.DROPPED if place and raw[place - 1].lower() in lexicon.asking else Part.LIGHT
    if part is Part.SUBJECT:
        told = place > 0 and lexicon.part(raw[place - 1].lower()) is Part.CONTENT
        if told or _denies(raw, place, lexicon):
            return Part.INNER
        return None if last in _SAID else Part.DROPPED  # "return things I bought"
    if part is Part.DROPPED and place and lexicon.part(raw[place - 1].lower()) is Part.SUBJECT:
        denied = lexicon.part(raw[place + 1].lower()) if place + 1 < len(raw) else None
        return Part.INNER if denied in DENIALS else part  # "payment I did not make"
    if low in lexicon.helpers and place and lexicon.part(raw[place - 1].lower()) in DENIALS:
        return Part.INNER
    if part is Part.INNER and _joins(raw, place, lexicon):
        return None
    return part


def _parts(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Tell whether no phrase goes on after a word: "who", "that I", "that is"; but "that I don't"."""
    low = raw[place].lower()
    if low not in lexicon.gaps and low not in lexicon.pronouns:
        return False
    after = raw[place + 1].lower() if place + 1 < len(raw) else ""
    told = lexicon.part(after) is Part.SUBJECT
    if told and _denies(raw, place + 1, lexicon):
        return False
    stands = told or not after or lexicon.part(after) is Part.INNER
    stands = stands or (lexicon.part(after) is Part.DROPPED and after not in lexicon.articles)
    return low in lexicon.gaps or (stands and low in lexicon.pronouns)


def hinders(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Tell whether a word tells what could not be done, and asks for nothing: "before I could cancel it"."""
    if place < 2 or raw[place].lower() not in lexicon.auxiliaries:
        return False
    before, subject = (word.lower() for word in raw[place - 2 : place])
    time = lexicon.part(before) is Part.INNER and before not in lexicon.joints
    return time and lexicon.part(subject) is Part.SUBJECT


def _is_head(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Tell whether a word is what the one before it tells of: "a different day", "a shorter one"."""
    low = raw[place].lower()
    if not place or lexicon.part(raw[place - 1].lower()) is not Part.CONTENT:
        return False
    stands = low in lexicon.stands and place > 1 and raw[place - 2].lower() in lexicon.indefinite
    return low in lexicon.heads or stands


def _refers(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Tell whether a word stands for a thing: "the one I ordered", "the older one"."""
    before = [word.lower() for word in raw[max(0, place - 2) : place]]
    return raw[place].lower() in lexicon.stands and any(word in lexicon.articles for word in before)


def _asks_on(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    return place + 1 < len(raw) and lexicon.part(raw[place + 1].lower()) is Part.SUBJECT


def _denies(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Tell whether a denial follows a word, at once or after "did"."""
    after = [lexicon.part(word.lower()) for word in raw[place + 1 : place + 3]]
    return bool(after) and (after[0] in DENIALS or (after[0] is Part.DROPPED and after[-1] in DENIALS))


def _joins(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Tell whether a word joins another clause to what is before it: "and I", "and now I'm", "before I"."""
    if raw[place].lower() not in lexicon.joints:
        return False
    for word in (one.lower() for one in raw[place + 1 : place + 4]):
        part = lexicon.part(word)
        speaks = part is Part.SUBJECT or word in lexicon.others
        if speaks or word in lexicon.asking or (part is Part.DROPPED and "'" in word):
            return True
        if part not in (Part.DROPPED, Part.INNER) or word in lexicon.articles:
            return False
    return False

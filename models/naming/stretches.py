"""The stretches of a clause that could name an intent, and what each is worth.

A stretch is worth the weights of its words and pairs, less a price for each word, so that what few others
said is left out: a maximum-scoring segment (Bentley, 1984). More if it says what is to be done, or of
something that it is so; less if it is cut off.
"""

from collections.abc import Iterator, Sequence, Set

from groundswell.models.naming.lexicon import DENIALS, Part
from groundswell.models.naming.tokens import BREAK, CUT_OFF, Token
from groundswell.models.naming.weights import CONTENT_PRICE, RARE_PRICE, Weights

NAME_LIMIT = 60  # characters
PHRASE_WORDS = 9  # of a phrase
_SIGNS = 16  # or characters, where they are not spaced
_OTHER_PRICE = 0.02  # of the strongest weight, for each word that is not of content
_PAIR = 0.5  # of a pair's weight counts
_ALONE = 0.6  # a single content word
_CUT = 0.8  # what ends before the next word of content
_PARTED = 0.5  # the first one after an article: "an existing [flight]"
_SPLIT = 0.3  # what ends within "number of suitcases"
_SHORT = 0.75  # and what ends before "of" and a word that many say


def stretches(tokens: Sequence[Token], start: int, weights: Weights) -> Iterator[tuple[float, int]]:
    """Give (score, end) of the stretches that begin at a token and are worth something."""
    score, last, content, others, length = 0.0, "", set[str](), int(bool(tokens[start].lacked)), 0
    told, denied, does = tokens[start].part is Part.DENIAL, False, is_verb(tokens, start, weights)
    acts = tokens[start].errand or (tokens[start].part is Part.LIGHT and _acts(tokens[start]))
    widest = _SIGNS if is_sign(tokens[start].text) else PHRASE_WORDS
    for place in range(start, min(len(tokens), start + widest)):
        token = tokens[place]
        length += len(token.text) + 1
        if length > NAME_LIMIT + 1 or weights.ends(token):
            break
        if token.part is not Part.CONTENT:
            others += token.part <= Part.PARTICLE and (token.part is not Part.LIGHT or _acts(token))
            score -= _OTHER_PRICE * weights.top
            denied = denied or token.part in DENIALS
            if not content or not _closes(tokens, place, asked=does or acts):
                continue
        else:
            worth = _added(token, last, content, weights)
            if place > start and tokens[place - 1].part is Part.INNER and weights.fills(token):
                worth = -RARE_PRICE * weights.top
            if place == start and does and weights.counts(token.stem):  # it counts by how many say it
                worth = max(worth, weights.top * weights.common.get(token.stem, 0) / max(weights.turns, 1))
            score += worth
            told = told or token.told
            last = token.stem
            content.add(token.stem)
        if len(content) < 2 and not others:
            continue
        if _dangles(tokens, place):
            continue
        if _splits(tokens, place, weights) or _hangs(tokens, place, weights):
            continue
        total = score * (1.0 if len(content) > 1 else _ALONE)
        total *= _whole(tokens, place, weights, asked=does or acts)
        total *= 1.0 if does or acts else weights.told if told else weights.noun
        total *= weights.denied if denied else 1.0
        if total > 0:
            yield total, place + 1


def is_verb(tokens: Sequence[Token], place: int, weights: Weights) -> bool:
    """Tell whether a word is what is asked to be done: "can you cancel", "cancel my flight".

    Not the first one of a thing: "exchange rate".
    """
    token = tokens[place]
    if not (token.verb or (token.bare and token.stem in weights.lore.verbs)):
        return False
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    return after is None or f"{token.stem} {after.stem}" not in weights.lore.things


def _acts(token: Token) -> bool:
    """Tell whether a word that weighs nothing is a verb where it stands: "check", not "next"."""
    return token.verb or token.told or token.bare


def _closes(tokens: Sequence[Token], place: int, *, asked: bool) -> bool:
    """Tell whether a word without content may end a stretch: "top up", "I did not make", "order details"."""
    before = tokens[place - 1].part
    part = tokens[place].part
    if asked and _is_compound(tokens, place - 1):
        return True
    return (part is Part.PARTICLE and before is Part.CONTENT) or (part is Part.LIGHT and before in DENIALS)


def _dangles(tokens: Sequence[Token], place: int) -> bool:
    """Tell whether no stretch ends at a place: "top [up]", "upgrade and add [bags]", "without a [person]"."""
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    if after is not None and (after.part is Part.PARTICLE or after.text == CUT_OFF):
        return True
    cut = _goes_on(tokens, place) or (after is not None and after.part is Part.GENERIC)
    return cut and place > 0 and tokens[place - 1].part is Part.INNER


def _hangs(tokens: Sequence[Token], place: int, weights: Weights) -> bool:
    """Tell whether a word that tells of the one before stands without what it leads to: "connected [to]"."""
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    if after is None or not tokens[place].leads or not place or tokens[place - 1].part is not Part.CONTENT:
        return False
    return after.part is Part.INNER or weights.ends(after)


def is_whole(tokens: Sequence[Token], place: int, weights: Weights) -> bool:
    """Tell whether a stretch may end at a place: nothing of what it names follows."""
    cut = _dangles(tokens, place) or _goes_on(tokens, place) or _binds(tokens, place)
    return not (cut or _hangs(tokens, place, weights))


def _whole(tokens: Sequence[Token], place: int, weights: Weights, *, asked: bool) -> float:
    """Return what an end is worth: less where the stretch is cut off."""
    if _goes_on(tokens, place):
        return _PARTED if tokens[place].held else _CUT
    if _binds(tokens, place):
        return _SPLIT
    if asked and _is_compound(tokens, place):
        return _CUT
    return _SHORT if _leads_on(tokens, place, weights) else 1.0


def _splits(tokens: Sequence[Token], place: int, weights: Weights) -> bool:
    """Tell whether an end would part words that belong together: within "shipping address"."""
    if not _goes_on(tokens, place):
        return False
    after = tokens[place + 1]
    close = after.place == tokens[place].place + 1
    if close and weights.ends(after):
        return tokens[place].text[:1].isupper() and after.text[:1].isupper()
    return close and weights.is_shared(after.stem) and not is_sign(after.text)


def _binds(tokens: Sequence[Token], place: int) -> bool:
    """Tell whether a word follows that binds what is named to what stands before: "number [of suitcases]"."""
    after = tokens[place + 1 : place + 3]
    return len(after) > 1 and after[0].binds and after[1].part is Part.CONTENT and not after[1].code


def _is_compound(tokens: Sequence[Token], place: int) -> bool:
    """Tell whether a word of every turn stands close after one of content: "order details"."""
    one, other = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else None
    close = other is not None and other.part is Part.GENERIC and other.place == one.place + 1
    return close and one.part is Part.CONTENT and not one.code


def _goes_on(tokens: Sequence[Token], place: int) -> bool:
    """Return whether a word of content stands right after a place."""
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    return after is not None and after.part is Part.CONTENT and after.text != BREAK


def _leads_on(tokens: Sequence[Token], place: int, weights: Weights) -> bool:
    """Return whether a preposition follows with a word that many say: "part [of town]"."""
    after = tokens[place + 1 : place + 3]
    if len(after) < 2 or after[0].part is not Part.INNER or weights.ends(after[1]):
        return False
    return after[1].part is Part.CONTENT and weights.worth(after[1].stem) > 0


def _added(token: Token, last: str, content: Set[str], weights: Weights) -> float:
    """Return what a content word adds to a phrase that has these stems, `last` the last of them."""
    if is_sign(token.text):  # characters count in pairs
        return weights.worth(last + token.stem) if is_sign(last) else 0.0
    pair = _PAIR * weights.weight.get(f"{last} {token.stem}", 0.0)
    said = token.stem in content
    return pair + (-CONTENT_PRICE * weights.top if said else weights.worth(token.stem))


def is_sign(text: str) -> bool:
    """Return whether a text is one character that is written without spaces."""
    return len(text) == 1 and not text.isascii()

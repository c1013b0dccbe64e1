"""Questions as they were put: where a turn asks "what will the weather be like", that is the name."""

from groundswell.models.naming.clauses import Clause
from groundswell.models.naming.lexicon import Part
from groundswell.models.naming.sense import sense
from groundswell.models.naming.stretches import NAME_LIMIT
from groundswell.models.naming.tokens import Token
from groundswell.models.naming.weights import Weights

LEAST_WORDS, MOST_WORDS = 4, 11  # of a question


def question(clause: Clause, weights: Weights) -> tuple[float, str, frozenset[str]] | None:
    """Return what a short question is worth, its words, whole or up to where and when, and their stems."""
    tokens = {token.text.lower(): token for token in clause.tokens}
    asked = clause.question[: MOST_WORDS + 1]
    parts = [tokens.get(word.lower()) for word in asked]
    stop = next((at for at, word in enumerate(asked) if _stops(word, parts[at], weights)), len(asked))
    while stop and stop < len(asked) and _is_inner(parts[stop - 1]):
        stop -= 1
    if stop < len(clause.question) and not _is_inner(parts[stop] if stop < len(parts) else None):
        return None
    text = " ".join("I" if word == "i" else word for word in asked[:stop])
    told = [token for token in parts[:stop] if token is not None]
    stems = dict.fromkeys(token.stem for token in told if token.part is Part.CONTENT)
    worth = sum(weights.worth(stem) for stem in stems)
    if worth <= 0 or stop < max(LEAST_WORDS, clause.verb + 1) or len(text) > NAME_LIMIT:
        return None
    return worth, text[:1].lower() + text[1:], sense(told)


def as_put(clause: Clause, text: str) -> tuple[str, frozenset[str]] | None:
    """Return a phrase that opens a question with the words that it left out: "how long take" has no verb.

    So has "places accept card", where "what" stands right before it. With it, what it says; None where
    the phrase opens no question, or one that is too long; no text where the question would have no verb.
    """
    asked, words = [word.lower() for word in clause.question], text.lower().split()
    opens = asked[: len(words)][:2] == words[:2] or asked[1:2] == words[:1]
    if len(asked) < 2 or not opens or words[-1] not in asked:
        return None
    until = len(asked) - asked[::-1].index(words[-1])
    said = {token.text.lower(): token for token in clause.tokens}
    while until < len(asked) and _goes_on(asked[until], said.get(asked[until])):
        until += 1  # "how long does a transfer take", not "how long does a transfer"
    whole = " ".join("I" if word == "i" else word for word in clause.question[:until])
    if until > MOST_WORDS or len(whole) > NAME_LIMIT:
        return None
    if until <= clause.verb:
        return "", frozenset()
    told = (said[word] for word in asked[:until] if word in said)
    return whole[:1].lower() + whole[1:], sense(told)


def _stops(word: str, token: Token | None, weights: Weights) -> bool:
    """Tell whether a question is not put further: at a number, a name, or what only few say."""
    if token is None:
        return not word[0].isalpha()
    told = token.part is Part.CONTENT
    return weights.ends(token) or (told and (weights.worth(token.stem) < 0 or weights.is_value(token.stem)))


def _goes_on(word: str, token: Token | None) -> bool:
    """Tell whether a question is not whole before a word: none that leads on, or that may be of one user."""
    if token is None:
        return word[0].isalpha()
    return token.part is not Part.INNER and not token.code and not token.proper


def _is_inner(token: Token | None) -> bool:
    return token is not None and token.part is Part.INNER and not token.told

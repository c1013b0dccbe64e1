"""What "it" stands for: "I bought a camera and want to exchange it" asks to exchange a camera."""

from collections.abc import Iterator, Sequence

from groundswell.models.naming.lexicon import Part
from groundswell.models.naming.tokens import Token

_OBJECT_WORDS = 3


def errands(clauses: Sequence[Sequence[Token]]) -> Iterator[tuple[Token, ...]]:
    """Give each verb of an errand whose object is a word like "it", with the thing that was told of last.

    Args:
        clauses: the tokens of a turn's clauses, in order; tokens that are codes part them further.
    """
    thing: tuple[Token, ...] = ()
    for tokens in clauses:
        for part, end in _parts(tokens):
            verb = part[-1]
            if end is not None and end.stands and verb.verb and verb.part is Part.CONTENT:
                if thing and verb.stem not in {token.stem for token in thing}:
                    yield (verb, *thing)
            elif not verb.verb:
                thing = _thing(part) or thing


def _parts(tokens: Sequence[Token]) -> Iterator[tuple[Sequence[Token], Token | None]]:
    """Give what stands between codes, and the code that ends it."""
    start = 0
    for place, token in enumerate(tokens):
        if token.code:
            if place > start:
                yield tokens[start:place], token
            start = place + 1
    if start < len(tokens):
        yield tokens[start:], None


def _thing(part: Sequence[Token]) -> tuple[Token, ...]:
    """Return the first words of content that stand together, without the verb that is said of them."""
    if not part or (part[0].part is Part.INNER and not part[0].errand):
        return ()
    content = [token.part is Part.CONTENT and not (token.told or token.verb) for token in part]
    start = content.index(True) if any(content) else len(part)
    end = next((at for at in range(start, len(part)) if not content[at]), len(part))
    if end < len(part) and part[end].binds:  # "quality of skateboards"
        return _thing(part[end + 1 :])
    if 0 < start < len(part) and part[start - 1].part is Part.INNER and any(map(_is_told, part[:start])):
        return ()  # "it arrived with broken parts"
    counted = _thing(part[end + 1 :]) if end < len(part) and part[end].part is Part.LIGHT else ()
    if counted:  # "booked two flights"
        return counted
    found = tuple(part[start:end])
    fits = 0 < len(found) <= _OBJECT_WORDS and found[0].place > 0 and not any(token.proper for token in found)
    return found if fits else ()


def _is_told(token: Token) -> bool:
    return token.told and token.part is Part.CONTENT

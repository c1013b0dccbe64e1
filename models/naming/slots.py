"""Words of a turn that fill slots, and so belong to no name."""

from collections.abc import Sequence

from groundswell.models.naming.lexicon import Lexicon, Part


def in_route(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Tell whether a word is one of two names that fill slots: "from LAS to IAH"."""
    return any(
        start >= 0
        and len(run := raw[start : start + 4]) == 4
        and all(lexicon.part(word.lower()) is Part.INNER for word in run[::2])
        and all(word[0].isupper() and lexicon.part(word.lower()) is Part.CONTENT for word in run[1::2])
        for start in (place - 1, place - 3)
    )

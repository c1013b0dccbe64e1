"""What of a list of messages is new: models are called with the whole history again and again.

Counting by place would need every export to hold every call. So what was said before is known by its
content: a list that goes on where the thread stands (whole, or a window of its last messages) gives
what follows; a list whose history was rewritten on the way gives what follows the last message that
is known.
"""

from collections.abc import Sequence

from groundswell.models.importing.message import Message


def news(said: Sequence[str], heard: Sequence[Message], *, opening: bool) -> Sequence[Message]:
    """Return the messages at the end of *heard* that were not said before.

    Args:
        said: the fingerprints of the thread so far, in order, system messages aside.
        heard: what a model was called with, system messages aside.
        opening: the call is the first of its trace, that is, somebody asked for something: then a last
            message by the user is new, even if the same words were said before.
    """
    marks = [message.fingerprint for message in heard]
    known = _known(said, marks)
    if opening and known == len(marks) and heard and heard[-1].role == "user":
        known -= 1
    return heard[known:]


def _known(said: Sequence[str], marks: Sequence[str]) -> int:
    """Return how many of *marks* are history."""
    if list(marks[: len(said)]) == list(said):
        return len(said)
    for length in range(min(len(said), len(marks)), 0, -1):
        if said[-length] == marks[0] and list(said[-length:]) == list(marks[:length]):
            return length
    return _followed(said, marks)


def _followed(said: Sequence[str], marks: Sequence[str]) -> int:
    """Return the place after the last of *marks* that is met when both are read side by side.

    An answer that follows it in both, in other words, was rewritten by the program: it is history too.
    """
    places: dict[str, list[int]] = {}
    for place, mark in enumerate(said):
        places.setdefault(mark, []).append(place)
    reached, known = -1, 0
    for at, mark in enumerate(marks):
        later = next((place for place in places.get(mark, ()) if place > reached), None)
        if later is not None:
            reached, known = later, at + 1
    if 0 < known < len(marks) and reached + 1 < len(said) and _answers(said[reached + 1], marks[known]):
        known += 1
    return known


def _answers(*marks: str) -> bool:
    return all(mark.startswith("assistant\n") for mark in marks)

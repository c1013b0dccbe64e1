"""What vanished ids stand for: a bounded, append-only list of (old id, id that took its place).

A link is always older than the link of the id it points to, so forgetting the oldest never cuts a
chain in the middle.
"""

from collections.abc import Container, Mapping

from groundswell.models.intents.params import FORWARDS_PER_RECORD


def last_of(links: Mapping[str, str], first: str, known: Container[str] = ()) -> str:
    """Return the last id of the chain of links (old id -> what took its place) that starts at *first*.

    The chain ends with the first id that is among those *known*: what lived then, of a time that is past.
    """
    visited = set()
    while first in links and first not in visited and first not in known:
        visited.add(first)
        first = links[first]
    return first


class Forwards:
    """The newest `capacity` links, in a ring of fixed places."""

    def __init__(self, capacity: int) -> None:
        self.ring: list[tuple[str, str] | None] = [None] * capacity
        self.count = 0
        self.dirty: set[int] = set()
        self._place: dict[str, int] = {}

    def add(self, old: str, new: str) -> None:
        """Remember that `new` took the place of `old`; the oldest link gives way when the ring is full."""
        self.put(self.count % len(self.ring), old, new)
        self.count += 1

    def put(self, place: int, old: str, new: str) -> None:
        """Write a link at a place of the ring."""
        gone = self.ring[place]
        if gone is not None and self._place.get(gone[0]) == place:
            del self._place[gone[0]]
        self.ring[place] = (old, new)
        self._place[old] = place
        self.dirty.add(place // FORWARDS_PER_RECORD)

    def follow(self, fine: str) -> str:
        """Return the last id of the chain that starts at `fine`."""
        visited = set()
        while fine in self._place and fine not in visited:
            visited.add(fine)
            link = self.ring[self._place[fine]]
            if link is None:
                break
            fine = link[1]
        return fine

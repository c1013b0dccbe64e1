"""A position: which record of which log an output came from, and which output of that record it is.

Each stage reads its input in order, so its outputs carry rising positions. A reader that
remembers, per source partition, the last position it took in can tell a repeat from news.
A log that restarted has another name, so its offsets never look old (see ``Positions``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from groundswell.models.contract import Message


class Source(Message):
    """Where an event came from: the log, its partition, the record's offset, the output's index."""

    log: str
    partition: int
    offset: int
    index: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        """Order within one partition of one log."""
        return self.offset, self.index

    def text(self) -> str:
        """Return the position as one string, the seed of ids that are derived from it."""
        return f"{self.log}/{self.partition}/{self.offset}/{self.index}"


@dataclass(frozen=True, slots=True)
class Taken:
    """The last position taken from one partition."""

    log: str
    offset: int
    index: int


@dataclass
class Positions:
    """How far each source partition has been taken in.

    >>> seen = Positions()
    >>> seen.take(Source(log="c", partition=0, offset=7))
    True
    >>> seen.take(Source(log="c", partition=0, offset=7))
    False
    """

    taken: dict[int, Taken] = field(default_factory=dict)

    def covers(self, source: Source) -> bool:
        """Return whether *source* has been taken in already."""
        last = self.taken.get(source.partition)
        return last is not None and last.log == source.log and source.rank <= (last.offset, last.index)

    def take(self, source: Source) -> bool:
        """Remember *source*; return False, and change nothing, if it was taken in before."""
        if self.covers(source):
            return False
        self.taken[source.partition] = Taken(source.log, source.offset, source.index)
        return True

    def to_json(self) -> dict[str, list[str | int]]:
        """Return a JSON value, partitions in order."""
        return {str(p): [t.log, t.offset, t.index] for p, t in sorted(self.taken.items())}

    @classmethod
    def from_json(cls, value: Mapping[str, list[str | int]]) -> "Positions":
        """Return the positions that `to_json` gave."""
        return cls({int(p): Taken(str(log), int(o), int(i)) for p, (log, o, i) in value.items()})

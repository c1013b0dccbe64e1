"""The counts of one fine intent on the board."""

from dataclasses import dataclass, field

from groundswell.models.board_view import Tally
from groundswell.models.timeline import Series


@dataclass
class Fine:
    """Counts of one fine intent, in all and over time."""

    tally: Tally = field(default_factory=Tally)
    conversations: Series = field(default_factory=Series)
    failures: Series = field(default_factory=Series)

    def take(self, tally: Tally, bucket: int) -> None:
        """Add a minute's counts."""
        self.tally.add(tally)
        self.conversations.add(bucket, tally.conversations)
        self.failures.add(bucket, tally.failures)

    def merge(self, other: "Fine") -> None:
        """Add all counts of another."""
        self.tally.add(other.tally)
        self.conversations.merge(other.conversations)
        self.failures.merge(other.failures)

    def rebin(self, factor: int, start: int) -> None:
        """Widen the buckets."""
        self.conversations.rebin(factor, start)
        self.failures.rebin(factor, start)

"""When an agent's conversations are to be searched anew: once its evidence has grown by a quarter.

The evidence is the agent's, not that of the intent which happens to burn, because a diagnosis contrasts
all of its conversations. So when a search takes place depends on how many conversations were decided, and
not on which intent crossed a line when.
"""

from dataclasses import dataclass

#: New evidence as a part of what there was at the last look, and the least of it, in decided conversations.
GROWTH, LEAST = 0.25, 5


@dataclass(slots=True)
class Looks:
    """What was decided since the last look, and how much evidence there was then."""

    since: int = 0
    evidence: float = 0.0

    def count(self, decided: int) -> None:
        """Count decided conversations; a correction that takes one back is negative."""
        self.since += decided

    @property
    def due(self) -> bool:
        """Whether there is enough that is new."""
        return self.since >= max(LEAST, GROWTH * self.evidence)

    def take(self, evidence: float) -> None:
        """Note that a look was taken, with so much evidence, in the half-life of the agent's past."""
        self.since, self.evidence = 0, evidence

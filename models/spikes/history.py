"""The past as sums with a half-life: conversations by hour of day, and outcomes."""

from dataclasses import dataclass, field

#: What is known of an intent before it is seen: half a conversation in so many of the agent's.
PRIOR_CONVERSATIONS = 0.5
PRIOR_EXPOSURE = 25.0
#: Digits after the point that are kept: sums stay short and the same on every machine.
DIGITS = 3


@dataclass(slots=True)
class Volume:
    """Conversations by hour of day (UTC), of a fine intent and of the whole agent meanwhile."""

    conversations: list[float] = field(default_factory=lambda: [0.0] * 24)
    exposure: list[float] = field(default_factory=lambda: [0.0] * 24)

    def add(self, hour_of_day: int, conversations: float, exposure: float) -> None:
        """Take in a closed hour."""
        self.conversations[hour_of_day] = round(self.conversations[hour_of_day] + conversations, DIGITS)
        self.exposure[hour_of_day] = round(self.exposure[hour_of_day] + exposure, DIGITS)

    def forget(self, factor: float) -> None:
        """Let the past count *factor* times as much."""
        self.conversations = [round(n * factor, DIGITS) for n in self.conversations]
        self.exposure = [round(m * factor, DIGITS) for m in self.exposure]

    @property
    def total(self) -> float:
        """Return the conversations of all hours."""
        return sum(self.conversations)

    @property
    def share(self) -> float:
        """Return the share of the agent's conversations, prior not included."""
        return sum(self.conversations) / (sum(self.exposure) + PRIOR_EXPOSURE)

    def fold(self, other: "Volume") -> None:
        """Add *other* so that the shares add up, over the exposure of the better known of the two."""
        elder, younger = sorted((self, other), key=lambda volume: -sum(volume.exposure))
        scale = (sum(elder.exposure) + PRIOR_EXPOSURE) / (sum(younger.exposure) + PRIOR_EXPOSURE)
        pairs = zip(elder.conversations, younger.conversations, strict=True)
        self.conversations = [round(n + scale * m, DIGITS) for n, m in pairs]
        self.exposure = list(elder.exposure)


@dataclass(slots=True)
class Outcomes:
    """Decided conversations and those of them that failed; corrections may be negative."""

    failures: float = 0.0
    decided: float = 0.0

    def add(self, failures: float, decided: float) -> None:
        """Take in what was decided, and what was corrected."""
        self.decided = max(0.0, round(self.decided + decided, DIGITS))
        self.failures = min(self.decided, max(0.0, round(self.failures + failures, DIGITS)))

    def forget(self, factor: float) -> None:
        """Let the past count *factor* times as much."""
        self.decided = round(self.decided * factor, DIGITS)
        self.failures = min(self.decided, round(self.failures * factor, DIGITS))

"""What intents one conversation had, segment by segment, and what has been counted for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from groundswell.models.cases import Settled
from groundswell.models.intents.companions import NONE
from groundswell.models.position import Source
from groundswell.models.record import StateRecord

#: Segments and fine intents of a segment that are remembered; the first and the newest count.
MAX_SEGMENTS = 16
MAX_FINES = 8


@dataclass(slots=True)
class SegmentIntent:
    """One goal: fine intent and micro-cluster of its first turn, and the fine intents of all."""

    fine: str
    source: Source
    micro: int
    fines: list[tuple[str, Source]] = field(default_factory=list)
    status: str | None = None
    repaired: bool = False
    settled: Settled | None = None

    def see(self, fine: str, source: Source) -> None:
        """Note that a later turn of the segment had *fine*."""
        if all(fine != seen for seen, _ in self.fines) and len(self.fines) < MAX_FINES:
            self.fines.append((fine, source))


@dataclass(slots=True)
class Assigned:
    """One conversation of one agent.

    `entered`: the fine intents under which it was counted as a conversation. `early` counts the thumbs that
    came before its first need.
    """

    conversation_id: str
    opened: int
    user: str
    final: bool = False
    segments: dict[int, SegmentIntent] = field(default_factory=dict)
    entered: list[str] = field(default_factory=list)
    early: dict[str, int] = field(default_factory=dict)

    def segment(self, number: int) -> SegmentIntent | None:
        """Return segment *number*, or the one before it that had an intent."""
        known = [known for known in self.segments if known <= number]
        return self.segments[max(known)] if known else None

    def open_segment(self, number: int, fine: str, source: Source, micro: int) -> SegmentIntent:
        """Return segment *number* with its first fine intent, forgetting the oldest but one if full."""
        if len(self.segments) >= MAX_SEGMENTS:
            del self.segments[sorted(self.segments)[1]]
        self.segments[number] = SegmentIntent(fine, source, micro)
        return self.segments[number]

    def enter(self, fine: str, resolve: Callable[[str], str]) -> bool:
        """Note that the conversation came to the intent of *fine*; return whether that is news.

        *resolve* gives the intent of a fine one today: what it was counted under may have merged since.
        """
        if resolve(fine) in map(resolve, self.entered):
            return False
        self.entered = [*self.entered[-(MAX_SEGMENTS - 1) :], fine]
        return True

    def record(self) -> StateRecord:
        """Return the state as a record."""
        return StateRecord(
            orjson.dumps(
                {
                    "conversation_id": self.conversation_id,
                    "opened": self.opened,
                    "user": self.user,
                    "final": self.final,
                    "entered": self.entered,
                    **({"early": self.early} if self.early else {}),
                    "segments": {str(number): _to_json(one) for number, one in sorted(self.segments.items())},
                }
            )
        )

    @classmethod
    def restore(cls, record: StateRecord) -> "Assigned":
        """Return the assignments that `record` described."""
        value = orjson.loads(record.payload)
        segments = {int(number): _from_json(one) for number, one in value.pop("segments").items()}
        value.setdefault("entered", value.pop("intents", []))  # older records: the intents themselves
        return cls(segments=segments, **value)


def _to_json(segment: SegmentIntent) -> dict[str, Any]:
    return {
        "fine": segment.fine,
        "source": segment.source.model_dump(),
        "micro": segment.micro,
        "fines": [[fine, source.model_dump()] for fine, source in segment.fines],
        "status": segment.status,
        "repaired": segment.repaired,
        **({"settled": list(segment.settled)} if segment.settled else {}),
    }


def _from_json(value: dict[str, Any]) -> SegmentIntent:
    return SegmentIntent(
        fine=value["fine"],
        source=Source.model_validate(value["source"]),
        micro=value.get("micro", NONE),  # older records have none
        fines=[(fine, Source.model_validate(source)) for fine, source in value["fines"]],
        status=value["status"],
        repaired=value["repaired"],
        settled=Settled(*value["settled"]) if "settled" in value else None,
    )

"""A segment: the turns of a conversation that serve one goal."""

from dataclasses import dataclass, field
from typing import Any

from groundswell.models.reading.calibration import Calibration, Shown
from groundswell.models.reading.outcome import LASTING, Evidence, SegmentOutcome, judge, reasons, score
from groundswell.models.reading.phrases import FRICTION, Signal
from groundswell.models.reading.signals import in_order

#: Signals remembered of one segment, the earliest.
MAX_SIGNALS = 64


@dataclass(slots=True)
class Segment:
    """State of one segment; JSON in, JSON out."""

    number: int
    start: int
    turns: int = 0
    stated: bool = False
    tool_worked: bool = False
    suspect: int | None = None
    first_write: int | None = None
    last_step: int | None = None
    evidence: set[Evidence] = field(default_factory=set)
    signals: list[tuple[int, Signal]] = field(default_factory=list)

    def note(self, kind: Evidence, holds: bool) -> None:
        """Let *kind* hold from now on, or no longer."""
        if holds:
            self.evidence.add(kind)
        else:
            self.evidence.discard(kind)

    def observe(self, ordinal: int, shown: set[Signal], step: int | None) -> None:
        """Record the signals of turn *ordinal*; *step* is the agent's step that they speak of.

        The first step with friction is the suspect of a failure; without any, or a write, it is the last.
        """
        for signal in in_order(shown):
            if len(self.signals) < MAX_SIGNALS:
                self.signals.append((ordinal, signal))
            if signal in LASTING:
                self.evidence.add(LASTING[signal])
        self.last_step = self.last_step if step is None or step < self.start else step
        if self.suspect is None and step is not None and step >= self.start and shown & FRICTION:
            self.suspect = step

    @property
    def shown(self) -> Shown:
        """What of it a calibration looks at."""
        return Shown(score(self.evidence), self.first_write is not None)

    def outcome(self, calibration: Calibration, *, silent: bool = False) -> SegmentOutcome:
        """Return how the goal stands now, as *calibration* of the agent has it."""
        shown = self.shown
        status, probability = judge(self.evidence, calibration, shown, stated=self.stated, silent=silent)
        suspects = [turn for turn in (self.suspect, self.first_write) if turn is not None]
        return SegmentOutcome(
            segment=self.number,
            status=status,
            probability=probability,
            success=calibration.success(shown),
            shown=shown,
            stated=self.stated,
            turns=self.turns,
            suspect=min(suspects, default=None),
            last_step=self.last_step,
            reasons=reasons(self.evidence),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the state as a JSON document, equal states as equal documents."""
        return {
            "number": self.number,
            "start": self.start,
            "turns": self.turns,
            "stated": self.stated,
            "tool_worked": self.tool_worked,
            "suspect": self.suspect,
            "first_write": self.first_write,
            "last_step": self.last_step,
            "evidence": sorted(self.evidence),
            "signals": self.signals,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Segment":
        """Restore what `to_document` gave."""
        evidence = {Evidence(kind) for kind in document["evidence"]}
        signals = [(ordinal, Signal(signal)) for ordinal, signal in document["signals"]]
        return cls(**{**document, "evidence": evidence, "signals": signals})

"""A segment: the turns of a conversation that serve one goal."""

from dataclasses import dataclass, field
from typing import Any

from groundswell.models.reading.calibration import Calibration, Shown
from groundswell.models.reading.outcome import LASTING, Evidence, SegmentOutcome, judge, reasons, score
from groundswell.models.reading.phrases import FRICTION, Signal
from groundswell.models.reading.signals import in_order
from groundswell.models.reading.steps import NO_ANSWER, REPEATED_CALL, TOOL, call_step

#: Signals remembered of one segment, the earliest.
MAX_SIGNALS = 64
#: What makes up how a goal stands.
_STANDING = ("stated", "tool_worked", "suspect", "first_write", "last_step", "evidence", "steps")


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
    steps: dict[int, str] = field(default_factory=dict)

    def note(self, kind: Evidence, holds: bool) -> None:
        """Let *kind* hold from now on, or no longer."""
        if holds:
            self.evidence.add(kind)
        else:
            self.evidence.discard(kind)

    def standing(self) -> dict[str, Any]:
        """Return how the goal stands, without its turns and signals; JSON."""
        document = self.to_document()
        return {part: document[part] for part in _STANDING}

    def stand(self, standing: dict[str, Any]) -> None:
        """Let the goal stand as `standing` gave it."""
        known = Segment.from_document(self.to_document() | standing)
        for part in _STANDING:
            setattr(self, part, getattr(known, part))

    def take_step(self, ordinal: int, step: str) -> None:
        """Remember what the agent did at *ordinal*: the suspects and the last step are all that is kept."""
        self.steps[ordinal] = step
        kept = {self.suspect, self.first_write, max(self.steps)}
        self.steps = {known: self.steps[known] for known in sorted(self.steps) if known in kept}

    def fail_step(self, ordinal: int | None) -> None:
        """Note that the call of a tool at *ordinal* gave an error."""
        kind, _, tool = self.steps.get(ordinal, "").partition(":") if ordinal is not None else ("", "", "")
        if ordinal is not None and kind in (TOOL, REPEATED_CALL):
            self.steps[ordinal] = call_step(tool, failed=True)

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
            step=self._breaking_step(min(suspects, default=None)),
        )

    def _breaking_step(self, suspect: int | None) -> str:
        """Return the suspect's step; without one, the last step if the user got any after what they said."""
        if suspect is not None and suspect in self.steps:
            return self.steps[suspect]
        if not self.steps or Evidence.UNANSWERED in self.evidence:
            return NO_ANSWER
        return self.steps[max(self.steps)]

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
            "steps": sorted(self.steps.items()),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Segment":
        """Restore what `to_document` gave."""
        evidence = {Evidence(kind) for kind in document["evidence"]}
        signals = [(ordinal, Signal(signal)) for ordinal, signal in document["signals"]]
        steps = dict(document.get("steps", ()))
        return cls(**{**document, "evidence": evidence, "signals": signals, "steps": steps})

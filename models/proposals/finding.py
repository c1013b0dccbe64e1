"""A finding: a pattern that passed its gate, with the conversations behind it and its figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from groundswell.models.change_parts import GateFigures
from groundswell.models.proposals.contrast import Contrast
from groundswell.models.proposals.outage import Outage
from groundswell.models.proposals.patterns import Pattern
from groundswell.models.proposals.preconditions import record_noun
from groundswell.models.proposals.thread import Thread
from groundswell.models.proposals.wording import Wording, wording_of

MAX_CONTRAST_IDS = 10


@dataclass(frozen=True)
class Finding:
    """A pattern in `threads`, whose positions it holds, with its contrast or its outage figures."""

    pattern: Pattern
    threads: Sequence[Thread]
    contrast: Contrast | None = None
    gate: GateFigures | None = None
    outage: Outage | None = None

    @cached_property
    def wording(self) -> Wording:
        """The words of the pattern's family."""
        noun = record_noun(self.threads, self.pattern.tool) if self.pattern.tool else "record"
        return wording_of(self.pattern, noun, self._tools())

    def _tools(self) -> list[str]:
        """Return the tools called at the deciding turns, most frequent first."""
        counts: dict[str, int] = {}
        for position, turn in self.pattern.holders.items():
            for call in self.threads[position].calls:
                if call.turn == turn:
                    counts[call.name] = counts.get(call.name, 0) + 1
        return sorted(counts, key=lambda tool: (-counts[tool], tool))

    @cached_property
    def failing(self) -> list[int]:
        """Positions of the failing threads that the mechanism is blamed for, in order.

        Of an outage only the unrecovered ones: being hit and recovering does not predict failure.
        """
        held = self.outage.unrecovered if self.outage else self.pattern.holders
        return [position for position in sorted(held) if self.threads[position].failed]

    @cached_property
    def blamed(self) -> frozenset[int]:
        """The failing positions as a set."""
        return frozenset(self.failing)

    @cached_property
    def shown(self) -> list[int]:
        """Positions of the threads that are evidence: the failing ones; of an outage then the others hit."""
        if self.outage is None:
            return self.failing
        return self.failing + [hit for hit in sorted(self.pattern.holders) if hit not in self.blamed]

    @property
    def confidence(self) -> float:
        """The share of the pattern's conversations that the mechanism accounts for."""
        if self.outage is not None:
            return self.outage.recovered / len(self.outage.hit)
        return self.contrast.excess if self.contrast is not None else 0.0

    @property
    def first_failing_turn(self) -> int | None:
        """The lower median of the turn at which the failing threads show the pattern."""
        turns = sorted(self.pattern.holders[position] for position in self.failing or self.shown)
        return turns[(len(turns) - 1) // 2] if turns else None

    def contrast_success_ids(self) -> tuple[str, ...]:
        """Return conversations that called the same tool, lacked the pattern and succeeded.

        Those of a group that also failed come first: there only the agent's doing differed.
        """
        groups = {self.threads[position].cluster for position in self.failing}
        spared = self.pattern.domain - set(self.pattern.holders)
        good = [
            self.threads[position] for position in sorted(spared) if self.threads[position].failed is False
        ]
        good.sort(key=lambda thread: (thread.cluster not in groups, thread.conversation_id))
        return tuple(thread.conversation_id for thread in good[:MAX_CONTRAST_IDS])

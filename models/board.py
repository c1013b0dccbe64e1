"""The board's state: a fold of what the stages wrote, bounded however long it runs.

It is a view and no stage's state: after a restart it is folded anew from the topics.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from groundswell.models.board_agent import AgentBoard
from groundswell.models.board_rows import proposal_row, spike_row, withheld_row
from groundswell.models.board_view import BoardView, ProposalRow, SpikeRow, Tally, WithheldRow
from groundswell.models.json_value import mapping, text, whole

MAX_AGENTS = 100
MAX_SPIKES = 200
MAX_PROPOSALS = 100
MAX_WITHHELD = 100
MAX_REASONS = 50
REST = "other"

Row = TypeVar("Row")


@dataclass
class BoardState:
    """Everything that the board shows; `fold` takes one event, `view` gives what to show.

    >>> board = BoardState()
    >>> board.fold("dead-letters", {"reason": "not_json"})
    >>> board.view().dead_letters
    {'not_json': 1}
    """

    agents: dict[tuple[str, str], AgentBoard] = field(default_factory=dict)
    spikes: dict[str, SpikeRow] = field(default_factory=dict)
    proposals: dict[str, ProposalRow] = field(default_factory=dict)
    withheld: dict[str, WithheldRow] = field(default_factory=dict)
    withheld_reasons: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    hidden_agents: int = 0
    _dead_until: dict[str, int] = field(default_factory=dict)

    def fold(self, topic: str, value: Mapping[str, Any]) -> None:
        """Take in one event of an output topic, as parsed JSON; repeats and other topics change nothing.

        Of `dead-letters`, whose records are raw bytes, *value* holds the headers: ``reason``,
        and, to recognise repeats, ``topic``, ``partition`` and ``offset``.
        """
        handlers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "intent-minutes": lambda minute: self._agent(minute).take_minute(minute),
            "intent-events": lambda event: self._agent(event).take_event(event),
            "spikes": self._spike,
            "change-proposals": self._change,
            "change-verdicts": self._change,
            "change-status": self._change,
            "dead-letters": self._dead_letter,
        }
        handler = handlers.get(topic)
        if handler is not None:
            handler(value)

    def view(self) -> BoardView:
        """Return the board as it stands: agents by volume, urgent spikes and open proposals first."""
        firing = [spike for spike in self.spikes.values() if spike.status == "firing"]
        counted = [board for board in self.agents.values() if board.clock.first is not None]
        agents = [board.view(self._spiking(firing, board), self._open(board)) for board in counted]
        agents.sort(key=lambda agent: (-agent.tally.conversations, agent.tenant, agent.agent))
        total = Tally()
        for agent in agents:
            total.add(agent.tally)
        newest = list(reversed(self.proposals.values()))
        return BoardView(
            tally=total,
            agents=agents,
            spikes=sorted(self.spikes.values(), key=_urgency),
            proposals=sorted(newest, key=lambda p: p.status != "open"),
            withheld=list(reversed(self.withheld.values())),
            withheld_reasons=dict(self.withheld_reasons.most_common()),
            dead_letters=dict(self.dead_letters.most_common()),
            hidden_agents=self.hidden_agents,
        )

    def _agent(self, value: Mapping[str, Any]) -> AgentBoard:
        key = text(value.get("tenant"), 64), text(value.get("agent"), 64)
        board = self.agents.pop(key, None) or AgentBoard(*key)
        self.agents[key] = board  # the last in the dict is the one heard of last
        if len(self.agents) > MAX_AGENTS:
            del self.agents[next(iter(self.agents))]
            self.hidden_agents += 1
        return board

    def _spike(self, value: Mapping[str, Any]) -> None:
        row = spike_row(value)
        if not row.fingerprint:
            return
        self.spikes.pop(row.fingerprint, None)
        self.spikes[row.fingerprint] = row
        if len(self.spikes) > MAX_SPIKES:
            resolved = (key for key, spike in self.spikes.items() if spike.status != "firing")
            del self.spikes[next(resolved, next(iter(self.spikes)))]

    def _change(self, value: Mapping[str, Any]) -> None:
        kind = text(value.get("type"))
        if kind.startswith("change.withheld"):
            self._withhold(value)
        elif kind.startswith("change.proposed"):
            row = proposal_row(value)
            self.proposals.setdefault(row.proposal_id, row)
            _drop_oldest(self.proposals, MAX_PROPOSALS)
        else:
            row_or_none = self.proposals.get(text(value.get("proposal_id")))
            if row_or_none is not None:
                row_or_none.status = _status(kind, value) or row_or_none.status

    def _withhold(self, value: Mapping[str, Any]) -> None:
        row = withheld_row(value)
        if row.id in self.withheld:
            return
        self.withheld[row.id] = row
        _count(self.withheld_reasons, row.reason)
        _drop_oldest(self.withheld, MAX_WITHHELD)

    def _dead_letter(self, value: Mapping[str, Any]) -> None:
        if "offset" in value:
            partition = f"{text(value.get('topic'))}/{whole(value.get('partition'))}"
            offset = whole(value["offset"])
            if offset <= self._dead_until.get(partition, -1):
                return
            self._dead_until[partition] = offset
        _count(self.dead_letters, text(value.get("reason"), 80) or "unknown")

    def _spiking(self, firing: list[SpikeRow], board: AgentBoard) -> frozenset[str]:
        mine = (s for s in firing if (s.tenant, s.agent) == (board.tenant, board.agent))
        return frozenset(spike.intent_id for spike in mine)

    def _open(self, board: AgentBoard) -> Counter[str]:
        mine = (p for p in self.proposals.values() if (p.tenant, p.agent) == (board.tenant, board.agent))
        return Counter(proposal.intent_id for proposal in mine if proposal.status == "open")


def _urgency(spike: SpikeRow) -> tuple[bool, bool, int]:
    """Order spikes: firing first, what changed before what keeps failing, then the newest."""
    return spike.status != "firing", spike.kind == "slow_burn", -spike.detected_minute


def _status(kind: str, value: Mapping[str, Any]) -> str:
    """Return what a later event makes of a proposal: superseded, merged, or a verdict."""
    if kind.startswith("change.measured"):
        return text(mapping(value).get("verdict"), 40)
    if kind.startswith("change.status"):
        return text(value.get("status"), 40).replace("_", " ")
    return kind.split(".")[1] if kind.startswith(("change.superseded", "change.withdrawn")) else ""


def _count(counter: Counter[str], reason: str) -> None:
    counter[reason if reason in counter or len(counter) < MAX_REASONS else REST] += 1


def _drop_oldest(rows: dict[str, Row], most: int) -> None:
    while len(rows) > most:
        del rows[next(iter(rows))]

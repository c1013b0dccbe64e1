"""The state of one partition of `conversation-events`: the time that has passed, and who is silent."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from groundswell.models.conversation import Conversation
from groundswell.models.reading.calibration import Calibration
from groundswell.models.reading.running_mean import RunningMean
from groundswell.models.record import StateRecord
from groundswell.models.sweep import Sweep
from groundswell.streams.ownership import Owned

#: An agent without an event for this long hears no more ticks from the partition.
TICK_HORIZON_MS = 24 * 3600 * 1000
#: Closed conversations kept in memory; the rest is read again when it speaks again.
CACHE = 20_000


@dataclass(slots=True)
class PartitionState:
    """What one partition has taken in. `offset` is the last record whose effect is in the state."""

    owned: Owned
    log: str
    offset: int = -1
    watermark: int = 0
    heard: dict[str, int] = field(default_factory=dict)
    means: dict[str, RunningMean] = field(default_factory=dict)
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    deadlines: list[tuple[int, str]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    changed_means: set[str] = field(default_factory=set)
    changed_calibrations: set[str] = field(default_factory=set)
    sweep: Sweep = field(default_factory=Sweep)

    def mean(self, owner: str) -> RunningMean:
        """Return the running mean of *owner*'s needs, a fresh one at first."""
        if owner not in self.means:
            self.means[owner] = RunningMean()
        return self.means[owner]

    def calibration(self, owner: str) -> Calibration:
        """Return what *owner*'s told outcomes say of its scores, nothing at first."""
        return self.calibrations.setdefault(owner, Calibration())

    def learn(self, key: str) -> None:
        """Let the agent's calibration learn what is known of a conversation."""
        conversation = self.conversations[key]
        if conversation.teach(key, self.calibration(conversation.owner)):
            self.changed_calibrations.add(conversation.owner)

    def unlearn(self, key: str) -> None:
        """Let the agent's calibration forget a conversation."""
        owner = self.conversations[key].owner
        if self.calibration(owner).forget(key):
            self.changed_calibrations.add(owner)

    def note(self, key: str, time: int, timeout_ms: int) -> None:
        """Note that an event of the conversation was taken in at *time*, and expect the next one."""
        conversation = self.conversations[key]
        self.heard[conversation.owner] = max(self.heard.get(conversation.owner, 0), time)
        self.changed.add(key)
        if not conversation.closed:
            self.watch(key, timeout_ms)

    def watch(self, key: str, timeout_ms: int) -> None:
        """Expect the conversation to speak again before its time is out."""
        heapq.heappush(self.deadlines, (self.conversations[key].last + timeout_ms, key))

    def silent(self, timeout_ms: int) -> Iterator[tuple[str, Conversation]]:
        """Give the open conversations whose time is out, in the order of their deadlines."""
        while self.deadlines and self.deadlines[0][0] <= self.watermark:
            deadline, key = heapq.heappop(self.deadlines)
            conversation = self.conversations.get(key)
            if conversation is None or conversation.closed or conversation.last + timeout_ms != deadline:
                continue
            yield key, conversation

    def listeners(self) -> list[str]:
        """Return the agents that are told the time, in order; long silent ones are forgotten."""
        horizon = self.watermark - TICK_HORIZON_MS
        self.heard = {owner: last for owner, last in self.heard.items() if last >= horizon}
        return sorted(self.heard)

    def changes(self) -> dict[str, StateRecord]:
        """Return the partition's own changed records; conversations are `conversation_records`."""
        head = {"log": self.log, "offset": self.offset, "watermark": self.watermark, "heard": self.heard}
        means = {
            f"mean {owner}": StateRecord(self.means[owner].to_json()) for owner in sorted(self.changed_means)
        }
        calibrations = {
            f"calibration {owner}": StateRecord(self.calibrations[owner].to_json())
            for owner in sorted(self.changed_calibrations)
        }
        self.changed_means.clear()
        self.changed_calibrations.clear()
        return {"head": StateRecord(orjson.dumps(head)), **means, **calibrations}

    def conversation_records(self) -> dict[str, tuple[bool, StateRecord]]:
        """Return the changed conversations, open or not, and let go of old closed ones."""
        records = {
            key: (not self.conversations[key].closed, self.conversations[key].record())
            for key in sorted(self.changed)
        }
        self.sweep.written += len(self.changed)
        self.changed.clear()
        if len(self.conversations) > 2 * CACHE and self.sweep.due(len(self.conversations)):
            self._let_go()
        return records

    def _let_go(self) -> None:
        closed = [key for key, one in self.conversations.items() if one.closed]
        for key in closed[: max(0, len(self.conversations) - CACHE)]:
            del self.conversations[key]

    @classmethod
    def restore(cls, owned: Owned, log: str, end_offset: int) -> "PartitionState":
        """Return the state that *owned* records hold.

        A log of another name, or one that ends before what was taken from it, has restarted:
        its offsets start again under a new name, so none of them looks old.
        """
        state = cls(owned, f"{log}#0")
        if "head" not in owned.records:
            return state
        head = orjson.loads(owned.records["head"].payload)
        state.watermark, state.heard = head["watermark"], head["heard"]
        state.means = {
            name.removeprefix("mean "): RunningMean.from_json(record.payload)
            for name, record in owned.records.items()
            if name.startswith("mean ")
        }
        state.calibrations = {
            name.removeprefix("calibration "): Calibration.from_json(record.payload)
            for name, record in owned.records.items()
            if name.startswith("calibration ")
        }
        name, _, generation = head["log"].rpartition("#")
        if name != log:
            return state
        if head["offset"] >= end_offset:
            state.log = f"{log}#{int(generation) + 1}"
            return state
        state.log, state.offset = head["log"], head["offset"]
        return state

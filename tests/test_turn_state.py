"""What a partition keeps in memory of its conversations."""

from typing import Any

import pytest

from groundswell.models.conversation import Conversation
from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.running_mean import RunningMean
from groundswell.streams import turn_state
from groundswell.streams.collections import TURNS_STATE
from groundswell.streams.ownership import Owned
from groundswell.streams.turn_state import PartitionState


class Looked(dict[str, Any]):
    """Counts how often everything in it was looked at."""

    times = 0

    def items(self) -> Any:
        self.times += 1
        return super().items()


def test_closed_conversations_are_let_go_and_open_ones_are_not_looked_at_with_each_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn_state, "CACHE", 50)
    state = PartitionState(Owned(TURNS_STATE, "log/0", 1, b""), "log")
    state.conversations = looked = Looked()
    for number in range(1_000):
        reader = ConversationReader(RunningMean())
        looked[str(number)] = Conversation(reader, str(number), "acme/shop", closed=number < 100)
        state.changed.add(str(number))
        assert list(state.conversation_records()) == [str(number)]
    assert not {str(number) for number in range(50)} & looked.keys()
    assert looked.keys() >= {str(number) for number in range(100, 1_000)}
    assert looked.times < 50
    for number in range(100, 1_000):
        looked[str(number)].closed = True
        state.changed.add(str(number))
    state.conversation_records()
    assert len(looked) == 50

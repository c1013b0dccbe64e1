"""Shares: which part of an agent's recent conversations belongs to each intent."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

#: Minutes of event time over which shares are taken.
WINDOW = 60


@dataclass
class RollingShares:
    """Conversations per fine intent over the last *window* minutes, seen through today's groups.

    Counts are kept per fine intent and grouped when asked, so a merge or split moves the
    past with it.

    >>> shares = RollingShares()
    >>> shares.add(100, {"f1": 3, "f2": 1}, {"f1": "refund", "f2": "seats"})
    >>> shares.by_intent()
    {'refund': 0.75, 'seats': 0.25}
    """

    window: int = WINDOW
    _minutes: deque[tuple[int, dict[str, int]]] = field(default_factory=deque)
    _sums: Counter[str] = field(default_factory=Counter)
    _groups: dict[str, str] = field(default_factory=dict)

    def add(self, minute: int, conversations: Mapping[str, int], groups: Mapping[str, str]) -> None:
        """Take in a closed minute: conversations and group of each fine intent."""
        counts = {fine: n for fine, n in conversations.items() if n > 0}
        self._minutes.append((minute, counts))
        self._sums.update(counts)
        self._groups.update((fine, group) for fine, group in groups.items() if self._sums[fine] > 0)
        while len(self._minutes) > self.window or self._minutes[0][0] <= minute - self.window:
            self._drop(self._minutes.popleft()[1])

    def by_intent(self) -> dict[str, float]:
        """Return the share of every intent that had a conversation in the window; they add up to one."""
        intents: Counter[str] = Counter()
        for fine, count in self._sums.items():
            intents[self._groups.get(fine, fine)] += count
        total = sum(intents.values())
        return {intent: count / total for intent, count in sorted(intents.items())} if total else {}

    def _drop(self, counts: Mapping[str, int]) -> None:
        for fine, count in counts.items():
            self._sums[fine] -= count
            if self._sums[fine] <= 0:
                del self._sums[fine]
                self._groups.pop(fine, None)

"""The candidate onsets of a rise: the few starts that can still be the best window's.

FOCuS (Romano et al., JMLR 2023; Poisson form Ward et al., arXiv 2208.01494) tests all
windows that end now at amortised O(1): seen as points (expected, observed), only the
vertices of the convex hull of the starts can maximise the likelihood ratio.
"""

from collections.abc import Iterable
from typing import NamedTuple

#: A start is given up once the counts since then grew by no more than this times what was
#: expected. Exact for rises above 1.55 times, where (r - 1) / ln r is this slope.
MIN_SLOPE = 1.25
#: Starts kept; streams rarely need more than 11.
MAX_STARTS = 32


class Mark(NamedTuple):
    """The running totals of a watched intent just before a minute: a possible onset."""

    observed: float
    expected: float
    minute: int
    conversations: int = 0
    decided: int = 0
    failures: int = 0
    exposure: int = 0


class Hull:
    """The starts, oldest first: slopes between neighbours rise, and each exceeds `MIN_SLOPE`.

    >>> hull = Hull()
    >>> for minute, (observed, expected) in enumerate([(0, 0), (1, 1), (3, 2), (9, 3)]):
    ...     hull.push(Mark(observed, expected, minute))
    >>> [mark.minute for mark in hull.starts]
    [1, 2, 3]
    """

    __slots__ = ("starts",)

    def __init__(self, starts: Iterable[Mark] = ()) -> None:
        self.starts = list(starts)

    def push(self, mark: Mark) -> None:
        """Add *mark*, the totals before the minute that is about to be counted."""
        starts = self.starts
        while starts and self._dominated(mark):
            starts.pop()
        starts.append(mark)
        if len(starts) > MAX_STARTS:
            del starts[0]

    def _dominated(self, mark: Mark) -> bool:
        last = self.starts[-1]
        rise, run = mark[0] - last[0], mark[1] - last[1]
        if rise <= MIN_SLOPE * run:
            return True
        if len(self.starts) == 1:
            return False
        before = self.starts[-2]
        return rise * (last[1] - before[1]) <= (last[0] - before[0]) * run

    def clear(self) -> None:
        """Forget all starts."""
        self.starts.clear()

"""What one conversation said belongs together: links between micro-clusters.

Turns of one goal are mostly about one thing, however unlike their words ("I lost my card", "there are two
payments I did not make"). So every event of a goal links its micro-cluster to that of the goal's first
event. Before a tree is grown, each linked row moves towards the mean of those it is linked with, as it does
towards its nearest rows (`diffusion`): one step of a random walk on the graph of who was said with whom
(label propagation without labels; Zhu and Ghahramani, 2002). A row with few links moves less: two turns
that were said together once would else lie together, and a young stream, where all have one link, would
be full of pairs that look like intents.

A micro-cluster keeps its most frequent links; when all places are taken, the rarest makes room and the new
one takes over its count (space saving, Metwally et al., 2005).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from groundswell.models.intents.geometry import Labels, Matrix, directions

NONE = -1  # uid of an empty place
PRIOR = 0.25  # links that the wish to stay counts for


@dataclass(slots=True)
class Companions:
    """Places for links, a row per micro-cluster: whose (uid, or NONE) and how often. Filled from the left."""

    uids: Labels
    counts: Matrix

    @classmethod
    def empty(cls, rows: int, places: int) -> "Companions":
        """Return rows without a link."""
        return cls(np.full((rows, places), NONE, np.int64), np.zeros((rows, places), np.float32))

    def add(self, row: int, uid: int, count: float = 1.0) -> None:
        """Count a link of a row to the micro-cluster `uid`."""
        uids, counts = self.uids[row], self.counts[row]
        known = np.flatnonzero(uids == uid)
        free = np.flatnonzero(uids == NONE)
        place = int((known if len(known) else free if len(free) else [counts.argmin()])[0])
        uids[place] = uid
        counts[place] += np.float32(count)

    def of(self, row: int) -> list[tuple[int, float]]:
        """Return the links of a row, (uid, count), in their places' order."""
        held = self.uids[row] != NONE
        return list(zip(self.uids[row][held].tolist(), self.counts[row][held].tolist(), strict=True))

    def replace(self, row: int, links: list[tuple[int, float]]) -> None:
        """Give a row these links and no others: the most frequent if there are more than places."""
        self.uids[row], self.counts[row] = NONE, 0
        ranked = sorted(links, key=lambda link: -link[1])[: self.uids.shape[1]]
        for place, (uid, count) in enumerate(ranked):
            self.uids[row, place], self.counts[row, place] = uid, count

    def forget_all_but(self, uids: Labels) -> None:
        """Drop the links to micro-clusters that are not among these."""
        here = set(uids.tolist())
        for row in np.flatnonzero(((self.uids != NONE) & ~np.isin(self.uids, uids)).any(1)).tolist():
            self.replace(row, [link for link in self.of(row) if link[0] in here])


def joined(companions: Companions, uids: Labels, labels: Labels, first: Labels) -> Companions:
    """Return the links of groups of rows: row `first[g]` stands for the rows with label g from now on.

    Links to a row lead to the one that stands for it; links within a group, and to what is gone, are dropped.
    """
    heir = dict(zip(uids.tolist(), uids[first][labels].tolist(), strict=True))
    totals: list[dict[int, float]] = [{} for _ in first]
    for row in np.flatnonzero((companions.uids != NONE).any(1)).tolist():
        label = int(labels[row])
        own = int(uids[first[label]])
        for uid, count in companions.of(row):
            into = heir.get(uid, own)
            if into != own:
                totals[label][into] = totals[label].get(into, 0.0) + count
    found = Companions.empty(len(first), companions.uids.shape[1])
    for row, links in enumerate(totals):
        if links:
            found.replace(row, list(links.items()))
    return found


def draw_together(places: Matrix, uids: Labels, companions: Companions, pull: float) -> Matrix:
    """Return unit rows, those with links mixed with the mean of the rows they are linked with.

    Args:
        places: unit rows (n, width).
        uids: of the rows (n,).
        companions: the links of the rows; those to rows that are gone do not count.
        pull: share of the others, 0..1, of a row with many links; that with one has `1 / (1 + PRIOR)` of it.
    """
    graph = _graph(uids, companions)
    degrees = np.asarray(graph.sum(1)).ravel()
    linked = degrees > 0
    if not linked.any():
        return places
    means = np.asarray(graph @ places)[linked] / degrees[linked, None]
    drawn = places.copy()
    share = (pull * degrees[linked] / (degrees[linked] + PRIOR))[:, None]
    drawn[linked] = directions(((1 - share) * places[linked] + share * means).astype(np.float32))
    return drawn


def _graph(uids: Labels, companions: Companions) -> "sparse.csr_matrix":
    """Return how often two rows were linked, either way (n, n)."""
    rows, places = np.nonzero(companions.uids != NONE)
    order = np.argsort(uids, kind="stable")
    wanted = companions.uids[rows, places]
    at = order[np.minimum(np.searchsorted(uids, wanted, sorter=order), len(uids) - 1)]
    here: NDArray[np.bool_] = uids[at] == wanted
    counts = companions.counts[rows, places][here].astype(np.float64)
    one_way = sparse.csr_matrix((counts, (rows[here], at[here])), shape=(len(uids), len(uids)))
    return one_way + one_way.T

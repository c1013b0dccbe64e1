"""Lineage: what becomes of ids when the grouping changes.

Ids are carried over by maximum-weight matching (Kuhn, "The Hungarian method", 1955) of how much
weight old and new groups share; what is left over is born, split off, merged or retired.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from groundswell.models.intents.geometry import Labels, Matrix, Scores

Kind = Literal["created", "merged", "split", "retired", "revived"]
Level = Literal["intent", "fine"]
MOST = 0.5  # of an old group or of a new one that both must share for its id to be carried over


class LineageEvent(NamedTuple):
    """One change of one id, caused by the event numbered `seen` at `position`.

    `created` and `revived`: `id` lives; `split`: `id` lives and came out of `parent`;
    `merged`: `id` is gone and `into` took its place; `retired`: `id` fell silent.
    An intent that merged away may come back by a split, under its old id.
    """

    kind: Kind
    level: Level
    id: str
    parent: str | None
    into: str | None
    seen: int
    time_ms: int
    position: str


@dataclass(frozen=True, slots=True)
class Overlap:
    """Weight (new groups, old ids) that each new group shares with each old id."""

    weight: Scores
    old: list[str]

    def parent(self, row: int) -> str | None:
        """Return the old id that most of a new group came from."""
        column = int(self.weight[row].argmax())
        return self.old[column] if self.weight[row, column] > 0 else None

    def heir(self, old: str) -> int | None:
        """Return the new group that got most of an old id."""
        if old not in self.old:
            return None
        column = self.weight[:, self.old.index(old)]
        row = int(column.argmax())
        return row if column[row] > 0 else None


def overlap(labels: Labels, groups: int, old: list[str], weights: Matrix) -> Overlap:
    """Return the overlap of new `labels` with the old id of every row."""
    names, columns = number_ids(old)
    table = np.zeros((groups, len(names)))
    np.add.at(table, (labels, columns), weights)
    return Overlap(table, names)


def number_ids(ids: list[str]) -> tuple[list[str], Labels]:
    """Return the distinct ids, sorted, and the number of each item."""
    names = sorted(set(ids))
    number = {name: i for i, name in enumerate(names)}
    return names, np.array([number[i] for i in ids], np.int64)


def match(weight: Scores, whole: Scores) -> list[tuple[int, int]]:
    """Return the pairs (row, column) of a maximum-weight matching, by row.

    Only what shares at least half of the one or of the other is a pair: an id that went elsewhere would
    come to mean something else without a word.

    Args:
        weight: what rows and columns share, 0 where they may not be a pair (rows, columns).
        whole: what they share, pairs or not.
    """
    half = MOST * np.minimum(whole.sum(1)[:, None], whole.sum(0))
    allowed = np.where(weight >= half, weight, 0)
    rows, columns = linear_sum_assignment(allowed, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if allowed[r, c] > 0]

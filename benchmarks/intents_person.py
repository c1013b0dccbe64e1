"""A person who knows some of the true labels and says so, by commands: for `intents_teaching.py` and others.

Of a label that she knows she looks at where its turns are, as on the board, and, in this order:

1. splits the intent that holds most of them by three examples of each side, as long as another label has a
   large part of it (that part leaves, or hers, where she has the smaller one), and unpins what is not hers;
2. merges into it the other intents that are nearly all of this label;
3. pins it, if it is nearly all of this label by now.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from intents_agent import Desk, turn_id
from intents_data import Indices
from numpy.typing import NDArray

from groundswell.models.intent_command import IntentCommandAnswer
from groundswell.models.record import Vector

Mask = NDArray[np.bool_]

EXAMPLES = 3  # of each side of a split
FEWEST = 6  # turns of an intent, or of a part of it, below which nothing is said about it
PART = 0.15  # share of an intent from which another label's part is split off
PURE = 0.8  # share of an intent from which it is nearly all of one label
SPLITS = 3  # of one intent at most, at one look
MERGED = 8  # intents merged into one at most, in a command


class Person:
    """Looks at a desk; `truth` and `vectors` are of the utterances in the order in which they come.

    answers: to her commands, in order.
    told, parted: by utterance, the intent that a command put it in, and one that a split took it out of.
    named: the utterances that a split put into her intent.
    """

    def __init__(self, desk: Desk, truth: Indices, vectors: Sequence[Vector], seed: int) -> None:
        self._desk, self._truth, self._vectors = desk, truth, vectors
        self._random = np.random.default_rng(seed)
        self._labels = np.empty(0, object)
        self.answers: list[IntentCommandAnswer] = []
        self.told: dict[int, str] = {}
        self.parted: dict[int, str] = {}
        self.named: set[int] = set()

    def look(self, known: Sequence[int]) -> None:
        """Go through the labels that she knows."""
        said = len(self._desk.fines)
        self._labels = np.array([self._desk.intent(vector) for vector in self._vectors[:said]], object)
        for label in known:
            home = self._divided(label)
            if home is not None and self._is_pure(home, label):
                self._merge(label, home)
                self._give("pin", (), intent=home)
                self.told |= dict.fromkeys(np.flatnonzero(self._labels == home).tolist(), home)

    def _divided(self, label: int) -> str | None:
        """Return the intent of a label, once what is about something else has left it."""
        mine = self._truth[: len(self._labels)] == label
        if mine.sum() < FEWEST:
            return None
        home: str | None = str(Counter(self._labels[mine].tolist()).most_common(1)[0][0])
        for _ in range(SPLITS):
            inside = np.flatnonzero(self._labels == home)
            held = Counter(self._truth[inside].tolist())
            own = held.pop(label, 0)
            largest, other = max(((count, one) for one, count in held.items()), default=(0, -1))
            if home is None or own < FEWEST or largest < max(FEWEST, PART * len(inside)):
                return home
            others = self._truth[inside] == other
            home = self._split(home, inside, mine[inside] if largest > own else others, hers=largest > own)
        return home

    def _split(self, intent: str, inside: Indices, leaves: Mask, *, hers: bool) -> str | None:
        """Split by examples, where *hers* tells whose part leaves; return her intent, None if refused."""
        out, stay = self._drawn(inside[leaves]), self._drawn(inside[~leaves])
        ids = {"examples": tuple(map(turn_id, out)), "keeps": tuple(map(turn_id, stay))}
        answer = self._give("split", (*out, *stay), intent=intent, **ids)
        if answer.status == "refused":
            return None
        new = answer.intents[1]
        (mine, her), (rest, other) = ((out, new), (stay, intent)) if hers else ((stay, intent), (out, new))
        self.told |= dict.fromkeys(mine, her)
        self.parted |= dict.fromkeys(rest, her)
        self.named.update(mine)
        self._give("unpin", (), intent=other)
        for place in np.flatnonzero(self._labels == other).tolist():
            self.told.pop(place, None)
        return her

    def _merge(self, label: int, home: str) -> None:
        """Merge into an intent the others that are mostly of its label."""
        mine = self._truth[: len(self._labels)] == label
        found = Counter(self._labels[mine].tolist())
        parts = [
            intent
            for intent, count in found.most_common()
            if intent != home and count >= FEWEST and self._is_pure(intent, label)
        ]
        if parts:
            self._give("merge", (), intents=tuple(parts[:MERGED]), into=home)

    def _is_pure(self, intent: str, label: int) -> bool:
        """Return whether an intent is nearly all of one label."""
        inside = self._labels == intent
        return bool((self._truth[: len(inside)][inside] == label).mean() >= PURE) if inside.any() else False

    def _give(self, kind: str, named: Sequence[int], **fields: object) -> IntentCommandAnswer:
        """Give a command, and look again at the turns of the intents that it touched."""
        answer = self._desk.give(kind, {number: self._vectors[number] for number in named}, **fields)
        self.answers.append(answer)
        for place in np.flatnonzero(np.isin(self._labels.astype(str), answer.intents)).tolist():
            self._labels[place] = self._desk.intent(self._vectors[place])
            if place in self.told:
                self.told[place] = self._labels[place]
        return answer

    def _drawn(self, places: Indices) -> list[int]:
        return sorted(self._random.permutation(places)[:EXAMPLES].tolist())

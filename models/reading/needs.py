"""The last needs of a conversation: what a new one is compared with.

Embeddings are rounded to 16 bits when they enter, so that what is saved is what is used.
"""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.models.record import Vector

#: Needs remembered; both the segment rule and the rephrase rule look back over these.
MAX_NEEDS = 6
#: A rephrase is compared with the last three needs, each of four words or more.
REPHRASE_BACK, REPHRASE_WORDS = 3, 4


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """A turn that passed the gate: its segment, its words, and its vector as it is remembered."""

    segment: int
    words: int
    vector: Vector


class NeedMemory:
    """The last six needs, oldest first."""

    def __init__(self, needs: list[Need] | None = None) -> None:
        self._needs = needs or []

    def add(self, segment: int, words: int, embedding: Vector) -> None:
        """Remember a need; *embedding* is a unit vector, float32 (d,)."""
        rounded = embedding.astype(np.float16).astype(np.float32)
        self._needs.append(Need(segment, words, rounded))
        del self._needs[:-MAX_NEEDS]

    def last(self, segment: int) -> Vector | None:
        """Return the vector of the segment's last need, if it had one."""
        return next((need.vector for need in reversed(self._needs) if need.segment == segment), None)

    def similarity(self, segment: int, embedding: Vector, mean: Vector) -> float:
        """Return the greatest cosine to a need of the segment, both centred on *mean*; -1 if none."""
        centred = unit(embedding - mean)
        cosines = (
            float(unit(need.vector - mean) @ centred) for need in self._needs if need.segment == segment
        )
        return max(cosines, default=-1.0)

    def likeness(self, words: int, embedding: Vector) -> float:
        """Return the greatest cosine to one of the last three needs; -1 for a turn of too few words."""
        earlier = [need for need in self._needs if need.words >= REPHRASE_WORDS][-REPHRASE_BACK:]
        if words < REPHRASE_WORDS:
            return -1.0
        return max((float(need.vector @ embedding) for need in earlier), default=-1.0)

    def to_document(self) -> list[list[Any]]:
        """Return the state as a JSON document."""
        return [[need.segment, need.words, _encode(need.vector)] for need in self._needs]

    @classmethod
    def from_document(cls, document: list[list[Any]]) -> "NeedMemory":
        """Restore what `to_document` gave, bit for bit."""
        return cls([Need(segment, words, _decode(vector)) for segment, words, vector in document])


def unit(vector: Vector) -> Vector:
    """Return *vector* scaled to length 1; the zero vector as it is."""
    length = float(np.sqrt(vector @ vector))
    return vector / np.float32(length) if length > 0 else vector


def _encode(vector: Vector) -> str:
    return base64.b64encode(vector.astype("<f2").tobytes()).decode("ascii")


def _decode(text: str) -> Vector:
    return np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)

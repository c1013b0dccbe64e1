"""The name of an intent: its wording, who gave it and why, and what it was taken from."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from groundswell.models.record import Vector

NamedBy = Literal["machine", "llm", "human"]
#: Why an intent has the name that it has: it is new; its centre has moved; it was named from few turns; it
#: took in another intent; a better name that another had is free; another intent says its name more; its
#: example was erased; a model or a human said so.
NameReason = Literal["born", "moved", "grown", "merged", "freed", "contested", "erased", "llm", "human"]
_DESCRIBED_TERMS = 4


@dataclass(frozen=True, slots=True)
class IntentName:
    """A name (plain text, at most 60 characters) and what it rests on.

    terms: the most distinctive terms, strongest first.
    example: the exemplary turn that it was taken from; `examples` has the most central ones besides.
    origin, sources: the conversations of the turn that the wording is from, and of the examples, by which
    they are found when a person is erased.
    version: how many names the intent has had.
    told: a sentence that says what the intent is, where a model gave one.
    wanted: a far better name, which another intent had.
    since: turns of the intent when it was given this wording.
    turns, centre: of the intent when the name was last held against it (int8, base64).
    """

    name: str
    terms: tuple[str, ...] = ()
    example: str = ""
    examples: tuple[str, ...] = ()
    version: int = 1
    reason: NameReason = "born"
    by: NamedBy = "machine"
    turns: int = 0
    centre: str = ""
    told: str = ""
    wanted: str = ""
    origin: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    since: int = 0

    @property
    def description(self) -> str:
        """One sentence of what users want or say."""
        return self.told or describe(self.examples, self.terms)

    def seen(self, turns: int, centre: Vector | None) -> "IntentName":
        """Return the name as held against the intent that has these turns and this centre."""
        return replace(
            self, turns=turns, centre=pack_direction(centre) if centre is not None else self.centre
        )

    def likeness(self, centre: Vector | None) -> float:
        """Return the cosine of the intent's centre to the one that the name is for; 1 where not known."""
        if centre is None or not self.centre:
            return 1.0
        then = np.frombuffer(base64.b64decode(self.centre), np.int8).astype(np.float32)
        if then.shape != centre.shape:
            return 1.0
        length = float(np.linalg.norm(then)) * float(np.linalg.norm(centre))
        return float(then @ centre) / length if length else 1.0

    def rests_on(self, conversation: str) -> bool:
        """Return whether its wording or an example was said in a conversation."""
        return conversation in self.origin or conversation in self.sources

    def erased(self) -> "IntentName":
        """Return the name without its examples, to be looked at anew."""
        return replace(self, example="", examples=(), origin=(), sources=(), reason="erased", told="")

    def to_json(self) -> dict[str, Any]:
        """Return a document from which `of_json` restores the same."""
        return {key: getattr(self, key) for key in self.__slots__}

    @classmethod
    def of_json(cls, document: dict[str, Any]) -> "IntentName":
        """Restore what `to_json` gave."""
        lists = {key: tuple(document[key]) for key in ("terms", "examples", "origin", "sources")}
        return cls(**{**document, **lists})


def pack_direction(vector: Vector) -> str:
    """Return the direction of a vector (d,) in 8 bits an axis, as base64."""
    most = float(np.abs(vector).max()) if len(vector) else 0.0
    scaled = np.rint(vector * (127 / most)) if most > 0 else np.zeros_like(vector)
    return base64.b64encode(scaled.astype(np.int8).tobytes()).decode("ascii")


def describe(examples: Sequence[str], terms: Sequence[str]) -> str:
    """Return one sentence of what users say: quoted wording of theirs, and distinctive terms."""
    if not examples:
        return ""
    quoted = " or ".join(f"“{text.translate(_NO_QUOTES)}”" for text in examples[:1])
    said = f"Users say, for example, {quoted}"
    words = ", ".join(terms[:_DESCRIBED_TERMS])
    return f"{said}; what sets them apart: {words}." if words else f"{said}."


_NO_QUOTES = str.maketrans({"“": "'", "”": "'", '"': "'"})

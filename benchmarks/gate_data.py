"""What the gate is trained and measured on: labelled texts, weak labels, hand labels, their vectors."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.models.reading.surface import FEATURES, surface
from groundswell.models.reading.wording import Wording
from groundswell.models.record import Vector
from groundswell.sinks.embedder import Embedder

HERE = Path(__file__).parent
#: Turns labelled by hand: the first fit the context weights and the threshold, the second are measured.
TUNING, TEST = HERE / "gate_tuning.jsonl", HERE.parent / "tests" / "gate_labels.jsonl"
#: MultiDoGO's dialogue acts that say nothing of what the user wants, and what is out of its domain.
NO_NEED = {"contentonly", "confirmation", "openinggreeting", "thankyou", "rejection", "closinggreeting"}
OUT_OF_DOMAIN = {"outofdomain", ""}
#: CLINC150's intents that are no needs.
TALK = {"yes", "no", "maybe", "greeting", "goodbye", "thank_you"}
_REQUESTS = tuple(
    FEATURES.index(name)
    for name in ("says what is wanted", "asks the agent to act or tell", "names a problem")
)
_NO_FORM = FEATURES.index("no asking form")


@dataclass(frozen=True, slots=True)
class Example:
    """A text, whether it says what the user wants, and how much it counts."""

    text: str
    need: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Labelled:
    """A turn labelled in its dialogue: `domain` and `split` as the data set has them."""

    text: str
    need: bool
    domain: str
    split: str


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Give the documents of a file of JSON lines, gzip or plain."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def multidogo(data: Path) -> list[Labelled]:
    """Give MultiDoGO's turns, those out of domain left out."""
    turns = []
    for dialogue in rows(data / "multidogo_dev.jsonl.gz"):
        for turn in dialogue["turns"]:
            label = turn["intent"].split("<div>")[0].strip()
            if label not in OUT_OF_DOMAIN and turn["text"].strip():
                split = dialogue["meta"]["split"]
                turns.append(Labelled(turn["text"], label not in NO_NEED, dialogue["agent"], split))
    return turns


def unique(turns: Iterable[Labelled]) -> list[Example]:
    """Give each text once with the majority of its labels, weighted by agreement; ties are left out."""
    votes: dict[str, Counter[bool]] = defaultdict(Counter)
    for turn in turns:
        votes[turn.text][turn.need] += 1
    return [
        Example(text, vote[True] > vote[False], abs(vote[True] - vote[False]) / vote.total() ** 0.5)
        for text, vote in votes.items()
        if vote[True] != vote[False]
    ]


def clinc(data: Path) -> list[Example]:
    """Give CLINC150's utterances: needs at a seventh of the weight, yes, no, thanks and greetings as none.

    Its needs are whole questions to a voice assistant: more of them, and the short needs of a chat are lost.
    """
    wanted = (row for row in rows(data / "clinc150.jsonl.gz") if row["intent"] != "oos")
    return [
        Example(row["text"], row["intent"] not in TALK, 0.3 if row["intent"] in TALK else 0.15)
        for row in wanted
    ]


def star_weak(data: Path, excluded: Collection[str]) -> list[Example]:
    """Give weak labels by place and form; *excluded* conversations are those labelled by hand.

    The first turn of six words or more is a need. Up to four words after a question, without a request,
    are none; nor, at a quarter of the weight, is a later turn without any form of asking. All count half.
    """
    needs: dict[str, None] = {}
    slots: dict[str, None] = {}
    talk: dict[str, None] = {}
    for dialogue in rows(data / "star_first_week.jsonl.gz"):
        if dialogue["conversation_id"] in excluded:
            continue
        agent, first = "", True
        for turn in dialogue["turns"]:
            text, words = turn["text"] or "", len((turn["text"] or "").split())
            if turn["role"] == "assistant" and text:
                agent = text
            if turn["role"] != "user" or not text.strip():
                continue
            acts = surface(Wording.of(text))
            if first and words >= 6:
                needs[text] = None
            elif words <= 4 and "?" not in text and agent.rstrip().endswith("?") and not _requests(acts):
                slots[text] = None
            elif not first and words > 4 and acts[_NO_FORM]:
                talk[text] = None
            first = first and words <= 3
    return [
        *(Example(text, True, 0.5) for text in needs),
        *(Example(text, False, 0.5) for text in slots),
        *(Example(text, False, 0.125) for text in talk if text not in needs),
    ]


def _requests(acts: list[float]) -> bool:
    return any(acts[place] for place in _REQUESTS)


class Vectors:
    """The bundled model, asked once for each text; kept in a file if there is one."""

    def __init__(self, kept: Path | None = None) -> None:
        """Start with what *kept* (.npz) holds, if it exists."""
        self._embedder = Embedder.default()
        self._kept, self._vectors = kept, dict[str, Vector]()
        if kept and kept.exists():
            with np.load(kept) as numbers:
                texts = json.loads(numbers["texts"].tobytes())
                self._vectors = dict(zip(texts, numbers["vectors"], strict=True))

    def __call__(self, text: str) -> Vector:
        """Give the unit vector of a text."""
        if text not in self._vectors:
            self._vectors[text] = self._embedder.embed([text])[0]
        return self._vectors[text]

    def save(self) -> None:
        """Write the file, if there is one to be."""
        if self._kept:
            texts = np.frombuffer(json.dumps(list(self._vectors)).encode(), np.uint8)
            np.savez(self._kept, texts=texts, vectors=np.stack(list(self._vectors.values())))

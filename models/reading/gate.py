"""The gate: whether a user's turn says what the user wants.

Greetings, thanks, names, order numbers and confirmations are most of what users type, and
clustering them makes large, meaningless intents. The gate is two logistic models over the sentence
embedding (what it is about), surface features (what kind of act it is) and what the agent's last text
expects: none of them does it alone. Trained on MultiDoGO (Peskov et al. 2019), CLINC150 (Larson et al.
2019), weak labels from STAR (Mosig et al. 2020) and turns labelled by hand, by `benchmarks/train_gate.py`.

The embedding model reads Latin scripts. A turn in another one is judged by its length alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from groundswell.models.reading.expectation import EXPECTATIONS, expectation, replies_to_long_text
from groundswell.models.reading.surface import FEATURES, surface
from groundswell.models.reading.wording import Wording
from groundswell.models.record import Vector

#: A turn passes above this probability of saying what the user wants.
THRESHOLD = 0.4
# Words of a turn in a script that is not read: as likely as not a need at the first, surer by the second.
_EVEN_WORDS, _WORDS_PER_LOGIT = 4.0, 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A logistic model: `embedding` (384,), one number for each of `FEATURES` and `EXPECTATIONS`, `bias`."""

    embedding: Vector
    surface: Sequence[float]
    expectation: Sequence[float]
    bias: float

    def logit(self, embedding: Vector, acts: Sequence[float], expected: Sequence[float]) -> float:
        """Return the log odds that a turn of these features says what the user wants."""
        kind = _weighted(self.surface, acts) + _weighted(self.expectation, expected)
        return float(self.embedding @ embedding) + kind + self.bias


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """Two logistic models: of replies to a long text of the agent, and of all other turns.

    An agent that writes at length lists, proposes and asks to confirm, and its users answer in whole
    sentences: "I'd like the blue one, please" is a need after "How can I help?", and a choice there.
    """

    otherwise: Weights
    after_long_text: Weights

    def probability(self, text: str, embedding: Vector, agent_text: str = "") -> float:
        """Return the probability that *text* says what the user wants; 0 if it has no word.

        *embedding* is the unit vector, shape (384,), of the bundled model: the weights mean nothing
        for another one, and ValueError is raised for another dimension. *agent_text* is the last that
        the agent said, empty at the start of a conversation.
        """
        return self.judge(Wording.of(text), embedding, agent_text)

    def judge(self, wording: Wording, embedding: Vector, agent_text: str = "") -> float:
        """Return the same for words that were read already."""
        if embedding.shape != self.otherwise.embedding.shape:
            raise ValueError(
                f"the gate was fitted to {len(self.otherwise.embedding)} dimensions, not {len(embedding)}; "
                "use RuleGate for another embedding model"
            )
        if not wording.words:
            return 0.0
        if not wording.is_latin:
            return by_length(wording)
        acts = surface(wording)
        expected = expectation(wording, acts, agent_text)
        weights = self.after_long_text if replies_to_long_text(agent_text) else self.otherwise
        return logistic(weights.logit(embedding, acts, expected))


@dataclass(frozen=True, slots=True)
class RuleGate:
    """The gate without an embedding, for a model that the weights were not fitted to: less precise."""

    def probability(self, text: str, embedding: Vector | None = None, agent_text: str = "") -> float:
        """Return .9 if the words ask for something, else .1."""
        return self.judge(Wording.of(text), embedding, agent_text)

    def judge(self, wording: Wording, embedding: Vector | None = None, agent_text: str = "") -> float:
        """Return the same for words that were read already."""
        if not wording.is_latin:
            return by_length(wording)
        return 0.9 if _asks(wording) else 0.1


def _asks(wording: Wording) -> bool:
    act, words = named(surface(wording)), len(wording.words)
    requests = act["says what is wanted"] or act["asks the agent to act or tell"] or act["names a problem"]
    if act["names nothing"] or (act["identifies the user"] and not requests):
        return False
    if requests or act["starts as an imperative"] or (words >= 4 and act["starts as a question"]):
        return True
    if act["starts with yes or no"] or (words <= 8 and act["social word"]):
        return False
    return words >= 9 or (words >= 4 and wording.has_question_mark)


def named(acts: Sequence[float]) -> dict[str, bool]:
    """Return which surface features hold, by name."""
    return {name: value > 0 for name, value in zip(FEATURES, acts, strict=True)}


def by_length(wording: Wording) -> float:
    """Return a probability from the number of words alone; numbers are no words."""
    said = sum(1 for word in wording.words if not any(map(str.isdigit, word)))
    # A Chinese or Japanese word is about two characters.
    words = said / 2 if all(len(word) == 1 for word in wording.words) else said
    return logistic((words - _EVEN_WORDS) / _WORDS_PER_LOGIT)


def passes(probability: float) -> bool:
    """Return whether a turn of this probability counts as a need."""
    return probability > THRESHOLD


def logistic(logit: float) -> float:
    """Return 1 / (1 + exp(-logit)), 0 where that underflows."""
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0


def _weighted(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def gate_of(weights: Vector, bias: Sequence[float]) -> Gate:
    """Return the gate of two rows of numbers: of the embedding, the surface features, the expectations."""
    of_embedding = weights.shape[1] - len(FEATURES) - len(EXPECTATIONS)
    otherwise, after_long_text = (
        Weights(
            row[:of_embedding].copy(),
            tuple(row[of_embedding : -len(EXPECTATIONS)].tolist()),
            tuple(row[-len(EXPECTATIONS) :].tolist()),
            float(one),
        )
        for row, one in zip(weights, bias, strict=True)
    )
    return Gate(otherwise, after_long_text)


def _bundled() -> tuple[Gate, Vector]:
    with (files("groundswell.models.reading") / "gate.npz").open("rb") as package_data:
        numbers = np.load(package_data)
        return gate_of(numbers["weights"], numbers["bias"]), numbers["mean"]


#: The fitted gate, and the mean embedding of turns that pass it (shape (384,)), both for MiniLM.
GATE, PRIOR_MEAN = _bundled()

"""The gate: whether a user's turn says what the user wants.

Greetings, thanks, names, order numbers and confirmations are most of what users type, and
clustering them makes large, meaningless intents. The gate is a logistic model of 397 numbers over
the sentence embedding (what it is about) and 12 surface features (what kind of act it is): neither
does it alone. Trained on MultiDoGO (Peskov et al. 2019), CLINC150 (Larson et al. 2019) and weak
labels from STAR (Mosig et al. 2020).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from groundswell.models.reading.wording import Wording
from groundswell.models.record import Vector

#: A turn passes above this probability of saying what the user wants...
THRESHOLD = 0.6
#: ...and above this one in answer to an agent's question, where a slot value is likelier.
SLOT_THRESHOLD = 0.8

_QUESTION_START = re.compile(
    r"^(?:(?:hi|hello|hey|ok|okay|so|and|but|well|also|yes|yeah|oh)\s+)*"
    r"(?:what|how|why|when|where|which|who|whats|is|are|do|does|did|can|could|will|would|should|may|has|have)\b"
)
_REQUEST = re.compile(
    r"\b(?:"
    r"i(?:'d| would|d)? (?:like|love|want|need|prefer|wish|wanna|have to|wonder)"
    r"|i (?:am|was) trying|i was wondering"
    r"|i'm (?:trying|looking|hoping|having)|i am (?:looking|having)"
    r"|i (?:can't|cannot|cant|couldn't|don't know|am unable|lost|forgot)"
    r"|(?:can|could|would|will|may) (?:you|i|we)"
    r"|help me|tell me|show me|give me|let me know|let's"
    r"|how (?:do|can|to|much|many|long)|what (?:is|are|about|does)|is there|are there|do you have"
    r"|looking for|trying to|want to|need to"
    r"|please (?:\w+ ){0,2}(?:book|change|cancel|check|find|send|add|remove|update|set|make|play|show|tell)"
    r")\b"
)
_IMPERATIVE = re.compile(
    r"^(?:please\s+|just\s+|can you\s+)*(?:book|change|cancel|check|find|send|add|remove|update|set|make|play"
    r"|show|tell|give|get|order|schedule|reserve|search|turn|call|open|close|transfer|pay|start|stop|create"
    r"|delete|list|explain|fix|track|return|exchange|refund|look|move|switch|remind|put|go|activate|block"
    r"|freeze|report)\b"
)
_SOCIAL = re.compile(
    r"\b(?:hi|hello|hey|hai|thanks|thank|thankyou|bye|goodbye|welcome|great|awesome|perfect|cool|nice"
    r"|good (?:morning|evening|afternoon|day)|have a)\b"
)
_YES_NO = re.compile(
    r"^(?:yes|yeah|yep|yup|no|nope|ok|okay|sure|fine|alright|right|correct|nothing"
    r"|that's (?:all|it|fine|correct|right)|that is (?:all|it)|thats (?:all|it))\b"
)
_IDENTITY = re.compile(
    r"\b(?:my (?:name|number|id|e ?mail|phone|pin|zip|account number|order (?:id|number))\b.* (?:is|s)\b"
    r"|i'm [a-z]+$|it's [a-z]+$)"
)
# An agent's question that invites a need instead of asking for a slot.
_OPEN_OFFER = re.compile(
    r"help|assist|anything else|something else|how can i|what can i|further", re.IGNORECASE
)

SURFACE = (
    "log words",
    "at most 2 words",
    "at most 5 words",
    "share of words with a digit",
    "starts as a question",
    "request phrase",
    "starts as an imperative",
    "social word",
    "starts with yes or no",
    "identifies the user",
    "question mark",
    "short with a digit",
)


def surface(wording: Wording) -> list[float]:
    """Return the 12 features that `SURFACE` names: what kind of act the words are, whatever the topic."""
    plain, words = wording.plain, wording.words
    digits = sum(any(character.isdigit() for character in word) for word in words)
    return [
        min(math.log1p(len(words)), 3.5),
        float(len(words) <= 2),
        float(len(words) <= 5),
        digits / max(len(words), 1),
        float(_QUESTION_START.search(plain) is not None),
        float(_REQUEST.search(plain) is not None),
        float(_IMPERATIVE.search(plain) is not None),
        float(_SOCIAL.search(plain) is not None),
        float(_YES_NO.search(plain) is not None),
        float(_IDENTITY.search(plain) is not None),
        float(wording.has_question_mark),
        float(len(words) <= 6 and digits > 0),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """A logistic model: `embedding_weights` of shape (384,), 12 `surface_weights`, `bias`."""

    embedding_weights: Vector
    surface_weights: Sequence[float]
    bias: float

    def probability(self, text: str, embedding: Vector) -> float:
        """Return the probability that *text* says what the user wants; 0 if it has no word.

        *embedding* is the unit vector, shape (384,), of the bundled model: the weights mean nothing
        for another one, and ValueError is raised for another dimension.
        """
        return self.judge(Wording.of(text), embedding)

    def judge(self, wording: Wording, embedding: Vector) -> float:
        """Return the same for words that were read already."""
        if embedding.shape != self.embedding_weights.shape:
            raise ValueError(
                f"the gate was fitted to {len(self.embedding_weights)} dimensions, not {len(embedding)}; "
                "use RuleGate for another embedding model"
            )
        if not wording.words:
            return 0.0
        kind = sum(
            weight * value for weight, value in zip(self.surface_weights, surface(wording), strict=True)
        )
        logit = float(self.embedding_weights @ embedding) + kind + self.bias
        return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0


@dataclass(frozen=True, slots=True)
class RuleGate:
    """The gate without an embedding, for a model that the weights were not fitted to: less precise."""

    def probability(self, text: str, embedding: Vector | None = None) -> float:
        """Return .9 if the words ask for something, else .1."""
        return self.judge(Wording.of(text), embedding)

    def judge(self, wording: Wording, embedding: Vector | None = None) -> float:
        """Return the same for words that were read already."""
        return 0.9 if _asks(wording) else 0.1


def _asks(wording: Wording) -> bool:
    plain, words = wording.plain, len(wording.words)
    requests = _REQUEST.search(plain) is not None
    if _IDENTITY.search(plain) and not requests:
        return False
    if requests or _IMPERATIVE.search(plain) or (words >= 4 and _QUESTION_START.search(plain)):
        return True
    if _YES_NO.search(plain) or (words <= 8 and _SOCIAL.search(plain)):
        return False
    return words >= 9 or (words >= 4 and wording.has_question_mark)


def asks_for_slot(agent_text: str) -> bool:
    """Return whether the agent's text ends in a question that is no open offer of help."""
    end = agent_text.rstrip()[-120:]
    return end.endswith(("?", "？")) and _OPEN_OFFER.search(end) is None


def passes(probability: float, agent_text: str) -> bool:
    """Return whether a turn of this probability counts as a need, after the agent's last text."""
    return probability > (SLOT_THRESHOLD if asks_for_slot(agent_text) else THRESHOLD)


def _bundled() -> tuple[Gate, Vector]:
    with (files("groundswell.models.reading") / "gate.npz").open("rb") as package_data:
        numbers = np.load(package_data)
        weights, bias, mean = numbers["weights"], float(numbers["bias"]), numbers["mean"]
    dimensions = len(mean)
    return Gate(weights[:dimensions].copy(), tuple(weights[dimensions:].tolist()), bias), mean


#: The fitted gate, and the mean embedding of turns that pass it (shape (384,)), both for MiniLM.
GATE, PRIOR_MEAN = _bundled()

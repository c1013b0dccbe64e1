"""Train the gate's weights anew.

    python benchmarks/train_gate.py DATA [--out FILE.npz] [--vectors FILE.npz] [--json] [--check]

DATA is a folder with multidogo_dev, clinc150 and star_first_week (gzip JSON lines). Three logistic
regressions, each with one optimum, so the same data and the same library give the same weights:

1. what the words are, on MultiDoGO's labels (each text once, weight: the root of its count times the
   agreement), CLINC150 and weak labels from STAR, classes balanced.
2. what the agent's last text makes of it, on the 1,865 turns of `gate_tuning.jsonl`, labelled by hand.
3. the same for replies to a long text, on those of the 1,865 that are such, with every weight of 1 free to
   move: a logistic regression of this small a set stays near 1, because what it adds is held to be small.

The 430 turns of `tests/gate_labels.jsonl` and their conversations are left out of all. The prior mean,
which is no part of the gate, is kept. Without `--out` nothing is written; `--check` exits 1 if a weight is
not the shipped one.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from gate_data import TEST, TUNING, Example, Vectors, clinc, multidogo, rows, star_weak, unique
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from groundswell.models.reading.expectation import expectation, replies_to_long_text
from groundswell.models.reading.gate import Gate, gate_of
from groundswell.models.reading.surface import surface
from groundswell.models.reading.wording import Wording
from groundswell.models.record import Vector

Embed = Callable[[str], Vector]
SHIPPED = Path(__file__).parent.parent / "models" / "reading" / "gate.npz"
STRENGTH, STRENGTH_OF_CONTEXT = 1.0, 1.0
#: Weights this near are the same: another processor rounds otherwise.
SAME = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Weights of the embedding and the surface features, and a bias."""

    weights: NDArray[np.float64]
    bias: float

    def logits(self, texts: Sequence[str], embed: Embed) -> NDArray[np.float64]:
        """Give the log odds of each text, shape (n,)."""
        return features(texts, embed) @ self.weights + self.bias


def features(texts: Sequence[str], embed: Embed) -> NDArray[np.float64]:
    """Give embedding and surface features, shape (n, 384 + len(FEATURES))."""
    return np.array([np.concatenate([embed(text), surface(Wording.of(text))]) for text in texts])


def fit(examples: Sequence[Example], embed: Embed) -> Model:
    """Fit what the words are; both classes weigh the same in all."""
    inputs = features([example.text for example in examples], embed)
    truth = np.array([example.need for example in examples])
    weights = np.array([example.weight for example in examples])
    for label in (False, True):
        weights[truth == label] *= len(truth) / 2 / weights[truth == label].sum()
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(inputs, truth, sample_weight=weights)
    return Model(model.coef_[0], float(model.intercept_[0]))


def fit_context(model: Model, labels: Sequence[dict[str, Any]], embed: Embed) -> NDArray[np.float64]:
    """Fit, on hand labels, the factor of the log odds, a weight per expectation, and a bias: shape (9,)."""
    return _fitted(_context_inputs(model, labels, embed), labels)


def fit_long(model: Model, labels: Sequence[dict[str, Any]], embed: Embed) -> NDArray[np.float64]:
    """Fit the same and what to add to each weight, on the replies to a long text: shape (9 + numbers,)."""
    replies = [row for row in labels if replies_to_long_text(row["agent"])]
    own = features([row["text"] for row in replies], embed)
    return _fitted(np.hstack([own, _context_inputs(model, replies, embed)]), replies)


def _context_inputs(model: Model, labels: Sequence[dict[str, Any]], embed: Embed) -> NDArray[np.float64]:
    logits = model.logits([row["text"] for row in labels], embed)
    return np.column_stack([logits, [context(row["text"], row["agent"]) for row in labels]])


def _fitted(inputs: NDArray[np.float64], labels: Sequence[dict[str, Any]]) -> NDArray[np.float64]:
    fitted = LogisticRegression(C=STRENGTH_OF_CONTEXT, max_iter=5000).fit(
        inputs, [row["label"] for row in labels]
    )
    return np.append(fitted.coef_[0], fitted.intercept_[0])


def context(text: str, agent_text: str) -> list[float]:
    """Give what the agent's last text makes of a turn."""
    wording = Wording.of(text)
    return expectation(wording, surface(wording), agent_text)


def whole(
    model: Model, labels: Sequence[dict[str, Any]], embed: Embed
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Fit what the hand labels say and join it to *model*: two rows of weights, and two biases."""
    numbers, replies = fit_context(model, labels, embed), fit_long(model, labels, embed)
    own, of_replies = np.split(replies, [len(model.weights)])
    rows = [
        np.concatenate([model.weights * numbers[0], numbers[1:-1]]),
        np.concatenate([model.weights * of_replies[0] + own, of_replies[1:-1]]),
    ]
    biases = [model.bias * each[0] + each[-1] for each in (numbers, of_replies)]
    return np.array(rows, np.float32), np.array(biases)


def gate(examples: Sequence[Example], embed: Embed) -> Gate:
    """Fit both and give the gate."""
    return gate_of(*whole(fit(examples, embed), list(rows(TUNING)), embed))


def training(data: Path) -> list[Example]:
    """Give everything that the shipped weights are fitted to, but the hand labels."""
    by_hand = {row["conversation"] for path in (TUNING, TEST) for row in rows(path)}
    return unique(multidogo(data)) + clinc(data) + star_weak(data, by_hand)


def main() -> int:
    """Train, write, and say how far the weights moved from the shipped ones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with the labelled sets")
    parser.add_argument("--out", type=Path, help="write the weights here, .npz")
    parser.add_argument("--vectors", type=Path, help="keep the embeddings here between runs, .npz")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1 if a weight is not the shipped one")
    arguments = parser.parse_args()
    embed = Vectors(arguments.vectors)
    weights, bias = whole(fit(training(arguments.data), embed), list(rows(TUNING)), embed)
    embed.save()
    with np.load(SHIPPED) as numbers:
        mean, before = numbers["mean"], numbers["weights"]
    moved = float(np.abs(weights - before).max()) if before.shape == weights.shape else float("inf")
    if arguments.out:
        np.savez(arguments.out, weights=weights, bias=bias, mean=mean)
    figures = {"numbers": weights.size + len(bias), "largest change of a weight": moved}
    print(json.dumps({"data": str(arguments.data), "figures": figures}) if arguments.json else figures)
    return int(arguments.check and moved > SAME)


if __name__ == "__main__":
    sys.exit(main())

"""Train the gate's weights anew.

    python benchmarks/train_gate.py DATA [--out FILE.npz] [--vectors FILE.npz] [--json] [--check]

DATA is a folder with multidogo_dev, clinc150 and star_first_week (gzip JSON lines). Two logistic
regressions, both with one optimum, so the same data and the same library give the same weights:

1. what the words are, on MultiDoGO's labels (each text once, weight: the root of its count times the
   agreement), CLINC150 and weak labels from STAR, classes balanced. The embedding is scaled by .7, that is
   regularised twice as much as the surface: it learns topics, which the next agent does not share.
2. what the agent's last text makes of it, on the 944 turns of `gate_tuning.jsonl`, labelled by hand.

The 430 turns of `tests/gate_labels.jsonl` and their STAR dialogues are left out of both. The prior mean,
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

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from gate_data import TEST, TUNING, Example, Vectors, clinc, multidogo, rows, star_weak, unique
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from groundswell.models.reading.expectation import expectation
from groundswell.models.reading.gate import Gate, gate_of
from groundswell.models.reading.surface import FEATURES, surface
from groundswell.models.reading.wording import Wording
from groundswell.models.record import Vector

Embed = Callable[[str], Vector]
SHIPPED = Path(__file__).parent.parent / "models" / "reading" / "gate.npz"
EMBEDDING_SCALE, STRENGTH, STRENGTH_OF_CONTEXT = 0.7, 1.0, 1.0
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
    dim = inputs.shape[1] - len(FEATURES)
    scale = np.repeat([EMBEDDING_SCALE, 1.0], [dim, len(FEATURES)])
    truth = np.array([example.need for example in examples])
    weights = np.array([example.weight for example in examples])
    for label in (False, True):
        weights[truth == label] *= len(truth) / 2 / weights[truth == label].sum()
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(inputs * scale, truth, sample_weight=weights)
    return Model(model.coef_[0] * scale, float(model.intercept_[0]))


def fit_context(model: Model, embed: Embed) -> NDArray[np.float64]:
    """Fit, on the hand labels: the factor of the log odds, a weight per expectation, and a bias."""
    labels = list(rows(TUNING))
    logits = model.logits([row["text"] for row in labels], embed)
    expected = [context(row["text"], row["agent"]) for row in labels]
    inputs = np.column_stack([logits, np.array(expected)])
    fitted = LogisticRegression(C=STRENGTH_OF_CONTEXT).fit(inputs, [row["label"] for row in labels])
    return np.append(fitted.coef_[0], fitted.intercept_[0])


def context(text: str, agent_text: str) -> list[float]:
    """Give what the agent's last text makes of a turn."""
    wording = Wording.of(text)
    return expectation(wording, surface(wording), agent_text)


def whole(model: Model, numbers: NDArray[np.float64]) -> tuple[NDArray[np.float32], float]:
    """Join both fits: weights of embedding, surface and expectations, and the bias."""
    factor, expected, bias = numbers[0], numbers[1:-1], numbers[-1]
    weights = np.concatenate([model.weights * factor, expected])
    return weights.astype(np.float32), float(model.bias * factor + bias)


def gate(examples: Sequence[Example], embed: Embed) -> Gate:
    """Fit both and give the gate."""
    model = fit(examples, embed)
    weights, bias = whole(model, fit_context(model, embed))
    return gate_of(weights, bias)


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
    model = fit(training(arguments.data), embed)
    weights, bias = whole(model, fit_context(model, embed))
    embed.save()
    with np.load(SHIPPED) as numbers:
        mean, before = numbers["mean"], numbers["weights"]
    moved = float(np.abs(weights - before).max()) if len(before) == len(weights) else float("inf")
    if arguments.out:
        np.savez(arguments.out, weights=weights, bias=np.float64(bias), mean=mean)
    figures = {"numbers": len(weights) + 1, "largest change of a weight": moved}
    print(json.dumps({"data": str(arguments.data), "figures": figures}) if arguments.json else figures)
    return int(arguments.check and moved > SAME)


if __name__ == "__main__":
    sys.exit(main())

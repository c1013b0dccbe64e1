"""Would a model on the embedding find friction that the phrases miss? Confusion and giving up, in user turns.

    python benchmarks/signal_heads.py DATA [--vectors FILE.npz] [--json] [--check]

DATA is a folder with the sets of `reading_signals.py` (gzip JSON lines). For each signal a logistic
regression on the sentence embedding, with the phrases' hits as positives, fitted on one half of the
conversations and run on the other, both ways. A new hit is a turn above .9 that no phrase hits. Precision:
`signal_readings.jsonl` holds 30 new hits of each, drawn at random and read by one person ("confusion by
head"); counted are those that are still new, and the phrases have learnt the plainest of them.

Neither reaches the .85 that phrases are held to (21 of 30 and 4 of 30 were right before the phrases learnt
from them), so no head is shipped: the model knows what such turns are about ("understand", "forget"), not who
did not understand whom, nor whether the user leaves content.
"""

import sys
import zlib
from pathlib import Path

import numpy as np
from gate_data import Vectors, rows
from numpy.typing import NDArray
from reading_signals import READINGS, SETS
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from vectors_cli import run

from groundswell.models.reading.phrases import Signal
from groundswell.models.reading.signals import user_signals

HEADS = (Signal.CONFUSION, Signal.GIVE_UP)
SURE = 0.9
#: Of the weights: the positives are few, and the phrases themselves are what is to be learnt.
STRENGTH = 10.0
Place = tuple[str, str, int]


def user_turns(data: Path) -> dict[str, Place]:
    """Give each text that a user says, with the first place where: set, conversation, turn."""
    places: dict[str, Place] = {}
    for name in SETS:
        path = data / f"{name}.jsonl.gz"
        for dialogue in rows(path) if path.exists() else ():
            for number, turn in enumerate(dialogue["turns"]):
                text = turn["text"] or ""
                if turn["role"] == "user" and text.strip() and "###" not in text:
                    places.setdefault(text, (name, dialogue["conversation_id"], number))
    return places


def held_out(
    inputs: NDArray[np.float32], hit: NDArray[np.bool_], half: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Give each turn's probability by the model of the other half."""
    given = np.zeros(len(hit))
    for side in (half, ~half):
        model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2000)
        given[side] = model.fit(inputs[~side], hit[~side]).predict_proba(inputs[side])[:, 1]
    return given


def measure(data: Path, embed: Vectors) -> dict[str, float]:
    """Measure both heads."""
    places = user_turns(data)
    inputs = np.array([embed(text) for text in places])
    shown = [user_signals(text) for text in places]
    half = np.array([bool(zlib.crc32(place[1].encode()) % 2) for place in places.values()])
    figures: dict[str, float] = {}
    for signal in HEADS:
        hit = np.array([signal in each for each in shown])
        given = held_out(inputs, hit, half)
        new = {
            place
            for place, p, known in zip(places.values(), given, hit, strict=True)
            if p > SURE and not known
        }
        verdicts = {
            (row["set"], row["conversation"], row["turn"]): row["right"]
            for row in rows(READINGS)
            if row["signal"] == f"{signal} by head"
        }
        read = [verdicts[place] for place in sorted(new & verdicts.keys())]
        figures |= {
            f"{signal} phrase hits": int(hit.sum()),
            f"{signal} held-out auc": float(roc_auc_score(hit, given)),
            f"{signal} new hits": len(new),
            f"{signal} new hits read": len(read),
            f"{signal} new hits precision": sum(read) / max(len(read), 1),
        }
    return figures


if __name__ == "__main__":
    sys.exit(run(__doc__, measure, {}))

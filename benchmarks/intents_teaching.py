"""What people's commands are worth elsewhere: python benchmarks/intents_teaching.py FILE [options].

FILE is that of `intents.py`. The stream runs twice, in each of three orders. In the second run a person
who knows the labels of a fifth of the intents looks at a quarter, at half and at three quarters of it, and
merges, splits and pins (`intents_person.py`) by commands, as `turns` carries them. Printed are NMI, ARI and
accuracy by the last model of the turns of the **other** intents, without and with teaching, what teaching
added, the same for the known ones, and how many commands were given and refused: means over the orders,
least and most behind them. What teaching adds in one order says little: it varies by three points.
"""

import os

# Results depend on the number of BLAS threads, and it is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from gate_data import Vectors
from intents_agent import Desk
from intents_cli import Figures, run
from intents_data import Utterance, arrival_order, number_labels, score
from intents_person import Person

from groundswell.models.record import Vector

LOOKS = (0.25, 0.5, 0.75)  # parts of the stream after which she looks
GOALS = {"others_ari_gain": (2.0, False)}


def measure(args: argparse.Namespace, utterances: list[Utterance], embed: Vectors, seed: int) -> Figures:
    """Return the figures of one order."""
    numbers = number_labels([one.intent for one in utterances])
    stream = arrival_order(numbers, "shuffled", seed)
    truth, texts = numbers[stream], [utterances[i].text for i in stream]
    vectors = [embed(text) for text in texts]
    labels = np.random.default_rng(seed).permutation(int(numbers.max()) + 1)
    known = sorted(labels[: max(1, round(args.known * len(labels)))].tolist())
    looks = [round(part * len(texts)) for part in LOOKS]
    alone, taught = Desk(), Desk()
    person = Person(taught, truth, vectors, seed)
    go(alone, texts, vectors)
    for begin, end in zip([0, *looks], [*looks, len(texts)], strict=True):
        go(taught, texts[:end], vectors[:end], begin)
        if end < len(texts):
            person.look(known)
    figures: Figures = {"known": len(known)}
    for name, part in (("others", ~np.isin(truth, known)), ("known", np.isin(truth, known))):
        before, after = (
            score(truth_of(truth[part]), [desk.intent(vectors[i]) for i in np.flatnonzero(part)])
            for desk in (alone, taught)
        )
        for kind in ("nmi", "ari", "acc"):
            figures |= {f"{name}_{kind}": before[kind], f"{name}_{kind}_taught": after[kind]}
            figures[f"{name}_{kind}_gain"] = after[kind] - before[kind]
        figures |= {f"{name}_true": len(set(truth[part].tolist()))}
        figures |= {f"{name}_found": before["found"], f"{name}_found_taught": after["found"]}
    return {**figures, **commands(person)}


def go(desk: Desk, texts: Sequence[str], vectors: Sequence[Vector], begin: int = 0) -> None:
    """Let the utterances from *begin* on come."""
    for number in range(begin, len(texts)):
        desk.say(number, texts[number], vectors[number])


def truth_of(labels: np.ndarray) -> np.ndarray:
    """Return labels as numbers without gaps."""
    return np.unique(labels, return_inverse=True)[1]


def commands(person: Person) -> Figures:
    """Return how many commands of each kind were applied, and how many refused."""
    applied = [answer.command for answer in person.answers if answer.status == "applied"]
    counts: Figures = {kind: applied.count(kind) for kind in ("merge", "split", "unpin", "pin")}
    # a pin of what is pinned is refused as no change
    said = [answer.reason for answer in person.answers if answer.status == "refused"]
    return {**counts, "refused": sum(reason != "no_change" for reason in said)}


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this script."""
    parser.set_defaults(seeds=3)
    parser.add_argument("--known", type=float, default=0.2, help="share of the intents that she knows")


if __name__ == "__main__":
    sys.exit(run(__doc__ or "", measure, GOALS, options))

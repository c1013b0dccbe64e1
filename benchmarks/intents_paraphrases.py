"""Do forty ways to say one need land in one intent: python benchmarks/intents_paraphrases.py FILE [options].

FILE is that of `intents.py`. Of some of its intents (the needs) only 40 utterances are kept, drawn at
random; they come among all other utterances, in random order. Each need's share in the intent that holds
most of it is taken, and the mean over needs:

- `counted`: as the product counts, by the sub-intent that a turn got on arrival, later merges applied;
- `final`: by the last model;
- `own`: the share of needs whose intent (by the last model) holds more of them than of any other label.
"""

import os

# Results depend on the number of BLAS threads, and it is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np
from gate_data import Vectors
from intents_cli import Figures, run
from intents_data import Indices, Utterance, number_labels
from intents_runs import cluster

GOALS = {"counted": (85.0, False)}


def drawn(truth: Indices, needs: int, ways: int, seed: int) -> tuple[Indices, Indices]:
    """Return the labels that are needs, and which utterances come, in order.

    Raises ValueError where too few labels have as many utterances.
    """
    random = np.random.default_rng(seed)
    enough = np.flatnonzero(np.bincount(truth) >= ways)
    if len(enough) < needs:
        raise ValueError(f"{len(enough)} intents have {ways} utterances, of {needs} that are wanted")
    chosen = random.permutation(enough)[:needs]
    few = [random.choice(np.flatnonzero(truth == need), ways, replace=False) for need in chosen]
    ordinary = np.flatnonzero(~np.isin(truth, chosen))
    return chosen, random.permutation(np.concatenate([ordinary, *few]))


def measure(args: argparse.Namespace, utterances: list[Utterance], embed: Vectors, seed: int) -> Figures:
    """Return the figures of one order."""
    truth = number_labels([one.intent for one in utterances])
    needs, stream = drawn(truth, args.needs, args.ways, seed)
    labels, _ = cluster([embed(utterances[i].text) for i in stream])
    came = truth[stream]
    return {
        "counted": 100 * float(np.mean([together(labels["resolved"], came == need) for need in needs])),
        "final": 100 * float(np.mean([together(labels["final"], came == need) for need in needs])),
        "own": 100 * float(np.mean([is_own(labels["final"], came, need) for need in needs])),
    }


def together(labels: Sequence[str], mine: np.ndarray) -> float:
    """Return the share of *mine* that the commonest label among them has."""
    found = Counter(label for label, one in zip(labels, mine, strict=True) if one)
    return found.most_common(1)[0][1] / found.total()


def is_own(labels: Sequence[str], truth: Indices, need: int) -> bool:
    """Return whether the intent that holds most of a need holds more of it than of any other."""
    intent, _ = Counter(np.array(labels)[truth == need].tolist()).most_common(1)[0]
    return int(np.bincount(truth[np.array(labels) == intent]).argmax()) == need


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this script."""
    parser.add_argument("--needs", type=int, default=20, help="how many needs")
    parser.add_argument("--ways", type=int, default=40, help="utterances of each that come")


if __name__ == "__main__":
    sys.exit(run(__doc__ or "", measure, GOALS, options))

"""Labelled utterances for `intents.py`: reading them, putting them in order, scoring labels against them."""

import gzip
import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

Indices = NDArray[np.int64]
OUT_OF_SCOPE = "oos"
LEAST_WORDS, FIRST_TURNS = 6, 2  # of a dialogue: later turns fill slots


@dataclass(frozen=True, slots=True)
class Utterance:
    """A line of the file: its number from 0, its text, its true intent, the domain of that, if told.

    `goal`: the dialogue that it opened, which was about one task; empty for an utterance by itself.
    """

    row: int
    text: str
    intent: str
    domain: str = ""
    goal: str = ""


def read_utterances(path: Path, *, with_oos: bool) -> list[Utterance]:
    """Read JSON lines {"text", "intent"} or dialogues, `.gz` or not; rows labelled `oos` only on request.

    Rows are numbered as they are read. Raises ValueError naming the line that is not of this form, and
    where there is nothing to cluster.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    read: list[tuple[str, str, str, str]] = []
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                read += _labelled(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f'{path}, line {number}: not {{"text", "intent"}} ({error!r})') from error
    found = [
        Utterance(row, *labelled)
        for row, labelled in enumerate(read)
        if with_oos or labelled[1] != OUT_OF_SCOPE
    ]
    if not found:
        raise ValueError(f"{path} holds no labelled utterances")
    return found


def _labelled(record: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return (text, intent, domain, goal) of a row, or of the first needs of a dialogue about one task."""
    if "turns" not in record:
        return [(str(record["text"]).strip(), str(record["intent"]), str(record.get("domain") or ""), "")]
    tasks = record["meta"]["tasks"]
    said = [str(turn["text"]) for turn in record["turns"] if turn["role"] == "user"]
    told = [text for text in said if len(text.split()) >= LEAST_WORDS][:FIRST_TURNS]
    goal = str(record.get("conversation_id") or "")
    return [(text, str(tasks[0]), "", goal) for text in told] if len(tasks) == 1 else []


def number_labels(labels: Sequence[Hashable]) -> Indices:
    """Return the labels as numbers 0..k-1, in the order of their text."""
    number = {label: i for i, label in enumerate(sorted(set(labels), key=str))}
    return np.array([number[label] for label in labels], np.int64)


def arrival_order(truth: Indices, order: str, seed: int) -> Indices:
    """Return the order of arrival: `shuffled`, or `bursty` (most of an intent within a short phase)."""
    random, size = np.random.default_rng(seed), len(truth)
    if order == "shuffled":
        return np.asarray(random.permutation(size), np.int64)
    phase = random.random(truth.max() + 1)
    time = np.where(
        random.random(size) < 0.9, phase[truth] + random.normal(0, 0.04, size), random.random(size)
    )
    return np.argsort(time, kind="stable")


def score(truth: Indices, labels: Sequence[Hashable]) -> dict[str, float]:
    """Return NMI, ARI and accuracy (best one-to-one mapping) in percent, and the number of labels."""
    found = number_labels(labels)
    table = np.zeros((found.max() + 1, truth.max() + 1), np.int64)
    np.add.at(table, (found, truth), 1)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return {
        "nmi": round(100 * float(normalized_mutual_info_score(truth, found)), 2),
        "ari": round(100 * float(adjusted_rand_score(truth, found)), 2),
        "acc": round(100 * float(table[rows, columns].sum()) / len(truth), 2),
        "found": int(found.max()) + 1,
    }

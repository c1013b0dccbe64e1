"""How well intents emerge from labelled utterances: python benchmarks/intents.py FILE [options].

FILE holds JSON lines {"text", "intent"} (`.gz` or not), in the form of CLINC150 and BANKING77
(Larson et al., 2019; Casanueva et al., 2020). The engine sees the texts only, one by one. Printed are
NMI, ARI and accuracy of

- `arrival`: the sub-intent id emitted when the event came;
- `resolved`: the intent which that id stands for at the end;
- `final`: the intent, and `final_fine` the sub-intent, by the last model;
- `minibatch_kmeans`: scikit-learn's, on the same vectors in the same order, told the true number of intents.
"""

import os

# Results depend on the number of BLAS threads, and it is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from intents_data import Indices, Utterance, arrival_order, number_labels, read_utterances, score
from intents_goals import GOALS, SPEED_GOAL
from sklearn.cluster import MiniBatchKMeans

from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.ids import Stamp
from groundswell.models.record import Vector
from groundswell.sinks.embedder import Embedder

LEVELS = ("arrival", "resolved", "final", "final_fine", "minibatch_kmeans")
Report = dict[str, Any]


def embed(utterances: Sequence[Utterance]) -> list[Vector]:
    """Embed in steps, with progress on a terminal."""
    embedder, vectors = Embedder.default(), []
    for start in range(0, len(utterances), 512):
        vectors += embedder.embed([one.text for one in utterances[start : start + 512]])
        if sys.stderr.isatty():
            print(f"\rembedded {len(vectors)}/{len(utterances)}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return vectors


def cluster(vectors: Sequence[Vector]) -> tuple[dict[str, list[str]], float]:
    """Run the engine over the vectors; return the labels of each level and events per CPU second."""
    engine = IntentEngine(namespace="benchmark")
    start = time.process_time()
    arrival = [engine.assign(v, Stamp(i, f"benchmark/0/{i}/0")).fine for i, v in enumerate(vectors)]
    speed = len(vectors) / (time.process_time() - start)
    final = [engine.label(vector) for vector in vectors]
    labels = {
        "arrival": arrival,
        "resolved": [engine.resolve(fine) for fine in arrival],
        "final": [intent for _, intent in final],
        "final_fine": [fine for fine, _ in final],
    }
    return labels, speed


def baseline(vectors: Sequence[Vector], intents: int, seed: int) -> list[str]:
    """Cluster with what a user would reach for first, told the true number of intents."""
    model = MiniBatchKMeans(intents, random_state=seed, n_init=3)
    return [str(label) for label in model.fit_predict(np.stack(vectors))]


def measure(path: Path, utterances: list[Utterance], order: str, seed: int) -> tuple[Report, list[Report]]:
    """Return the report and one row of labels per utterance, in the order of the file."""
    numbers = number_labels([one.intent for one in utterances])
    arrived: Indices = arrival_order(numbers, order, seed)
    vectors = embed(utterances)
    stream, truth = [vectors[i] for i in arrived], numbers[arrived]
    labels, speed = cluster(stream)
    intents = int(truth.max()) + 1
    rows = [
        {
            "row": utterances[i].row,
            "intent": utterances[i].intent,
            **{k: labels[k][at] for k in ("arrival", "resolved", "final")},
        }
        for at, i in enumerate(arrived)
    ]
    labels["minibatch_kmeans"] = baseline(stream, intents, seed)
    report: Report = {
        "data": path.name.split(".")[0],
        "order": order,
        "seed": seed,
        "events": len(stream),
        "intents": intents,
        "events_per_cpu_second": round(speed),
        **{level: score(truth, labels[level]) for level in LEVELS},
    }
    return report, sorted(rows, key=lambda row: row["row"])


def shortfalls(report: Report) -> list[str]:
    """Return a line for each figure below its goal; raises KeyError where none are stated for the data."""
    goals = GOALS[report["data"], report["order"]]
    figures = {f"{level}.{name}": value for level in LEVELS for name, value in report[level].items()}
    figures[SPEED_GOAL[0]] = report[SPEED_GOAL[0]]
    wanted = {**goals, SPEED_GOAL[0]: SPEED_GOAL[1]}
    return [
        f"{name} is {figures[name]}, goal {goal}" for name, goal in wanted.items() if figures[name] < goal
    ]


def show(report: Report) -> None:
    """Print the report as a table."""
    print(f"{report['data']}, {report['order']}, seed {report['seed']}: {report['events']} events,")
    print(f"{report['intents']} true intents; {report['events_per_cpu_second']} events per CPU second")
    print(f"{'':18}{'NMI':>7}{'ARI':>7}{'ACC':>7}{'found':>7}")
    for level in LEVELS:
        figures = report[level]
        print(
            f"{level:18}{figures['nmi']:7.1f}{figures['ari']:7.1f}{figures['acc']:7.1f}{figures['found']:7d}"
        )


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="How well intents emerge from labelled utterances.")
    parser.add_argument("file", type=Path, help='JSON lines {"text", "intent"}, .gz or not')
    parser.add_argument("--order", choices=("shuffled", "bursty"), default="shuffled")
    parser.add_argument("--seed", type=int, default=0, help="of the order of arrival")
    parser.add_argument("--with-oos", action="store_true", help="keep rows labelled oos")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1 naming each figure below its goal")
    parser.add_argument("--labels", type=Path, help="write one JSON line of labels per row to this file")
    return parser.parse_args(argv)


def main() -> int:
    """Run; return the exit status."""
    args = arguments()
    try:
        utterances = read_utterances(args.file, with_oos=args.with_oos)
    except (OSError, ValueError) as error:
        print(f"cannot read the utterances: {error}", file=sys.stderr)
        return 2
    report, rows = measure(args.file, utterances, args.order, args.seed)
    if args.labels:
        args.labels.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    print(json.dumps(report)) if args.json else show(report)
    if not args.check:
        return 0
    if (report["data"], report["order"]) not in GOALS:
        print(f"no goals are stated for {report['data']}: see benchmarks/intents_goals.py", file=sys.stderr)
        return 2
    missed = shortfalls(report)
    print("\n".join(missed), file=sys.stderr) if missed else None
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

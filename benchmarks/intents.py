"""How well intents emerge from labelled utterances: python benchmarks/intents.py FILE [options].

FILE holds JSON lines {"text", "intent"} (`.gz` or not), in the form of CLINC150 and BANKING77
(Larson et al., 2019; Casanueva et al., 2020), or dialogues {"turns", "meta": {"tasks"}}, in that of STAR
(Mosig et al., 2020): of those with one task, the first two user turns of six words or more. The engine
sees the texts, one by one, and (unless `--alone`) which two are of one dialogue. Printed are NMI, ARI and
accuracy of

- `arrival`: the sub-intent id emitted when the event came;
- `resolved`: the intent which that id stands for at the end;
- `final`: the intent, and `final_fine` the sub-intent, by the last model;
- `minibatch_kmeans`: scikit-learn's, on the same vectors in the same order, told the true number of intents;
- with `--rivals`, k-means (told likewise), BIRCH, leader clustering, HDBSCAN and river's DBSTREAM, the last
  two on as many events as they can be asked to take.

`churn` is the percentage of past events whose intent changes while a further tenth of the stream arrives.
With `--seeds N` the figures are means over N orders of arrival, with the least and the most of each.
"""

import os

# Results depend on the number of BLAS threads, and it is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from gate_data import Vectors
from intents_data import Indices, Utterance, arrival_order, number_labels, read_utterances, score
from intents_goals import GOALS, SPEED_GOAL
from intents_runs import LEVELS, Report, cluster, contenders, summary
from sklearn.cluster import MiniBatchKMeans

from groundswell.models.record import Vector

SHOWN = (*LEVELS, "minibatch_kmeans")


def embed(utterances: Sequence[Utterance], kept: Path | None = None) -> list[Vector]:
    """Embed one by one, with progress on a terminal; what the file *kept* holds is taken from it."""
    embedder, vectors = Vectors(kept), []
    for one in utterances:
        vectors.append(embedder(one.text))
        if len(vectors) % 512 == 0 and sys.stderr.isatty():
            print(f"\rembedded {len(vectors)}/{len(utterances)}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    embedder.save()
    return vectors


def baseline(vectors: Sequence[Vector], intents: int, seed: int) -> list[str]:
    """Cluster with what a user would reach for first, told the true number of intents."""
    model = MiniBatchKMeans(intents, random_state=seed, n_init=3)
    return [str(label) for label in model.fit_predict(np.stack(vectors))]


def measure(
    path: Path,
    utterances: list[Utterance],
    vectors: Sequence[Vector],
    order: str,
    seed: int,
    *,
    rivals: bool,
    linked: bool = True,
) -> tuple[Report, list[Report]]:
    """Return the report and one row of labels per utterance, in the order of the file."""
    numbers = number_labels([one.intent for one in utterances])
    arrived: Indices = arrival_order(numbers, order, seed)
    stream, truth = [vectors[i] for i in arrived], numbers[arrived]
    labels, figures = cluster(stream, [utterances[i].goal if linked else "" for i in arrived])
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
        **figures,
        **{level: score(truth, labels[level]) for level in SHOWN},
        **(contenders(stream, truth, seed) if rivals else {}),
    }
    return report, sorted(rows, key=lambda row: row["row"])


def shortfalls(report: Report) -> list[str]:
    """Return a line for each figure below its goal; raises KeyError where none are stated for the data."""
    goals = GOALS[report["data"], report["order"]]
    figures = {f"{level}.{name}": value for level in SHOWN for name, value in report[level].items()}
    figures[SPEED_GOAL[0]] = report[SPEED_GOAL[0]]
    wanted = {**goals, SPEED_GOAL[0]: SPEED_GOAL[1]}
    return [
        f"{name} is {figures[name]}, goal {goal}" for name, goal in wanted.items() if figures[name] < goal
    ]


def show(report: Report) -> None:
    """Print the report as a table."""
    print(f"{report['data']}, {report['order']}, seed {report['seed']}: {report['events']} events,")
    print(f"{report['intents']} true intents; {report['events_per_cpu_second']} events per CPU second,")
    print(f"{report['churn']} % of past events change intent per tenth, {report['state_mib']} MiB of state")
    print(f"{'':18}{'NMI':>7}{'ARI':>7}{'ACC':>7}{'found':>7}")
    for level in (name for name, value in report.items() if isinstance(value, dict)):
        figures, slow = report[level], ""
        if figures.get("events", report["events"]) < report["events"]:
            slow = f"  first {figures['events']} events"
        scores = "".join(f"{figures[name]:7.1f}" for name in ("nmi", "ari", "acc"))
        print(f"{level:18}{scores}{figures['found']:7d}{slow}")


def show_summary(reports: Sequence[Report]) -> None:
    """Print means over seeds, and the least and the most."""
    print(f"\nmean of {len(reports)} seeds (least to most)")
    for name, (middle, least, most) in summary(reports).items():
        print(f"{name:42}{middle:9.2f}   ({least} to {most})")


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="How well intents emerge from labelled utterances.")
    parser.add_argument("file", type=Path, help='JSON lines {"text", "intent"}, .gz or not')
    parser.add_argument("--order", choices=("shuffled", "bursty"), default="shuffled")
    parser.add_argument("--seed", type=int, default=0, help="of the order of arrival")
    parser.add_argument("--seeds", type=int, default=1, help="how many orders, from --seed on")
    parser.add_argument("--rivals", action="store_true", help="run every rival, not only mini-batch k-means")
    parser.add_argument("--alone", action="store_true", help="do not tell which turns are of one dialogue")
    parser.add_argument("--vectors", type=Path, help="keep the embeddings here between runs, .npz")
    parser.add_argument("--with-oos", action="store_true", help="keep rows labelled oos")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1 naming each figure below its goal")
    parser.add_argument("--labels", type=Path, help="write a JSON line of labels per row, of the first order")
    return parser.parse_args(argv)


def main() -> int:
    """Run; return the exit status."""
    args = arguments()
    try:
        utterances = read_utterances(args.file, with_oos=args.with_oos)
    except (OSError, ValueError) as error:
        print(f"cannot read the utterances: {error}", file=sys.stderr)
        return 2
    vectors = embed(utterances, args.vectors)
    reports = []
    for seed in range(args.seed, args.seed + args.seeds):
        report, rows = measure(
            args.file, utterances, vectors, args.order, seed, rivals=args.rivals, linked=not args.alone
        )
        reports.append(report)
        print(json.dumps(report), flush=True) if args.json else show(report)
        if args.labels and seed == args.seed:
            args.labels.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if args.seeds > 1 and not args.json:
        show_summary(reports)
    return check(reports) if args.check else 0


def check(reports: Sequence[Report]) -> int:
    """Hold every run to the goals; return the exit status."""
    data, order = reports[0]["data"], reports[0]["order"]
    if (data, order) not in GOALS:
        print(f"no goals are stated for {data}: see benchmarks/intents_goals.py", file=sys.stderr)
        return 2
    missed = [f"seed {report['seed']}: {line}" for report in reports for line in shortfalls(report)]
    print("\n".join(missed), file=sys.stderr) if missed else None
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

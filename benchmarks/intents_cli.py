"""The command line of the benchmarks that run labelled utterances through the engine, order by order."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import mean

from gate_data import Vectors
from goals import shortfalls, told
from intents_data import Utterance, read_utterances

Figures = dict[str, float]
#: figure -> its goal, and whether that is an upper bound.
Goals = Mapping[str, tuple[float, bool]]


def run(
    about: str,
    measure: Callable[[argparse.Namespace, list[Utterance], Vectors, int], Figures],
    goals: Goals,
    options: Callable[[argparse.ArgumentParser], object] | None = None,
) -> int:
    """Measure each order of arrival, print means, check them; return the exit status.

    Args:
        about: the script's docstring; its first sentence goes into the help.
        measure: takes the arguments, the utterances, the embeddings and a seed; returns figures by name.
        goals: held to the means over seeds.
        options: adds the script's own options.
    """
    args = _arguments(about, options)
    try:
        utterances = read_utterances(args.file, with_oos=False)
    except (OSError, ValueError) as error:
        print(f"cannot read the utterances: {error}", file=sys.stderr)
        return 2
    embed, seeds = Vectors(args.vectors), range(args.seed, args.seed + args.seeds)
    try:
        rows = [measure(args, utterances, embed, seed) for seed in seeds]
    except ValueError as error:
        print(f"cannot measure {args.file}: {error}", file=sys.stderr)
        return 2
    embed.save()
    figures = {name: mean(row[name] for row in rows) for name in rows[0]}
    spread = {name: (min(row[name] for row in rows), max(row[name] for row in rows)) for name in figures}
    if args.json:
        print(json.dumps({"data": str(args.file), "seeds": [*seeds], "figures": figures, "spread": spread}))
    return finish(figures, goals, spread if len(rows) > 1 else {}, shown=not args.json, check=args.check)


def finish(
    figures: Figures,
    goals: Goals,
    spread: Mapping[str, tuple[float, float]] | None = None,
    *,
    shown: bool,
    check: bool,
) -> int:
    """Print the figures if they are to be *shown*, and what misses its goal; return the exit status."""
    for name, value in figures.items() if shown else ():
        least_most = f"   ({spread[name][0]:.2f} to {spread[name][1]:.2f})" if spread else ""
        print(f"{name:32s}{value:10.2f}{least_most}" + (f"   {told(*goals[name])}" if name in goals else ""))
    missed = shortfalls(figures, goals)
    for line in missed:
        print(f"short of its goal: {line}", file=sys.stderr)
    return int(check and bool(missed))


def _arguments(about: str, options: Callable[[argparse.ArgumentParser], object] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=about.split(": python")[0] + ".")
    parser.add_argument("file", type=Path, help='JSON lines {"text", "intent"}, .gz or not')
    parser.add_argument("--seed", type=int, default=0, help="of the order of arrival and of what is drawn")
    parser.add_argument("--seeds", type=int, default=1, help="how many orders, from --seed on")
    parser.add_argument("--vectors", type=Path, help="keep the embeddings here between runs, .npz")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1, naming each figure short of its goal")
    if options is not None:
        options(parser)
    return parser.parse_args()

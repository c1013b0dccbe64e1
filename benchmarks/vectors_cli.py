"""The command line of the benchmarks that embed a folder of data sets and hold figures to goals."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from gate_data import Vectors

Figures = dict[str, float]


def run(
    about: str,
    measure: Callable[[Path, Vectors], Figures],
    goals: Mapping[str, float],
    *,
    sets_may_lack: bool = False,
    at_most: bool = False,
) -> int:
    """Measure, print, check; return the exit status.

    Args:
        about: the script's docstring; its first line goes into the help.
        measure: takes the folder and the embeddings; returns figures by name.
        goals: at least this, by figure.
        sets_may_lack: a figure of a data set that is not there misses no goal.
        at_most: the goals are upper bounds.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with the data sets")
    parser.add_argument("--vectors", type=Path, help="keep the embeddings here between runs, .npz")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1 if a figure falls short of its goal")
    arguments = parser.parse_args()
    embed = Vectors(arguments.vectors)
    figures = measure(arguments.data, embed)
    embed.save()
    if arguments.json:
        print(json.dumps({"data": str(arguments.data), "figures": figures}))
    else:
        for name, value in figures.items():
            print(f"{name:50s} {value:10.3f}" + (f"   goal {goals[name]}" if name in goals else ""))
    held = {name: goal for name, goal in goals.items() if name in figures or not sets_may_lack}
    missed = [
        name for name, goal in held.items() if (figures[name] > goal if at_most else figures[name] < goal)
    ]
    for name in missed:
        print(f"short of its goal: {name}: {figures[name]:.3f}, goal {goals[name]}", file=sys.stderr)
    return int(arguments.check and bool(missed))

"""The command line of the benchmarks that embed data sets and hold figures to goals."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gate_data import Vectors
from goals import shortfalls, told

Figures = dict[str, float]


def run(
    about: str,
    measure: Callable[[Path, Vectors], Figures],
    least: Mapping[str, float],
    most: Mapping[str, float] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    sets_may_lack: bool = False,
) -> int:
    """Measure, print, check; return the exit status.

    Args:
        about: the script's docstring; its first line goes into the help.
        measure: takes the folder (or file) and the embeddings; returns figures by name.
        least: goals by figure: at least this.
        most: goals by figure: at most this.
        settings: what the figures were measured with; printed with `--json`.
        sets_may_lack: a figure of a data set that is not there misses no goal.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with the data sets, or a file where one will do")
    parser.add_argument("--vectors", type=Path, help="keep the embeddings here between runs, .npz")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1 if a figure falls short of its goal")
    arguments = parser.parse_args()
    embed = Vectors(arguments.vectors)
    goals = {name: (goal, False) for name, goal in least.items()}
    goals |= {name: (goal, True) for name, goal in (most or {}).items()}
    figures = measure(arguments.data, embed)
    embed.save()
    if arguments.json:
        used = {"settings": dict(settings)} if settings else {}
        print(json.dumps(used | {"data": str(arguments.data), "figures": figures}))
    else:
        for name, value in figures.items():
            print(f"{name:60s} {value:10.3f}" + (f"   {told(*goals[name])}" if name in goals else ""))
    missed = shortfalls(figures, goals, may_lack=sets_may_lack)
    for line in missed:
        print(f"short of its goal: {line}", file=sys.stderr)
    return int(arguments.check and bool(missed))

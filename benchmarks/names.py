"""The names that intents get, to be read by a person: python benchmarks/names.py DATA [options].

DATA is a folder with some of star_first_week, tau_airline_gpt4o, tau_retail_grok3, tau2_airline_retail,
banking77 and clinc150 (gzip JSON lines). Their user turns go through the product's own reading and intents,
one by one, in order (utterances shuffled by seed 0). Printed are, for each agent, its live intents, largest
first: turns, name, what the users' turns are truly about (labels by share; nobody told them to the
program), and the description. Names that the product's own check finds generic, or near-duplicates of a
larger intent's, are flagged and counted.

`--sample N` prints what a reader is to judge: of each set the N / 2 largest intents, and N / 2 at even
distances among the others.
"""

import os

# Results depend on the number of BLAS threads, and it is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gate_data import Vectors
from names_data import DIALOGUES, UTTERANCES, Need, needs

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.intent_event import IntentEvent
from groundswell.models.naming.rules import alike, faults
from groundswell.models.position import Source

#: Turns of an intent below which it is not shown.
FEW = 3
#: Labels that are told beside a name.
LABELS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A live intent as it is named at the end of the stream."""

    id: str
    turns: int
    name: str
    labels: str
    description: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """The intents of one agent, largest first; how often a live one was renamed; and needs per CPU second."""

    agent: str
    rows: list[Row]
    created: int
    renamed: Counter[str]
    speed: float


def name_intents(agent: str, stream: Sequence[Need]) -> Named:
    """Tell an agent's needs to its intents, and read off the names."""
    state = AgentIntents("benchmark", agent, lateness_ms=90_000)
    told: dict[str, IntentEvent] = {}
    renamed: Counter[str] = Counter()
    created, began = 0, time.process_time()
    for place, need in enumerate(stream):
        taken = state.take(need.message, Source(log="turns", partition=0, offset=place))
        for event in taken.events if taken else ():
            created += event.change in ("created", "split")
            renamed[str(event.reason)] += event.change == "renamed"
            if event.change not in ("merged", "retired"):
                told[event.intent_id] = event
    speed = len(stream) / (time.process_time() - began)
    members: dict[str, Counter[str]] = defaultdict(Counter)
    for need in stream:
        members[state.engine.label(need.message.embedding())[1]][need.label] += 1
    return Named(agent, _rows(members, told), created, +renamed, speed)


def _rows(members: dict[str, Counter[str]], told: dict[str, IntentEvent]) -> list[Row]:
    rows: list[Row] = []
    for intent, labels in sorted(members.items(), key=lambda one: (-one[1].total(), one[0])):
        event = told.get(intent)
        if event is None or labels.total() < FEW:
            continue
        total = labels.total()
        shares = ", ".join(f"{label} {100 * n // total}%" for label, n in labels.most_common(LABELS))
        wrong = faults(event.name, [row.name for row in rows])
        rows.append(Row(intent, total, event.name, shares, event.description, tuple(wrong)))
    return rows


def sample(rows: Sequence[Row], number: int) -> list[Row]:
    """Return the largest, and as many at even distances among the others."""
    large, others = rows[: number // 2], rows[number // 2 :]
    step = max(1, len(others) // max(1, number - len(large)))
    return [*large, *others[step // 2 :: step][: number - len(large)]]


def show(named: Named, rows: Sequence[Row]) -> None:
    """Print the names of one agent."""
    twins = sum(
        any(alike(row.name, other.name) for other in named.rows[:at]) for at, row in enumerate(named.rows)
    )
    wrong = sum(bool(row.faults) for row in named.rows)
    print(f"\n{named.agent}: {len(named.rows)} intents of {FEW} turns or more, {wrong} names at fault")
    print(
        f"({twins} near-duplicates); {named.created} born, renamed while alive: {dict(named.renamed)}; ",
        end="",
    )
    print(f"{named.speed:,.0f} needs per CPU second")
    for row in rows:
        flags = f"   !! {'; '.join(row.faults)}" if row.faults else ""
        print(f"{row.turns:6d}  {row.name:62s} [{row.labels}]{flags}\n        {row.description}")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="The names that intents get, to be read by a person.")
    parser.add_argument("data", type=Path, help="folder with the data sets")
    parser.add_argument("--sets", nargs="+", help="only these", default=[*DIALOGUES, *UTTERANCES])
    parser.add_argument("--sample", type=int, help="print so many names of each agent instead of all")
    parser.add_argument("--vectors", type=Path, help="keep the embeddings here between runs, .npz")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1 if a name is generic or a duplicate")
    return parser.parse_args()


def main() -> int:
    """Run; return the exit status."""
    args = arguments()
    paths = [path for name in args.sets if (path := args.data / f"{name}.jsonl.gz").exists()]
    if not paths:
        print(f"none of the data sets is in {args.data}", file=sys.stderr)
        return 2
    embed, found = Vectors(args.vectors), list[Named]()
    for path in paths:
        for agent, stream in needs(path, embed).items():
            found.append(name_intents(agent, stream))
            if not args.json:
                shown = found[-1].rows
                show(found[-1], sample(shown, args.sample) if args.sample else shown)
    embed.save()
    if args.json:
        print(json.dumps({"data": str(args.data), "agents": [asdict(one) for one in found]}))
    return int(args.check and any(row.faults for one in found for row in one.rows))


if __name__ == "__main__":
    sys.exit(main())

"""What the pipeline costs beside its embedder: python benchmarks/pipeline.py [FILE ...] [options].

FILE is anything that `groundswell run` takes; without one, the first events of the examples are used.
Timed side by side, in alternating repetitions in one process with one embedder thread, are

- `embedder`: the bare embedder over the user turns of the same events, one after the other, and
  `embedder_distinct`, each text once;
- `pipeline`: the whole embedded flow from the first send until all has settled, its embedder in a process
  of its own, as the product has it, and `started`, the same once its first event is settled: with that one
  all states are claimed, which a stream that goes on does once;
- `precomputed`: the same with vectors that are looked up, and
- `noop`: a Faust agent that takes and acknowledges the same records on the same kind of broker.

Speeds are events per second of the same stream, the median repetition; `cpu_us` is CPU per event. Then
the events are sent at half the pipeline's speed, and `delay_s` is how long each took from its record's
timestamp until the live counters had it. CPU is this process's, so it is without the pipeline's embedder.
`--check` holds the figures to `pipeline_goals.py`.
"""

import os

# Results depend on the number of BLAS threads, and it is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from pipeline_flows import Remembering, Stored, Timing, measure_delays, time_noop, time_pipeline
from pipeline_goals import shortfalls

from groundswell.models.event import InvalidEvent, parse
from groundswell.sinks.embedder import Embedder
from groundswell.streams.importing import read_events
from groundswell.streams.replay_order import Imported, with_ticks
from groundswell.streams.services import open_embedder
from groundswell.streams.settings import Settings

Report = dict[str, Any]
EXAMPLES = ("star_week.jsonl.gz",)


def user_turns(events: Sequence[Imported]) -> list[str]:
    """Return what users say in *events*, in order."""
    texts = []
    for record in events:
        try:
            event, _ = parse(record.value, timestamp=record.timestamp)
        except InvalidEvent:
            continue
        if event.type == "turn" and event.role == "user" and event.text:
            texts.append(event.text)
    return texts


def time_embedder(embedder: Embedder, texts: Sequence[str]) -> Timing:
    """Return the time that the bare embedder takes for *texts*."""
    wall, cpu = time.perf_counter(), time.process_time()
    embedder.embed(texts)
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def contenders(
    events: Sequence[Imported], texts: Sequence[str], settings: Settings
) -> dict[str, Callable[[], Timing]]:
    """Return what is timed, by name. Nothing is cold: the model is loaded and every vector stored."""
    embedder = Embedder.default(settings.embedder_threads)
    apart, remembering = open_embedder(settings), Remembering(embedder)
    asyncio.run(time_pipeline(events, settings, remembering))
    stored, distinct = Stored(remembering.vectors), list(dict.fromkeys(texts))
    return {
        "embedder": lambda: time_embedder(embedder, texts),
        "embedder_distinct": lambda: time_embedder(embedder, distinct),
        "pipeline": lambda: asyncio.run(time_pipeline(events, settings, apart)),
        "started": lambda: asyncio.run(time_pipeline(events, settings, apart, started=True)),
        "precomputed": lambda: asyncio.run(time_pipeline(events, settings, stored)),
        "noop": lambda: asyncio.run(time_noop(events, settings)),
    }


def measure(events: Sequence[Imported], settings: Settings, repetitions: int) -> Report:
    """Return speeds, their ratios and the delays at half load."""
    texts = user_turns(events)
    timed = contenders(events, texts, settings)
    timings: dict[str, list[Timing]] = {name: [] for name in timed}
    for _ in range(repetitions):
        for name, run in timed.items():
            timings[name].append(run())
    number = len(events)
    speeds = {name: number / median(one.wall for one in found) for name, found in timings.items()}
    cpu = {name: 1e6 * median(one.cpu for one in found) / number for name, found in timings.items()}
    rate = speeds["pipeline"] / 2
    delays = asyncio.run(measure_delays(events, settings, open_embedder(settings), rate))
    return {
        "events_per_s": {name: round(speed, 1) for name, speed in speeds.items()},
        "cpu_us": {name: round(micros, 1) for name, micros in cpu.items()},
        "ratios": {
            "pipeline_to_embedder": round(speeds["pipeline"] / speeds["embedder"], 3),
            "started_to_embedder": round(speeds["started"] / speeds["embedder"], 3),
            "precomputed_to_noop": round(speeds["precomputed"] / speeds["noop"], 3),
        },
        "delay_s": {
            "rate": round(rate, 1),
            "counted": len(delays),
            **{f"p{q}": round(float(np.percentile(delays, q)), 3) for q in (50, 99)},
            "max": round(max(delays), 3),
        },
    }


def describe(events: Sequence[Imported], names: Sequence[str]) -> Report:
    """Return what the data is."""
    texts = user_turns(events)
    return {
        "files": list(names),
        "events": len(events),
        "ticks": sum(not event.path for event in events),
        "user_turns": len(texts),
        "distinct_texts": len(set(texts)),
        "characters_per_user_turn": round(sum(map(len, texts)) / max(len(texts), 1), 1),
    }


def show(report: Report) -> None:
    """Print the report for people."""
    data = report["data"]
    print(f"{', '.join(data['files'])}: {data['events']} events, {data['user_turns']} user turns,")
    print(f"{data['distinct_texts']} distinct, {data['characters_per_user_turn']} characters on average")
    for name, speed in report["figures"]["events_per_s"].items():
        print(f"  {name:18}{speed:10.1f} events/s{report['figures']['cpu_us'][name]:10.1f} us CPU per event")
    for name, ratio in report["figures"]["ratios"].items():
        print(f"  {name:28}{ratio:6.3f}")
    delay = report["figures"]["delay_s"]
    print(f"  from record to counter at {delay['rate']} events/s: p50 {delay['p50']} s, ", end="")
    print(f"p99 {delay['p99']} s, longest {delay['max']} s")


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="What the pipeline costs beside its embedder.")
    parser.add_argument("files", nargs="*", metavar="FILE", help="what `groundswell run` takes")
    parser.add_argument("--events", type=int, default=6000, help="how many of them, ticks included")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1 naming each figure below its goal")
    return parser.parse_args(argv)


def main() -> int:
    """Run; return the exit status."""
    args = arguments()
    folder = Path(str(files("groundswell.examples")))
    paths = args.files or [str(folder / name) for name in EXAMPLES]
    settings = Settings()
    try:
        read = with_ticks(read_events(paths, now_ms=int(time.time() * 1000)))
        events = list(islice(read, args.events))
    except OSError as error:
        print(f"cannot read the events: {error}", file=sys.stderr)
        return 2
    if not user_turns(events):
        print(f"{', '.join(paths)}: no user turn among the events; give another file", file=sys.stderr)
        return 2
    used = {"batch": settings.batch, "linger_s": settings.linger_s, "threads": settings.embedder_threads}
    report = {
        "settings": {**used, "repetitions": args.repetitions},
        "data": describe(events, [Path(path).name for path in paths]),
        "figures": measure(events, settings, args.repetitions),
    }
    print(json.dumps(report)) if args.json else show(report)
    missed = shortfalls(report["figures"]) if args.check else []
    print("\n".join(missed), file=sys.stderr) if missed else None
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

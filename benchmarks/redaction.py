"""What redaction misses, what it hits in real conversations, and what it costs.

    python benchmarks/redaction.py [FILE...] [--show N] [--json] [--check]

FILE: gzip or plain JSON lines of utterances (`text`) or dialogues (`turns` with `text`, `tool_args`), such
as the published data sets, or your own. Without a file only the planted secrets are counted: phrases with
secrets in turns of the shipped examples (tests/redaction_planted.tsv).

`--show N` prints N hits of each kind and file, to be read: whether a hit is personal data or only looks like
it is for a reader to say. The files published as synthetic or scripted hold invented e-mail addresses,
telephone numbers and PINs, which are what is to be found. The hits in LOOK_ALIKES below were read and are
not; `--check` holds their share to the goal.

Microseconds are CPU time of one call, each text once, in the order of the file; `short` texts have up to
80 characters.
"""

import argparse
import gzip
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.models.reading.redaction import DEFAULT
from groundswell.models.reading.redaction_pattern import replaced
from groundswell.models.reading.redaction_view import View

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from redaction_planted import planted

#: Figure: at most this, over all files together.
AT_MOST = {
    "planted.missed": 0,
    "hits.false_share": 0.001,
    "microseconds.mean": 60.0,
    "microseconds.p99": 1000.0,
}
SHORT = 80
_AROUND = 40


@dataclass
class Read:
    """What came of one file."""

    texts: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    costs: list[tuple[int, float]] = field(default_factory=list)


def texts(path: Path) -> Iterator[str]:
    """Give every text of a file."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as rows:
        for row in rows:
            value = json.loads(row)
            for turn in value.get("turns", [value]):
                yield turn.get("text") or ""
                if arguments := turn.get("tool_args"):
                    yield arguments if isinstance(arguments, str) else json.dumps(arguments)


def read(path: Path) -> Read:
    """Redact every text of a file, note what was found, and time it."""
    found = Read()
    for text in texts(path):
        started = time.process_time_ns()
        DEFAULT.redact(text)
        found.costs.append((len(text), (time.process_time_ns() - started) / 1000))
        found.texts += 1
        for name, sample in hits(text):
            found.hits[name] += 1
            found.samples[name].append(sample)
    return found


def hits(text: str) -> Iterator[tuple[str, str]]:
    """Give the pattern of each hit, and the hit in its surroundings."""
    for pattern in DEFAULT.patterns:
        view = View(text)
        spans = pattern.spans(view)
        for start, end in spans:
            around = text[max(0, start - _AROUND) : start], text[start:end], text[end : end + _AROUND]
            yield pattern.name, re.sub(r"\s+", " ", "{}⟦{}⟧{}".format(*around))
        text = replaced(text, spans, pattern.placeholder) if spans else text


def microseconds(costs: list[tuple[int, float]]) -> dict[str, float]:
    """Return mean and 99th percentile, of short texts, long ones and all."""
    groups = {
        "": [cost for _, cost in costs],
        "short_": [cost for length, cost in costs if length <= SHORT],
        "long_": [cost for length, cost in costs if length > SHORT],
    }
    return {
        f"{name}{what}": round(float(value), 1)
        for name, group in groups.items()
        if group
        for what, value in (("mean", np.mean(group)), ("p99", np.percentile(group, 99)))
    }


def measure(files: list[Path]) -> tuple[dict[str, Any], dict[str, Read]]:
    """Return the figures, and what was found in each file."""
    turns = list(planted())
    missed = [turn for turn in turns if turn.left(DEFAULT.redact(turn.text))]
    by_file = {path.name.split(".")[0]: read(path) for path in files}
    every = [cost for one in by_file.values() for cost in one.costs]
    number = sum(one.texts for one in by_file.values())
    figures: dict[str, Any] = {
        "planted": {"secrets": len(turns), "missed": len(missed), "lines": [turn.line for turn in missed]},
    }
    if number:
        false = sum(LOOK_ALIKES.get((name, kind), 0) for name, one in by_file.items() for kind in one.hits)
        figures["hits"] = {
            "texts": number,
            "found": sum(sum(one.hits.values()) for one in by_file.values()),
            "false_share": round(false / number, 6),
            "by_file": {name: {"texts": one.texts, **one.hits} for name, one in by_file.items()},
        }
        figures["microseconds"] = microseconds(every) | {
            "by_file": {name: microseconds(one.costs) for name, one in by_file.items()}
        }
    return figures, by_file


#: (file, pattern): hits that were read and are no secret and nobody's data.
#: MultiDoGO's insurance customers tell policy numbers, its media customers account numbers, in the print of
#: telephones and cards; in India a PIN is a postal code.
LOOK_ALIKES: dict[tuple[str, str], int] = {
    ("multidogo_dev", "phone"): 33,
    ("multidogo_dev", "aadhaar"): 2,
    ("multidogo_dev", "card"): 1,
    ("multidogo_dev", "code"): 2,
}


def shortfalls(figures: dict[str, Any]) -> list[str]:
    """Return a line for each figure that misses its goal."""
    missed = []
    for name, goal in AT_MOST.items():
        group, _, key = name.partition(".")
        value = figures.get(group, {}).get(key, 0)
        if value > goal:
            missed.append(f"{name} is {value}, goal at most {goal}")
    return missed


def show(figures: dict[str, Any], by_file: dict[str, Read], samples: int) -> None:
    """Print the figures for people."""
    plant = figures["planted"]
    print(f"planted secrets: {plant['secrets']}, missed: {plant['missed']} {plant['lines'] or ''}")
    for name, one in by_file.items():
        cost = figures["microseconds"]["by_file"][name]
        told = ", ".join(f"{key} {value}" for key, value in cost.items())
        print(f"\n{name}: {one.texts} texts; microseconds: {told}")
        for kind, count in one.hits.most_common():
            print(f"  {kind:16s} {count:6d}  {count / one.texts:8.4%}")
            step = max(1, len(one.samples[kind]) // max(samples, 1))
            for sample in one.samples[kind][::step][:samples]:
                print(f"      {sample}")
    if by_file:
        hits = figures["hits"]
        print(f"\nall: false {hits['false_share']:.4%} of {hits['texts']} texts; microseconds:", end=" ")
        print(", ".join(f"{k} {v}" for k, v in figures["microseconds"].items() if k != "by_file"))


def main() -> int:
    """Measure, print, check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="*", help="JSON lines of utterances or dialogues, .gz too")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N hits of each kind and file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1 if a figure falls short of its goal")
    arguments = parser.parse_args()
    figures, by_file = measure(arguments.files)
    if arguments.json:
        settings = {"patterns": list(DEFAULT.names), "threads": 1, "seed": None}
        print(
            json.dumps({"settings": settings, "data": [str(p) for p in arguments.files], "figures": figures})
        )
    else:
        show(figures, by_file, arguments.show)
    missed = shortfalls(figures)
    for line in missed:
        print(f"short of its goal: {line}", file=sys.stderr)
    return int(arguments.check and bool(missed))


if __name__ == "__main__":
    sys.exit(main())

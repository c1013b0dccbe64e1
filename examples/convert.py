"""Cut the example files out of three public data sets in the dialogue form.

    python examples/convert.py DATA_DIR [OUT_DIR]

DATA_DIR holds `tau2_airline_retail.jsonl.gz`, `tau_retail_grok3.jsonl.gz` and
`star_first_week.jsonl.gz` with the two system prompts. The same input gives the same bytes.
"""

import gzip
import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]

#: A contiguous piece of the STAR collection, in real time.
STAR_FROM = datetime(2020, 5, 14, 18, tzinfo=UTC)
STAR_TO = datetime(2020, 5, 15, 21, 40, tzinfo=UTC)
#: Of each turn: what a producer would have sent. Annotations (intent, task) stay behind.
TURN_FIELDS = ("role", "text", "ts", "tool_name", "tool_args", "error")
TAU_META = ("model", "task_id", "trial", "termination")


def main(data: Path, out: Path) -> None:
    """Write the example files."""
    write(out / "tau2_airline.jsonl.gz", airline(rows(data / "tau2_airline_retail.jsonl.gz")))
    shutil.copyfile(data / "tau2_airline.prompt.md", out / "tau2_airline.prompt.md")
    retail = [trimmed(row, TAU_META) for row in rows(data / "tau_retail_grok3.jsonl.gz")]
    write(out / "tau_retail_grok3.jsonl.gz", retail)
    shutil.copyfile(data / "tau_retail_grok3.prompt.md", out / "tau_retail_grok3.prompt.md")
    (out / "tau_retail_grok3.harness.yaml").write_text(harness(retail), "utf-8")
    write(out / "star_week.jsonl.gz", star(rows(data / "star_first_week.jsonl.gz")))


def airline(conversations: Iterable[Row]) -> Iterator[Row]:
    """Give the airline conversations in real time order; those without times come last, in their order.

    Their times are left out: they are those of benchmark runs, hundreds of conversations in minutes
    and then none for months. Replayed, the conversations follow one another.
    """
    mine = [row for row in conversations if row["agent"] == "tau2-airline"]
    for row in sorted(mine, key=lambda row: row["turns"][0].get("ts") or "later"):
        kept = trimmed(row, TAU_META)
        for turn in kept["turns"]:
            turn.pop("ts", None)
        yield kept


def star(dialogues: Iterable[Row]) -> Iterator[Row]:
    """Give the dialogues that began in the chosen piece: one assistant served all tasks."""
    chosen = [row for row in dialogues if STAR_FROM.timestamp() <= began(row) < STAR_TO.timestamp()]
    for row in sorted(chosen, key=began):
        yield {**trimmed(row, ("happy",)), "agent": "star"}


def began(row: Row) -> int:
    """Return when a STAR dialogue began, epoch seconds."""
    start: int = row["meta"]["start_unix"]
    return start


def trimmed(row: Row, meta: tuple[str, ...]) -> Row:
    """Return the row with nothing in it that a producer would not have known."""
    return {
        "conversation_id": row["conversation_id"],
        "agent": row["agent"],
        "outcome": row["outcome"],
        "meta": {name: row["meta"][name] for name in meta if row["meta"].get(name) is not None},
        "turns": [
            {name: turn[name] for name in TURN_FIELDS if turn.get(name) is not None} for turn in row["turns"]
        ],
    }


def harness(conversations: Iterable[Row]) -> str:
    """Return the tool settings file: every tool that was called, with a plain harness's defaults."""
    turns = [turn for row in conversations for turn in row["turns"]]
    names = sorted({turn["tool_name"] for turn in turns if turn.get("tool_name")})
    lines = [
        "# Stands for the tool configuration of the retail agent, which the published data set lacks:",
        "# every tool that its conversations call, with the defaults of a plain harness.",
        "tools:",
    ]
    for name in names:
        lines += [f"  {name}:", "    timeout_s: 10", "    retries: 0"]
    return "\n".join(lines) + "\n"


def rows(path: Path) -> Iterator[Row]:
    """Give the rows of a gzip JSON lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)


def write(path: Path, conversations: Iterable[Row]) -> None:
    """Write gzip JSON lines without a time stamp or a file name: equal rows, equal bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        for row in conversations:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else Path(__file__).parent)

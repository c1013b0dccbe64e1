"""The sets that benchmarks/proposals.py measures: dialogues as threads, with their agent's files."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from groundswell.models.change_edit import Links, Privacy, Provenance
from groundswell.models.change_parts import IntentRef, TriggerFacts
from groundswell.models.proposals.target import AgentFiles, TargetFile, Trigger
from groundswell.models.proposals.thread import Thread, ThreadTurn, ToolUse

SETS = {
    "tau2_airline": ("tau2_airline_retail.jsonl.gz", "tau2-airline", "tau2_airline.prompt.md"),
    "tau_airline": ("tau_airline_gpt4o.jsonl.gz", None, "tau_airline_gpt4o.prompt.md"),
    "tau_retail": ("tau_retail_grok3.jsonl.gz", None, "tau_retail_grok3.prompt.md"),
}
#: An illustrative harness file: the sets come without one.
HARNESS = "tools:\n  get_order_details:\n    timeout_s: 10\n    retries: 0\n"
_ASKED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One set: its threads with their outcomes, the agent's files, and the place of each thread in time."""

    name: str
    threads: list[Thread]
    files: AgentFiles
    arrival: dict[str, int]


def read_cases(data: Path, prompt: Path | None) -> Iterator[Case]:
    """Yield the sets of a folder that are there, or the one set of a file."""
    if data.is_file():
        yield _case(data.name.split(".")[0], data, None, prompt)
        return
    for name, (file, agent, prompt_name) in SETS.items():
        if (data / file).exists():
            yield _case(name, data / file, agent, data / prompt_name)


def _case(name: str, path: Path, agent: str | None, prompt: Path | None) -> Case:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    mine = [row for row in rows if agent in (None, row.get("agent"))]
    threads = [_thread(row) for row in mine]
    in_time = sorted(mine, key=lambda row: str(row["turns"][0].get("ts") or "later"))
    arrival = {str(row["conversation_id"]): place for place, row in enumerate(in_time)}
    files = AgentFiles(
        prompt=TargetFile(f"agents/{prompt.name}", prompt.read_bytes().decode()) if prompt else None,
        harness=TargetFile("agents/harness.yaml", HARNESS),
    )
    return Case(name, sorted(threads, key=lambda thread: thread.conversation_id), files, arrival)


def _thread(row: dict[str, Any]) -> Thread:
    meta = row.get("meta", {})
    outcome = row.get("outcome")
    return Thread(
        conversation_id=str(row["conversation_id"]),
        turns=tuple(_turns(row["turns"])),
        failed=None if outcome is None else outcome == "failure",
        confirmed=True,
        group=str(meta.get("task_id", "")),
        stratum=str(meta.get("model", "")),
    )


def _turns(rows: list[dict[str, Any]]) -> Iterator[ThreadTurn]:
    """Yield the turns of a dialogue; a call and the result that answers it become one tool turn."""
    pending: list[tuple[str, Any]] = []
    index = 0
    for row in rows:
        name = row.get("tool_name")
        use = None
        if row["role"] == "assistant" and name:
            pending.append((name, row.get("tool_args")))
            if not row["text"].strip():
                continue
        elif row["role"] == "tool":
            place = next((i for i, (called, _) in enumerate(pending) if called == name), None)
            arguments = pending.pop(place)[1] if place is not None else {}
            given = arguments if isinstance(arguments, dict) else {}
            use = ToolUse(str(name), given, row["text"], row.get("error"))
        yield ThreadTurn(index, row["role"], "" if use else row["text"], use)
        index += 1


def trigger_of(case: Case, embedder: str) -> Trigger:
    """Return a trigger that asks for changes of a whole set."""
    return Trigger(
        id=f"benchmark-{case.name}",
        time=_ASKED,
        tenant="benchmark",
        agent=case.name,
        intent=IntentRef(id="all", name="all conversations"),
        facts=TriggerFacts(
            rule_id="manual",
            kind="manual",
            window_start=_ASKED,
            window_end=_ASKED,
            baseline=None,
            observed=None,
            ratio=None,
            threshold=None,
            min_volume=None,
            starts_at=_ASKED,
        ),
        links=Links(dashboard="", intent="", conversations_query="", runbook=""),
        privacy=Privacy(redaction_version="none", min_users=0),
        provenance=Provenance(pipeline_version="benchmark", embedder=embedder, taxonomy_version="none"),
    )

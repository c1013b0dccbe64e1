"""Writes the Grafana dashboard: `python deploy/grafana/generate.py`, or `--check` to see if it is current.

The classic dashboard schema, which Grafana 9 to 13 read. The data source is the one that is
provisioned under the uid `prometheus`; ratios come from `deploy/prometheus/rules.yml`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import queries as q
from panels import Panel, annotation, bars, graph, laid_out, stat, variable

TARGET = Path(__file__).parent / "dashboards" / "groundswell.json"

NOW = (
    stat(
        "Turns per second",
        "User turns assigned to intents.",
        "cps",
        f"sum(rate(groundswell_intent_turns_total{{{q.OF_AGENT}}}[5m]))",
    ),
    stat(
        "Active intents",
        "Intents with a conversation in the last hour of event time.",
        "short",
        f"sum(groundswell_intents{{{q.OF_AGENT}}})",
    ),
    stat(
        "Failing",
        "Abandoned or failed, of the conversations decided in the last hour.",
        "percentunit",
        f"sum({q.FAILURES}) / sum({q.DECIDED})",
    ),
    stat(
        "Spikes firing",
        "Intents that are seen, or fail, more often than their own past explains.",
        "short",
        f"sum(groundswell_spikes_firing{{{q.OF_AGENT}}})",
        alarming=True,
    ),
    stat(
        "Proposals in a day",
        "Change proposals and what became of them.",
        "short",
        f"sum(increase(groundswell_proposals_total{{{q.OF_AGENT}}}[1d]))",
    ),
    stat(
        "Dead letters in an hour",
        "Events that could not be read.",
        "short",
        "sum(increase(groundswell_dead_letters_total[1h])) or vector(0)",
        alarming=True,
    ),
)

INTENTS = (
    graph(
        "Volume",
        "User turns per second of the largest intents.",
        "cps",
        q.top(12, q.rate("intent_turns", q.INTENT)),
        stacked=True,
    ),
    graph(
        "Share of conversations",
        "Of the last hour of event time.",
        "percentunit",
        q.top(12, q.SHARE),
        stacked=True,
    ),
    bars(
        "Failing most",
        "Abandoned or failed, of the conversations decided in the last hour.",
        "percentunit",
        q.top(15, q.FAILURE_RATIO),
    ),
    bars(
        "Most failures",
        "How many conversations of the last hour did not get what they came for.",
        "short",
        q.top(15, q.FAILURES),
    ),
    graph(
        "Outcomes",
        "Conversations per second by outcome, as first decided.",
        "cps",
        (q.rate("intent_outcomes", "outcome"), "{{outcome}}"),
        stacked=True,
    ),
    graph(
        "Outcomes taken back",
        "Conversations per second whose outcome was corrected later.",
        "cps",
        (q.rate("intent_outcome_corrections", "outcome"), "{{outcome}}"),
    ),
    graph(
        "Calibration of inferred outcomes",
        "By agent: log odds of success at a score of zero and per unit of it (negative: what sounds done has "
        "mostly failed), and how far what was foreseen was from what was told.",
        "none",
        *(
            (f"avg by (agent) (groundswell_calibration_{one}{{{q.OF_AGENT}}})", f"{{{{agent}}}} {one}")
            for one in ("intercept", "slope", "error")
        ),
    ),
    graph(
        "Told outcomes that calibrate",
        "Of the last 256 told of each agent and partition.",
        "short",
        (f"sum by (agent) (groundswell_calibration_outcomes{{{q.OF_AGENT}}})", "{{agent}}"),
    ),
    graph(
        "Escalations",
        "Conversations per second that were handed to a person.",
        "cps",
        q.top(8, q.rate("intent_outcomes", q.INTENT, q.ESCALATED)),
    ),
    graph(
        "Repairs",
        "Conversations per second in which the user had to correct the agent.",
        "cps",
        q.top(8, q.rate("intent_repaired", q.INTENT)),
    ),
    graph(
        "Needs that no intent explains",
        "Share of what users want in the last hour that fits no announced intent; grows when things change.",
        "percentunit",
        (q.UNASSIGNED, "{{agent}}"),
    ),
    graph(
        "Mixed intents",
        "Intents that are probably several things, or none. The board says which.",
        "short",
        (q.MIXED, "{{agent}}"),
    ),
    bars(
        "Least cohesive",
        "Mean cosine of an intent's members to its centre, the lowest ten.",
        "short",
        q.named(f"bottomk(10, {q.COHESION})"),
    ),
    bars(
        "Least separate",
        "1 less the cosine to the nearest other intent, the lowest ten: two that may be one.",
        "short",
        q.named(f"bottomk(10, {q.SEPARATION})"),
    ),
    bars(
        "Most ambiguous",
        "Share of an intent's members that another intent is about as near to, the highest ten.",
        "percentunit",
        q.top(10, q.AMBIGUITY),
    ),
    graph(
        "Tool errors and feedback",
        "Per second.",
        "cps",
        (q.rate("intent_tool_errors", "agent"), "tool errors {{agent}}"),
        (q.rate("intent_thumbs_up", "agent"), "thumbs up {{agent}}"),
        (q.rate("intent_thumbs_down", "agent"), "thumbs down {{agent}}"),
        width=24,
    ),
)

FINDINGS = (
    graph(
        "Spikes firing",
        "The board names the intents.",
        "short",
        (q.FIRING, "{{agent}} {{kind}}"),
        width=8,
        stacked=True,
    ),
    graph(
        "Proposals",
        "Change proposals by kind of file and status.",
        "short",
        (q.PROPOSALS, "{{agent}} {{kind}} {{status}}"),
        width=8,
    ),
    graph(
        "Withheld",
        "Changes that were considered and not proposed, by reason.",
        "short",
        ("sum by (reason) (groundswell_withheld_total)", "{{reason}}"),
        width=8,
    ),
    graph(
        "Commands about intents",
        "What people told the machine: renames, merges, splits, pins and the like, by what became of them.",
        "short",
        ("sum by (command, status) (groundswell_intent_commands_total)", "{{command}} {{status}}"),
    ),
    graph(
        "Questions to a language model",
        "By what became of them; only where one is configured.",
        "short",
        ("sum by (purpose, outcome) (groundswell_llm_calls_total)", "{{purpose}} {{outcome}}"),
    ),
    graph(
        "Tokens of a language model",
        "Sent and received.",
        "short",
        ("sum by (purpose, direction) (groundswell_llm_tokens_total)", "{{purpose}} {{direction}}"),
    ),
    graph(
        "Turns of retired intents",
        "User turns per second that belong to an intent which a person retired: they count for none.",
        "cps",
        (q.rate("retired_turns", "agent"), "{{agent}}"),
    ),
)

WORKER = (
    graph(
        "From record to count",
        "How long after a record's timestamp its turn is in the counters. Points lead to traces.",
        "s",
        q.quantile("0.99", "event_delay", "p99"),
        q.quantile("0.5", "event_delay", "p50"),
        exemplars=True,
    ),
    graph(
        "Stage latency",
        "Time to process one batch, and to embed one text.",
        "s",
        q.quantile("0.99", "stage_duration", "{{stage}} p99", "stage, le"),
        q.quantile("0.99", "embed_duration", "embed p99"),
    ),
    graph(
        "Events by stage",
        "Processed, recognised as duplicates, or dead.",
        "cps",
        (q.rate("stage_events", "stage, outcome", ""), "{{stage}} {{outcome}}"),
    ),
    graph(
        "Consumer lag",
        "Records not yet processed.",
        "short",
        ("sum by (topic) (groundswell_consumer_lag)", "{{topic}}"),
    ),
    graph(
        "Dead letters",
        "Since the worker started.",
        "short",
        ("sum by (stage, reason) (groundswell_dead_letters_total)", "{{stage}} {{reason}}"),
    ),
    graph(
        "Captured",
        "Spans and log records by dialect and what they gave; see docs/capture.md.",
        "cps",
        (q.rate("captured_records", "dialect, outcome", ""), "{{dialect}} {{outcome}}"),
    ),
    graph(
        "Requests to the receiver",
        "By path and answer: 429 is pressure, 503 a broker that does not answer.",
        "reqps",
        (q.rate("received_requests", "path, status", ""), "{{path}} {{status}}"),
    ),
    graph(
        "Event time behind the clock",
        "Age of the newest counted event; a replay of old conversations is old.",
        "s",
        (q.AGE, "{{instance}}"),
    ),
)

SECTIONS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    ("Now", NOW),
    ("Intents", INTENTS),
    ("Findings", FINDINGS),
    ("Worker", WORKER),
)


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana reads it."""
    turns = "groundswell_intent_turns_total"
    changes = "changes(groundswell_{}_total[$__interval]) > 0"
    return {
        "uid": "groundswell",
        "title": "Groundswell",
        "description": "What users ask of AI agents, what fails, and what is proposed against it.",
        "tags": ["groundswell", "llm"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "utc",
        "templating": {
            "list": [variable("tenant", turns), variable("agent", turns + '{tenant=~"$tenant"}')],
        },
        "annotations": {
            "list": [
                annotation("Proposals", changes.format("proposals"), "{{agent}} {{kind}} {{status}}", "blue"),
                annotation("Spikes", changes.format("spikes"), "{{agent}} {{kind}} spike", "red"),
            ]
        },
        "panels": laid_out(SECTIONS),
    }


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` return 1 if it is not what would be written."""
    text = f"{json.dumps(dashboard(), indent=1, ensure_ascii=False)}\n"
    if "--check" not in arguments:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{TARGET} is not current: run {Path(__file__).name} without --check\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Small hand-shaped conversations of a booking agent, for tests of single claims about proposals.

They are the least that shows a pattern, not a picture of real traffic.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from groundswell.models.change_edit import Links, Privacy, Provenance
from groundswell.models.change_parts import IntentRef, TriggerFacts
from groundswell.models.proposals.examine import Examination, examine
from groundswell.models.proposals.target import AgentFiles, TargetFile, Trigger
from groundswell.models.proposals.thread import Thread, ThreadTurn, ToolUse
from groundswell.models.record import Vector
from groundswell.sinks.embedder import Embedder

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

PROMPT = """# Booking agent

Before any change you must list the action details and obtain explicit user confirmation (yes).

## Book flight

The agent must first obtain the user id from the user.

## Cancel flight

Otherwise, the flight can be cancelled if any of the following is true:
- The booking was made within the last 24 hours of the conversation.
- It is a business cabin flight, whatever the reason for the cancellation.
- The user has travel insurance and the reason for cancellation is covered by insurance.

The refund goes to the original payment method.
"""

HARNESS = "tools:\n  get_reservation_details:\n    timeout_s: 10\n    retries: 0\n"


@cache
def embedder() -> Embedder:
    return Embedder.default()


def embed(texts: Sequence[str]) -> Sequence[Vector]:
    return embedder().embed(texts)


def say(role: str, text: str) -> tuple[str, str, None]:
    return role, text, None


def use(name: str, result: object = "ok", error: bool = False, **arguments: Any) -> tuple[str, str, ToolUse]:
    text = result if isinstance(result, str) else json.dumps(result)
    return "tool", "", ToolUse(name, arguments, text, error)


def thread(name: str, *turns: tuple[str, str, ToolUse | None], **fields: Any) -> Thread:
    numbered = tuple(ThreadTurn(i, role, text, tool) for i, (role, text, tool) in enumerate(turns))
    fields.setdefault("intents", ("cancel",))
    fields.setdefault("confirmed", True)
    return Thread(name, numbered, **fields)


def cancelling(
    name: str, failed: bool | None, asked: str = "Please cancel R1", read: bool = True, **record: str
) -> Thread:
    """A user asks to cancel, the agent reads the record, asks, hears yes, cancels."""
    reads = [use("get_reservation_details", {"reservation_id": "R1", **record}, reservation_id="R1")]
    return thread(
        name,
        say("user", asked),
        *(reads if read else []),
        say("assistant", "This cancels R1. Do you confirm?"),
        say("user", "Yes"),
        use("cancel_reservation", reservation_id="R1"),
        failed=failed,
        user=name,
    )


def uninsured(failures: int = 19, of: int = 20, control: int = 4, **fields: Any) -> list[Thread]:
    """`of` conversations cancel without insurance and `failures` fail; of 20 with it `control` fail."""
    bad = [cancelling(f"no-{i:02}", i < failures, insurance="no", **fields) for i in range(of)]
    return bad + [cancelling(f"yes-{i:02}", i < control, insurance="yes", **fields) for i in range(20)]


def outages(tool: str, hit: int = 8, of: int = 20, recovered: int = 6) -> list[Thread]:
    """In `hit` of the conversations the tool answers 503; in `recovered` of those it then answers."""
    found = []
    for i in range(of):
        error = use(tool, "Error: 503 Service Unavailable", True, reservation_id="R1")
        fine = use(tool, {"reservation_id": "R1"}, reservation_id="R1")
        calls = [fine] if i >= hit else [error, fine] if i < recovered else [error]
        failed = recovered <= i < hit or i % 4 == 3
        found.append(thread(f"c-{i:02}", say("user", "What is R1?"), *calls, failed=failed, user=f"u{i}"))
    return found


def trigger(**fields: Any) -> Trigger:
    given: dict[str, Any] = {
        "id": "spike-7",
        "time": NOON,
        "tenant": "demo",
        "agent": "booking",
        "intent": IntentRef(id="cancel", name="Cancel a reservation"),
        "facts": TriggerFacts(
            rule_id="spike",
            kind="spike",
            window_start=NOON,
            window_end=NOON,
            baseline=0.1,
            observed=0.3,
            ratio=3.0,
            threshold=2.0,
            min_volume=20,
            starts_at=NOON,
        ),
        "links": Links(dashboard="/", intent="/i", conversations_query="/q", runbook="/r"),
        "privacy": Privacy(redaction_version="1", min_users=3),
        "provenance": Provenance(pipeline_version="0.1.0", embedder="MiniLM", taxonomy_version="1"),
        "conversation_url": "https://board.example/c/{conversation_id}",
    }
    return Trigger(**(given | fields))


def files(prompt: str | None = PROMPT, harness: str | None = HARNESS) -> AgentFiles:
    return AgentFiles(
        prompt=None if prompt is None else TargetFile("agents/prompt.md", prompt),
        harness=None if harness is None else TargetFile("agents/harness.yaml", harness),
        repository="acme/agents",
        owners=("@acme/booking",),
    )


def run(threads: Sequence[Thread], target: AgentFiles | None = None, **options: Any) -> Examination:
    asked = options.pop("trigger", None) or trigger()
    return examine(threads, target or files(), asked, embed, **options)

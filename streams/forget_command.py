"""`groundswell forget`: asks for an erasure, waits for it, and says what was there and what remains where."""

import asyncio
import dataclasses
import json
from dataclasses import dataclass, field

import typer
from aiokafka.errors import KafkaError
from rich.console import Console

from groundswell.sinks.store import Store, StoreError, StoreUnavailable
from groundswell.streams.access import unreachable
from groundswell.streams.collections import TURNS, TURNS_STATE
from groundswell.streams.erasure import Wanted, archived, passed, send
from groundswell.streams.exit_codes import FAILED, UNREACHABLE
from groundswell.streams.named_store import open_named_store
from groundswell.streams.settings import Settings
from groundswell.streams.topics import TOPICS

err = Console(stderr=True)


@dataclass(slots=True)
class Report:
    """What was there, what is left, and what the command cannot reach.

    `unseen` says why the store could not be looked at: an embedded one belongs to the worker that runs.
    """

    conversations: int = 0
    events: int = 0
    sent: dict[int, int] = field(default_factory=dict)
    done: bool = False
    left: int = 0
    unseen: str = ""
    remains: dict[str, str] = field(default_factory=dict)


def remains(settings: Settings) -> dict[str, str]:
    """Return what each topic may still hold, and for how long."""
    about = {
        "otlp_spans": "what was said, as a collector sent it",
        "otlp_logs": "what was said, as a collector sent it",
        "conversation-events": "what was said, as it was sent",
        "turns": "what was said, redacted; the keyed hash of the user",
        "intent-events": "a turn that served as example or name of an intent, redacted",
        "intent-minutes": "keyed hashes of users; names of intents",
        "spikes": "names of intents",
        "change-proposals": "excerpts quoted as evidence, redacted; ids of conversations",
        "dead-letters": "records that could not be read, as they were sent",
    }
    return {
        settings.topic_prefix + topic.name: f"{about[topic.name]}; {topic.retention_days} days"
        for topic in TOPICS
        if topic.name in about
    }


def forget(settings: Settings, wanted: Wanted, *, dry_run: bool, wait_s: float, as_json: bool) -> int:
    """Carry the request out, print the report, return the exit code."""
    try:
        report = asyncio.run(carry_out(settings, wanted, dry_run=dry_run, wait_s=wait_s))
    except (StoreError, StoreUnavailable) as error:
        err.print(f"the store cannot be read: {error}; set GROUNDSWELL_STORE", markup=False)
        return UNREACHABLE
    except KafkaError as error:
        err.print(unreachable(settings, error), markup=False)
        return UNREACHABLE
    typer.echo(json.dumps(dataclasses.asdict(report)) if as_json else told(report, dry_run=dry_run))
    return 0 if dry_run or report.done else FAILED


async def carry_out(settings: Settings, wanted: Wanted, *, dry_run: bool, wait_s: float) -> Report:
    """Look, send the event to every partition, and wait until the workers have passed it."""
    report = Report(remains=remains(settings))
    try:
        store = await _opened(settings)
    except StoreError as error:
        if dry_run or not settings.store.startswith("edge:"):
            raise
        report.unseen = str(error)
        await _ask(settings, wanted, report, wait_s)
        return report
    try:
        points = await archived(store, wanted)
        report.conversations, report.events = len({p.payload["conversation"] for p in points}), len(points)
        if not dry_run:
            await _ask(settings, wanted, report, wait_s)
            report.left = len(await archived(store, wanted))
        return report
    finally:
        await store.close()


async def _ask(settings: Settings, wanted: Wanted, report: Report, wait_s: float) -> None:
    report.sent = await send(settings, wanted)
    report.done = await passed(settings, report.sent, wait_s)


async def _opened(settings: Settings) -> Store:
    """Return the store, ready to be read. Raises StoreError, also if it is another process's."""
    store = open_named_store(settings)
    await store.ensure(TURNS)
    await store.ensure(TURNS_STATE)
    return store


def told(report: Report, *, dry_run: bool) -> str:
    """Return the report for people."""
    numbers = {"conversation": report.conversations, "event": report.events}
    counted = " with ".join(f"{number} {what}{'s' * (number != 1)}" for what, number in numbers.items())
    what = f"{counted} in the store"
    if report.unseen:
        what = "what there was; how much, only the worker knows, whose embedded store it is"
    if dry_run:
        first = f"would erase {what}"
    elif report.done:
        first = f"erased {what}" + ("" if report.unseen else f"; {report.left} events are left")
    else:
        first = (
            f"asked to erase {what}; the workers have not come to it yet. It is in the log and will be done: "
            "the same command again asks once more and waits"
        )
    kept = "\n".join(f"  {topic}: {what}" for topic, what in report.remains.items())
    return (
        f"{first}\nout of reach until the broker's retention ends (docs/privacy.md says what else stays):\n"
        f"{kept}"
    )

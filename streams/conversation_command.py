"""`groundswell conversation`: one whole thread from the store, as text or JSON."""

import asyncio
import dataclasses

import orjson
import typer
from rich.console import Console

from groundswell.models.contract import rfc3339
from groundswell.models.thread_summary import summarise
from groundswell.models.thread_view import Entry, Goal, ThreadName, ThreadView
from groundswell.sinks.board import shown
from groundswell.sinks.store import StoreError, StoreUnavailable
from groundswell.streams.collections import INTENTS_STATE, TURNS, TURNS_STATE
from groundswell.streams.exit_codes import FAILED, UNREACHABLE, USAGE
from groundswell.streams.named_store import advice, reading
from groundswell.streams.settings import Settings
from groundswell.streams.threads import Threads

err = Console(stderr=True)


def show(
    name: str, settings: Settings, *, tenant: str | None, agent: str | None, as_json: bool, summary: bool
) -> int:
    """Print the conversation called *name*; return the exit code."""
    try:
        found = asyncio.run(_read(name, settings, tenant, agent))
    except (StoreError, StoreUnavailable) as error:
        err.print(advice(error, settings, "conversations/ID"), markup=False, soft_wrap=True)
        return UNREACHABLE
    if isinstance(found, ThreadView):
        typer.echo(_json(found) if as_json else summarise(found) if summary else told(found))
        return 0
    if not found:
        err.print(f"no conversation is called {shown(name)!r} in {settings.store}", markup=False)
        return FAILED
    err.print(f"{len(found)} conversations are called so; say which:", markup=False)
    for match in found:
        owner = f"--tenant {shown(match.tenant)} --agent {shown(match.agent)}"
        err.print(f"  groundswell conversation {match.conversation} {owner}", markup=False, soft_wrap=True)
    return USAGE


async def _read(
    name: str, settings: Settings, tenant: str | None, agent: str | None
) -> ThreadView | list[ThreadName]:
    async with reading(settings, TURNS, TURNS_STATE, INTENTS_STATE) as store:
        threads = Threads(store)
        found = await threads.find(name, tenant=tenant, agent=agent)
        return await threads.read(found[0]) if len(found) == 1 else found


def _json(thread: ThreadView) -> str:
    return orjson.dumps(dataclasses.asdict(thread), option=orjson.OPT_INDENT_2).decode()


def told(thread: ThreadView) -> str:
    """Return the thread for people. What strangers wrote cannot steer a terminal."""
    lines = [
        f"{thread.tenant}/{thread.agent}  {thread.conversation_id}  ({thread.conversation})",
        "; ".join(f"{name} {value}" for name, value in {**thread.facts, **thread.slices}.items()),
        *(line for goal in thread.goals for line in _goal(goal)),
        "",
        *(line for entry in thread.entries for line in _entry(entry, thread)),
    ]
    return "\n".join(shown(line) for line in lines)


def _goal(goal: Goal) -> list[str]:
    chance = "" if goal.probability is None else f" ({'told' if goal.told else f'{goal.probability:.2f}'})"
    head = f"goal {goal.number + 1}: {goal.name or goal.intent or 'no intent yet'}: {goal.status}{chance}"
    if not goal.reasons:
        return [head]
    why = ", ".join(f"{kind.replace('_', ' ')} {weight:+.1f}" for kind, weight in goal.reasons)
    return [head, f"    because of {why}; score {goal.score:+.1f}"]


def _entry(entry: Entry, thread: ThreadView) -> list[str]:
    suspect = any(goal.suspect == entry.id for goal in thread.goals)
    notes = [*entry.signals, *(["suspected first failure"] if suspect else [])]
    noted = f"  [{', '.join(notes)}]" if notes else ""
    head = f"{rfc3339(entry.time)}  {_who(entry)}{noted}"
    body = [entry.text] if entry.text and entry.tool is None else []
    if entry.tool is not None:
        body = [f"{entry.tool.name}({entry.tool.arguments}) -> {entry.tool.status or 'answered'}"]
        body += [entry.tool.result] if entry.tool.result else []
    if entry.edited_reply:
        body.append(f"better: {entry.edited_reply}")
    return [head, *(f"    {line}" for part in body for line in part.splitlines())]


def _who(entry: Entry) -> str:
    if entry.type == "feedback":
        return f"feedback {entry.score:+.1f}" if entry.score is not None else "feedback"
    return entry.outcome or entry.role or entry.type

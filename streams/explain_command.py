"""`groundswell explain`: why a turn went where it went, as text or JSON."""

import asyncio
import dataclasses
from collections.abc import Sequence

import orjson
import typer
from rich.console import Console

from groundswell.models.contract import rfc3339
from groundswell.models.intents.reasons import Candidate, Reasons
from groundswell.models.thread_view import ThreadName
from groundswell.models.turn_explanation import TurnExplanation
from groundswell.sinks.board import shown
from groundswell.sinks.store import StoreError, StoreUnavailable
from groundswell.streams.collections import INTENTS_STATE, TURNS, TURNS_STATE
from groundswell.streams.exit_codes import FAILED, UNREACHABLE, USAGE
from groundswell.streams.explaining import Asked, explain
from groundswell.streams.named_store import advice, reading
from groundswell.streams.settings import Settings

err = Console(stderr=True)
_RULES = {
    "pinned": "it lies in a micro-cluster that a person has pinned",
    "announced": "it reaches the threshold of the best candidate",
    "provisional": "it fits the beginning of an intent better than any that is announced",
    "new": "it fits nothing that is known: it would begin a new intent, if there is room for one",
    "no_room": "it fits nothing that is known, and there is no room for another beginning: the best takes it",
    "leader": "before the first refit: it joins the nearest beginning of an intent",
    "nothing_yet": "nothing has been clustered yet",
}
_FATES = {
    "not_a_user": "only what users say is given to intents; this belongs to what the conversation is about",
    "no_need": "the gate: it does not say what the user wants, so it belongs to what was said before",
    "no_vector": "its embedding is not in the store, or its agent has no intents yet",
}


def show(asked: Asked, settings: Settings, *, as_json: bool) -> int:
    """Print why; return the exit code."""
    try:
        found = asyncio.run(_read(asked, settings))
    except (StoreError, StoreUnavailable) as error:
        err.print(advice(error, settings, "conversations/ID"), markup=False, soft_wrap=True)
        return UNREACHABLE
    if isinstance(found, TurnExplanation):
        typer.echo(_json(found) if as_json else told(found))
        return 0
    if found is None:
        err.print(_unknown(asked, settings), markup=False, soft_wrap=True)
        return FAILED
    err.print(f"{len(found)} conversations are called so; say which:", markup=False)
    for match in found:
        owner = f"--tenant {shown(match.tenant)} --agent {shown(match.agent)}"
        command = f"groundswell explain {match.conversation} {asked.ordinal} {owner}"
        err.print(f"  {command}", markup=False, soft_wrap=True)
    return USAGE


async def _read(asked: Asked, settings: Settings) -> TurnExplanation | Sequence[ThreadName] | None:
    async with reading(settings, TURNS, TURNS_STATE, INTENTS_STATE) as store:
        return await explain(store, asked)


def _unknown(asked: Asked, settings: Settings) -> str:
    if asked.ordinal is None:
        hint = "give a turn's uuid, or a conversation and the number of the turn in it, from 0"
        return f"no turn has the id {shown(asked.name)!r} in {settings.store}; {hint}"
    return f"no conversation {shown(asked.name)!r} with a turn {asked.ordinal} is in {settings.store}"


def _json(found: TurnExplanation) -> str:
    value = dataclasses.asdict(found)
    if found.reasons is not None:
        candidates = [candidate._asdict() for candidate in found.reasons.candidates]
        value["reasons"] = {**found.reasons._asdict(), "candidates": candidates}
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def told(found: TurnExplanation) -> str:
    """Return the reasons for people. What strangers wrote cannot steer a terminal."""
    place = "" if found.ordinal is None else f", turn {found.ordinal}"
    goal = "" if found.goal is None else f", goal {found.goal + 1}"
    lines = [
        f"{found.tenant}/{found.agent}  {found.conversation_id}{place}{goal}  ({found.turn})",
        f"{rfc3339(found.time)}  {found.role}: {' '.join(found.text.split())[:400]}",
        "",
        *_gate(found),
        *(_clustered(found, found.reasons) if found.reasons is not None else [_FATES[found.fate]]),
    ]
    return "\n".join(shown(line) for line in lines)


def _gate(found: TurnExplanation) -> list[str]:
    if found.role != "user":
        return []
    kept = "not kept of turns this old" if found.probability is None else f"{found.probability:.2f}"
    return [f"gate: {kept}; above {found.threshold:.2f} it says what the user wants"]


def _clustered(found: TurnExplanation, why: Reasons) -> list[str]:
    blend = "alone: the first need of its goal"
    if found.blend is not None:
        said = " ".join(found.previous_text.split())[:120]
        blend = f"half itself, half the need before it (cosine {found.blend:.2f}): {said}"
    lines = [f"clustered: {blend}"]
    if found.arrival:
        sure = "it got" if found.arrival_sure else "its goal got"
        lines.append(f"on arrival {sure} sub-intent {found.arrival}")
    lines.append(f"today: {found.intent_name or '(no name yet)'}  {found.intent}")
    lines.append(f"rule: {_RULES[why.rule]}")
    if why.candidates:
        lines.append(f"nearest micro-cluster: {why.micro:.2f}; joined from {why.duplicate:.2f} on")
        lines.append("candidates: smoothed, itself, threshold")
        lines += [_candidate(one, found) for one in why.candidates]
    if why.beginning is not None and why.beginning[0]:
        fine, cosine = why.beginning
        lines.append(
            f"nearest beginning of an intent: {cosine:.2f} to {fine}; counts from {why.novelty:.2f} on"
        )
    return lines


def _candidate(one: Candidate, found: TurnExplanation) -> str:
    name = found.names.get(one.intent) or "(no name yet)"
    return (
        f"  {one.smoothed:.2f}  {one.cosine:.2f}  {one.threshold:.2f}  {name}  ({one.fine} of {one.intent})"
    )

"""`groundswell intents show`: one intent from the store, as text or JSON."""

import asyncio

import typer
from rich.console import Console

from groundswell.models.board_view import Tally
from groundswell.models.intent_page import Case, IntentPage, Quote, to_json
from groundswell.sinks.board import percent, shown
from groundswell.sinks.store import StoreError, StoreUnavailable
from groundswell.streams.collections import INTENTS_STATE, TURNS
from groundswell.streams.exit_codes import FAILED, UNREACHABLE, USAGE
from groundswell.streams.intent_states import IntentStates
from groundswell.streams.named_store import advice, reading
from groundswell.streams.settings import Settings

err = Console(stderr=True)
_BARS = " ▁▂▃▄▅▆▇█"


def show(intent: str, settings: Settings, *, tenant: str | None, agent: str | None, as_json: bool) -> int:
    """Print the intent; return the exit code."""
    try:
        pages = asyncio.run(_read(intent, settings, tenant, agent))
    except (StoreError, StoreUnavailable) as error:
        page = f"intents/{tenant or 'TENANT'}/{agent or 'AGENT'}/{intent}"
        err.print(advice(error, settings, page), markup=False, soft_wrap=True)
        return UNREACHABLE
    if len(pages) == 1:
        typer.echo(to_json(pages[0]).decode() if as_json else told(pages[0]))
        return 0
    if not pages:
        whose = f" of {tenant or 'any tenant'}/{agent or 'any agent'}" if tenant or agent else ""
        err.print(f"no intent{whose} has the id {shown(intent)!r} in {settings.store}", markup=False)
        return FAILED
    err.print(f"{len(pages)} agents have an intent of this id; say whose:", markup=False)
    for one in pages:
        owner = f"--tenant {shown(one.tenant)} --agent {shown(one.agent)}"
        err.print(f"  groundswell intents show {shown(intent)} {owner}", markup=False, soft_wrap=True)
    return USAGE


async def _read(intent: str, settings: Settings, tenant: str | None, agent: str | None) -> list[IntentPage]:
    async with reading(settings, TURNS, INTENTS_STATE) as store:
        return await IntentStates(store).find(intent, tenant=tenant, agent=agent)


def told(page: IntentPage) -> str:
    """Return an intent for people. What strangers wrote cannot steer a terminal."""
    parts = [_head(page), _fines(page), _quotes(page), _broken(page), _compared(page), _history(page)]
    lines = [line for part in parts if part for line in (*part, "")]
    return "\n".join(shown(line) for line in lines).rstrip()


def _head(page: IntentPage) -> list[str]:
    lines = [f"{page.tenant}/{page.agent}  {page.id}", page.name or "(no name)"]
    if page.asked != page.id:
        lines.append(f"{page.asked} is part of this intent today")
    if page.description:
        lines.append(page.description)
    if not page.live:
        return [*lines, "not among the intents of today; its past:"]
    marks = [mark for mark, holds in (("pinned", page.pinned), ("MIXED", _mixed(page))) if holds]
    lines.append("  ".join([f"{page.weight:.0f} turns, {percent(page.share)} of all", *marks]))
    if page.versions:
        lines.append(_outcomes(page.outcomes))
    if page.shape is not None:
        figures = (
            f"{name} {getattr(page.shape, name):.2f}" for name in ("cohesion", "separation", "ambiguity")
        )
        lines.append("  ".join(figures))
    if page.terms:
        lines.append(f"terms: {', '.join(page.terms)}")
    if page.days:
        settled = _bars([count for _, count, _ in page.days])
        lines.append(f"last {len(page.days)} days with outcomes: {settled}  failing: {_fails(page)}")
    return lines


def _mixed(page: IntentPage) -> bool:
    return page.shape is not None and page.shape.mixed


def _fails(page: IntentPage) -> str:
    return _bars([count for _, _, count in page.days], max(count for _, count, _ in page.days))


def _bars(counts: list[int], most: int | None = None) -> str:
    top = max(most or max(counts), 1)
    return "".join(_BARS[min(8, -(-max(count, 0) * 8 // top))] for count in counts)


def _fines(page: IntentPage) -> list[str]:
    rows = [
        f"  {fine.weight:>6.0f}  {fine.failures:>4} of {fine.settled:<5} failed  {fine.name}"
        + (f"  (most: {fine.step})" if fine.step else "")
        for fine in page.fines
    ]
    near = [f"  {one.similarity:>5.2f}  {one.name or '(no name)'}  {one.id}" for one in page.neighbours]
    return [
        *(["sub-intents: turns, failed goals"] if rows else []),
        *rows,
        *(["neighbours: similarity"] if near else []),
        *near,
    ]


def _quotes(page: IntentPage) -> list[str]:
    central = [f"  {quote.closeness:.2f}  {_line(quote)}" for quote in page.examples]
    border = [
        f"  {quote.closeness:.2f} against {quote.other_closeness:.2f} to {quote.other_name or quote.other}:"
        f"  {_line(quote)}"
        for quote in page.borderline
    ]
    return [
        *(["central turns"] if central else []),
        *central,
        *(["borderline turns"] if border else []),
        *border,
    ]


def _line(quote: Quote) -> str:
    return " ".join(quote.text.split())


def _broken(page: IntentPage) -> list[str]:
    steps = [f"  {step.count:>5}  {percent(step.share):>6}  {step.told}" for step in page.steps]
    versions = [f"  {_outcomes(tally)}  {version or '(no version told)'}" for version, tally in page.versions]
    return [
        *([f"where {page.outcomes.failures} failing goals broke: the agent"] if steps else []),
        *steps,
        *(["outcomes by prompt version"] if versions else []),
        *versions,
    ]


def _outcomes(tally: Tally) -> str:
    return (
        f"{tally.completed} completed, {tally.failures} failed or abandoned, {tally.escalated} escalated, "
        f"{tally.unknown} unknown ({percent(tally.failure_rate)} failing)"
    )


def _compared(page: IntentPage) -> list[str]:
    lines = []
    for title, cases in (("failed", page.failed), ("succeeded", page.succeeded)):
        if cases:
            lines += [f"{title}, the recent first: groundswell conversation ID", *map(_case, cases)]
    return lines


def _case(case: Case) -> str:
    name = f"  {case.conversation_id}" if case.conversation_id else ""
    goal = f"  goal {case.segment + 1}" if case.segment else ""
    return f"  {case.conversation}{name}{goal}" + (f"  {case.told}" if case.told else "")


def _history(page: IntentPage) -> list[str]:
    rows = []
    for past in page.history:
        named = f"  {past.previous_name} -> {past.name}" if past.previous_name else f"  {past.name}"
        lineage = f"  ({', '.join(past.lineage)})" if past.lineage else ""
        rows.append(
            f"  {past.time}  {past.change.replace('_', ' ')} by {past.by or past.actor}{named}{lineage}"
        )
    return ["history", *rows] if rows else []

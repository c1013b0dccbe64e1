"""The page of one conversation: the whole thread, what it showed and how it stands; everything escaped."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Protocol

import orjson
from aiohttp import web
from markupsafe import Markup

from groundswell.models.thread_summary import summarise
from groundswell.models.thread_view import Entry, ThreadName, ThreadView
from groundswell.sinks.board import ENVIRONMENT, STYLE, moment
from groundswell.sinks.store import StoreError, StoreUnavailable

#: Entries that one page shows; `groundswell conversation` prints all.
LIMIT = 2_000


class ThreadReader(Protocol):
    """What finds and reads threads. Every call may raise StoreUnavailable and StoreError."""

    async def find(
        self, name: str, *, tenant: str | None = None, agent: str | None = None
    ) -> Sequence[ThreadName]:
        """Return the conversations that are called *name*."""
        ...

    async def read(self, match: ThreadName, limit: int | None = None) -> ThreadView:
        """Return one thread, of a long one its first *limit* entries."""
        ...


class ConversationPages:
    """`/conversations/ID` as a page, and `/api/conversations/ID` for programs."""

    def __init__(self, threads: ThreadReader, limit: int = LIMIT) -> None:
        self._threads = threads
        self._limit = limit

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/conversations/{name:.+}", self.page),
            web.get("/api/conversations/{name:.+}", self.json),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """Answer with the page of the thread; where several have the id, with links to each."""
        status, found, problem = await self._found(request)
        page = await asyncio.to_thread(render, request.match_info["name"], found, problem)
        return web.Response(text=page, status=status, content_type="text/html", charset="utf-8")

    async def json(self, request: web.Request) -> web.Response:
        """Answer with the same thread as JSON."""
        status, found, problem = await self._found(request)
        value = found if isinstance(found, ThreadView) else {"problem": problem, "conversations": found}
        return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")

    async def _found(self, request: web.Request) -> tuple[HTTPStatus, ThreadView | Sequence[ThreadName], str]:
        tenant, agent = request.query.get("tenant") or None, request.query.get("agent") or None
        try:
            found = await self._threads.find(request.match_info["name"], tenant=tenant, agent=agent)
            if len(found) == 1:
                return HTTPStatus.OK, await self._threads.read(found[0], self._limit), ""
        except (StoreError, StoreUnavailable) as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, (), f"The store does not answer: {error}"
        if found:
            return HTTPStatus.MULTIPLE_CHOICES, found, "Several conversations have this id."
        return HTTPStatus.NOT_FOUND, (), "No conversation has this id, or nothing of it was read yet."


def render(name: str, found: ThreadView | Sequence[ThreadName], problem: str) -> str:
    """Return the page of a thread, or of what was found instead."""
    thread = found if isinstance(found, ThreadView) else None
    return ENVIRONMENT.get_template("conversation.html").render(
        name=name,
        thread=thread,
        choices=() if thread else found,
        problem=problem,
        summary=summarise(thread) if thread else "",
        suspects={goal.suspect for goal in thread.goals if goal.suspect} if thread else set(),
        answered=_feedback(thread) if thread else {},
        moment=moment,
        style=Markup(STYLE),  # noqa: S704  our own file, not a stranger's text
        version=version("groundswell"),
    )


def _feedback(thread: ThreadView) -> dict[str, list[Entry]]:
    """Return feedback by the entry that it is about, as far as that is on the page."""
    shown = {entry.id for entry in thread.entries}
    about: dict[str, list[Entry]] = {}
    for entry in thread.entries:
        if entry.type == "feedback" and entry.about in shown:
            about.setdefault(str(entry.about), []).append(entry)
    return about

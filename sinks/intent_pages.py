"""The page of one intent: what it is, where it breaks, which conversations to compare; everything escaped."""

import asyncio
from http import HTTPStatus
from importlib.metadata import version
from typing import Protocol

from aiohttp import web
from markupsafe import Markup

from groundswell.models.intent_page import IntentPage, to_json
from groundswell.sinks.board import ENVIRONMENT, STYLE, moment
from groundswell.sinks.store import StoreError, StoreUnavailable


class IntentReader(Protocol):
    """What finds intents. Every call may raise StoreUnavailable and StoreError."""

    async def page(self, tenant: str, agent: str, intent: str) -> IntentPage | None:
        """Return the page of an intent, None if nothing is known of it."""
        ...


class IntentPages:
    """`/intents/TENANT/AGENT/ID` as a page, and the same under `/api` for programs."""

    def __init__(self, intents: IntentReader, *, teaching: bool = False) -> None:
        """*teaching*: whether the port has the page on which intents are taught."""
        self._intents = intents
        self._teaching = teaching

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        place = "/intents/{tenant}/{agent}/{intent}"
        return [web.get(place, self.page), web.get(f"/api{place}", self.json)]

    async def page(self, request: web.Request) -> web.Response:
        """Answer with the page, or with what is wrong."""
        status, found, problem = await self._found(request)
        asked = request.match_info
        whose = asked["tenant"], asked["agent"], asked["intent"]
        page = await asyncio.to_thread(render, *whose, found, problem, teaching=self._teaching)
        return web.Response(text=page, status=status, content_type="text/html", charset="utf-8")

    async def json(self, request: web.Request) -> web.Response:
        """Answer with the same page as JSON."""
        status, found, problem = await self._found(request)
        body = to_json(found if found is not None else {"problem": problem})
        return web.Response(body=body, status=status, content_type="application/json")

    async def _found(self, request: web.Request) -> tuple[HTTPStatus, IntentPage | None, str]:
        asked = request.match_info
        try:
            page = await self._intents.page(asked["tenant"], asked["agent"], asked["intent"])
        except (StoreError, StoreUnavailable) as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, None, f"The store does not answer: {error}"
        if page is None:
            return HTTPStatus.NOT_FOUND, None, "No intent of this agent has this id."
        return HTTPStatus.OK, page, ""


def render(
    tenant: str, agent: str, name: str, page: IntentPage | None, problem: str = "", *, teaching: bool = False
) -> str:
    """Return the page of an intent, or of what was found instead."""
    return ENVIRONMENT.get_template("intent.html").render(
        tenant=tenant,
        agent=agent,
        name=name,
        page=page,
        problem=problem,
        teaching=teaching,
        moment=moment,
        style=Markup(STYLE),  # noqa: S704  our own file, not a stranger's text
        version=version("groundswell"),
    )

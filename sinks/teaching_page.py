"""The page on which a person teaches an intent: forms that become commands on the log. No script needed.

A command is taken only from a page of our own: the browser must say that the request came from this
very origin, and the host must be one that the operator named, so that neither a foreign page nor a name
that was pointed at this address can post. Everything shown is escaped.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from importlib.metadata import version
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from markupsafe import Markup

from groundswell.models.board import BoardState
from groundswell.models.board_view import AgentView, IntentRow
from groundswell.sinks.board import CONTENT_SECURITY_POLICY, ENVIRONMENT, STYLE

#: Sends a command: tenant, agent, what to do, and what that needs. Returns its id; raises ValueError
#: where it is none, and OSError or KafkaError's kin where it cannot be sent.
Give = Callable[[str, str, str, Mapping[str, str]], Awaitable[str]]

#: What the forms can say, and which fields each takes besides the intent.
FORMS: dict[str, tuple[str, ...]] = {
    "rename": ("name",),
    "describe": ("description",),
    "merge": ("into",),
    "pin": (),
    "unpin": (),
    "retire": (),
    "unretire": (),
    "dismiss": (),
    "undismiss": (),
    "undo": ("undoes",),
}
#: A form is a few short fields.
MAX_FORM_BYTES = 16 * 1024
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace("form-action 'none'", "form-action 'self'"),
    "Referrer-Policy": "same-origin",  # without a referrer a browser does not say where a form came from
}


def is_own(request: web.Request, hosts: frozenset[str]) -> bool:
    """Return whether a request comes from a page of this very origin, under one of our own names."""
    try:
        host = urlsplit(f"//{request.host}").hostname
        origin = urlsplit(request.headers.get("Origin", ""))
    except ValueError:
        return False
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return host in hosts and site == "same-origin" and bool(origin.netloc) and origin.netloc == request.host


class TeachingPages:
    """`/teach`: the forms for one intent, and where they go."""

    def __init__(self, board: BoardState, give: Give, hosts: frozenset[str]) -> None:
        """*hosts* are the names under which the page may be reached."""
        self._board = board
        self._give = give
        self._hosts = hosts

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [web.get("/teach", self.page), web.post("/teach", self.post)]

    async def page(self, request: web.Request) -> web.Response:
        """Answer with the forms for the intent of the query."""
        return await self._page(request.query, HTTPStatus.OK)

    async def post(self, request: web.Request) -> web.Response:
        """Send a command and lead back to the page, which shows its answer when there is one."""
        if not is_own(request, self._hosts):
            problem = "A command must be sent from this page, under a name that the operator allows."
            return await self._page({}, HTTPStatus.FORBIDDEN, problem)
        if (request.content_length or MAX_FORM_BYTES + 1) > MAX_FORM_BYTES:
            return await self._page({}, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The form is too large.")
        form = {name: str(value) for name, value in (await request.post()).items()}
        kind = form.get("command", "")
        if kind not in FORMS:
            return await self._page(form, HTTPStatus.BAD_REQUEST, "No form sends such a command.")
        fields = {name: form.get(name, "").strip() for name in FORMS[kind]}
        try:
            sent = await self._give(
                form.get("tenant", ""), form.get("agent", ""), kind, _named(kind, form, fields)
            )
        except ValueError as error:
            return await self._page(form, HTTPStatus.BAD_REQUEST, _first_line(error))
        back = {name: form.get(name, "") for name in ("tenant", "agent", "intent")}
        return web.Response(
            status=HTTPStatus.SEE_OTHER,
            headers={"Location": "/teach?" + urlencode({**back, "sent": sent}, errors="replace")},
        )

    async def _page(self, query: Mapping[str, str], status: HTTPStatus, problem: str = "") -> web.Response:
        view = self._board.view()
        wanted = query.get("tenant", ""), query.get("agent", "")
        agent = next((one for one in view.agents if (one.tenant, one.agent) == wanted), None)
        rows = agent.intents if agent else []
        row = next((one for one in rows if one.id == query.get("intent")), None)
        if not problem and row is None:
            status, problem = HTTPStatus.NOT_FOUND, "No such intent is on the board."
        page = await asyncio.to_thread(render, agent, row, query.get("sent", ""), problem)
        return web.Response(
            text=page, status=status, content_type="text/html", charset="utf-8", headers=_HEADERS
        )


def render(agent: AgentView | None, row: IntentRow | None, sent: str, problem: str) -> str:
    """Return the page. While *sent*, the id of a command, has no answer it asks again by itself."""
    answered = agent is not None and any(answer.command_id == sent for answer in agent.answers)
    return ENVIRONMENT.get_template("teach.html").render(
        agent=agent,
        row=row,
        sent=sent,
        waiting=bool(sent) and not answered,
        problem=problem,
        style=Markup(STYLE),  # noqa: S704  our own file, not a stranger's text
        version=version("groundswell"),
    )


def _named(kind: str, form: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a command: a merge names what goes, an undo no intent."""
    if kind == "undo":
        return dict(fields)
    return {"intents" if kind == "merge" else "intent": form.get("intent", ""), **fields}


def _first_line(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)[:300]
    first = errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:300]

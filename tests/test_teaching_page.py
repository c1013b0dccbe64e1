"""The board's page for teaching: forms become commands, from nowhere but itself; everything is escaped."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from test_board import minute

from groundswell.models.board import BoardState
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.teaching_page import TeachingPages
from groundswell.sinks.web import Server, make_app, start
from groundswell.streams.settings import Settings
from groundswell.streams.teaching import command_of

ONE, OTHER = "01K742SG00K0P7T37S1QC7YK1W", "01K742SVQ08RMK1ZZTN1QGNPKG"
HOSTILE = "<script>alert(1)</script>\u202e\"'>"


class Given:
    """Takes commands instead of a broker."""

    def __init__(self) -> None:
        self.commands: list[Any] = []

    async def __call__(self, tenant: str, agent: str, kind: str, fields: Mapping[str, str]) -> str:
        given: dict[str, Any] = dict(fields)
        if "intents" in given:
            given["intents"] = (given["intents"],)
        command = command_of(tenant, agent, "board", kind, **given)
        self.commands.append(command)
        return command.id


def board_with(name: str) -> BoardState:
    board = BoardState()
    for intent, said in ((ONE, name), (OTHER, "Seats")):
        event = {"tenant": "acme", "agent": "shop", "intent_id": intent, "change": "created", "name": said}
        board.fold("intent-events", {**event, "example": name})
    counts = {ONE: {"turns": 3, "conversations": 2}, OTHER: {"turns": 1, "conversations": 1}}
    board.fold("intent-minutes", minute(100, counts, {ONE: ONE, OTHER: OTHER}))
    return board


@pytest.fixture
def given() -> Given:
    return Given()


@pytest.fixture
async def server(given: Given) -> AsyncIterator[Server]:
    board = board_with(HOSTILE)
    pages = TeachingPages(board, given, frozenset({"127.0.0.1", "board.example"})).routes()
    opened = await start(make_app(Metrics(), board, lambda: (True, ""), more=pages), "127.0.0.1", 0)
    yield opened
    await opened.stop()


def about(board: BoardState | None = None) -> dict[str, str]:
    view = (board or board_with("x")).view().agents[0]
    return {"tenant": view.tenant, "agent": view.agent, "intent": ONE}


async def get(server: Server, path: str) -> tuple[int, str, Mapping[str, str]]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{server.port}{path}") as answer,
    ):
        return answer.status, await answer.text(), answer.headers


async def post(server: Server, form: Mapping[str, str], **headers: str) -> tuple[int, str]:
    base = f"http://127.0.0.1:{server.port}"
    sent = {"Origin": base, **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{base}/teach", data=form, headers=sent, allow_redirects=False) as answer,
    ):
        return answer.status, answer.headers.get("Location", await answer.text())


async def test_the_board_leads_to_the_page_and_all_on_it_is_escaped(server: Server) -> None:
    _, board, headers = await get(server, "/")
    assert f"intent={ONE}" in board
    assert "form-action 'none'" in headers["Content-Security-Policy"]
    status, page, headers = await get(server, "/teach?" + urlencode(about()))
    assert status == 200
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    assert "script-src" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert page.count("<form") >= 6
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert (await get(server, "/teach?" + urlencode({**about(), "intent": "<b>"})))[0] == 404


async def test_a_form_becomes_one_command_and_leads_back(server: Server, given: Given) -> None:
    forms: list[dict[str, str]] = [
        {"command": "rename", "name": " Refunds "},
        {"command": "merge", "into": OTHER},
        {"command": "retire"},
        {"command": "dismiss"},
        {"command": "undo", "undoes": "that"},
    ]
    for form in forms:
        status, location = await post(server, {**about(), **form})
        assert status == 303, location
        assert location.startswith("/teach?")
    rename, merge, retire, _, undo = given.commands
    assert (rename.command, rename.intent, rename.name, rename.actor) == ("rename", ONE, "Refunds", "board")
    assert (merge.intents, merge.into) == ((ONE,), OTHER)
    assert (retire.tenant, retire.agent) == (about()["tenant"], about()["agent"])
    assert (undo.undoes, undo.intent) == ("that", None)
    assert len({command.id for command in given.commands}) == len(forms)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Host": "evil.example", "Origin": "http://evil.example"},  # a name that was pointed at us
        {"Host": "[", "Origin": "http://["},
    ],
)
async def test_a_form_of_a_foreign_page_is_refused(
    headers: dict[str, str], server: Server, given: Given
) -> None:
    status, _ = await post(server, {**about(), "command": "retire"}, **headers)
    assert status in (400, 403)
    assert given.commands == []


async def test_under_the_public_name_it_works(server: Server, given: Given) -> None:
    headers = {"Host": "board.example", "Origin": "http://board.example", "Sec_Fetch_Site": "same-origin"}
    assert (await post(server, {**about(), "command": "pin"}, **headers))[0] == 303


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"command": "explode"}, 400),
        ({"command": "rename", "name": ""}, 400),
        ({"command": "rename", "name": "x" * 61}, 400),
        ({"command": "pin", "intent": "no id"}, 400),
        ({"command": "pin", "tenant": "A B"}, 400),
        ({"command": "rename", "name": "x" * 20_000}, 413),
    ],
)
async def test_what_is_no_command_is_refused_and_said_so(
    form: dict[str, str], status: int, server: Server, given: Given
) -> None:
    found, text = await post(server, {**about(), **form})
    assert found == status, text
    assert given.commands == []
    assert 'role="alert"' in text


def test_the_answer_is_shown_once_and_can_be_undone() -> None:
    from groundswell.sinks.teaching_page import render

    board = board_with("Refunds")
    owner = {name: about(board)[name] for name in ("tenant", "agent")}
    answer = {**owner, "type": "intent.command.applied.v1", "command_id": "c1", "command": "pin"}
    answer |= {"actor": HOSTILE, "status": "applied", "detail": HOSTILE, "time": "2026-01-01T00:00:00Z"}
    for _ in range(2):
        board.fold("intent-events", answer)
    board.fold("intent-events", {**answer, "command_id": "c2", "command": "suggest-name", "actor": "llm"})
    agent = board.view().agents[0]
    assert [one.command_id for one in agent.answers] == ["c1"]
    row = next(one for one in agent.intents if one.id == ONE)
    page = render(agent, row, "c1", "")
    assert "http-equiv" not in page
    assert 'value="undo"' in page
    assert "<script>alert" not in page
    assert 'http-equiv="refresh"' in render(agent, row, "c2", "")


async def test_without_the_page_the_board_does_not_lead_to_it() -> None:
    server = await start(make_app(Metrics(), board_with("x"), lambda: (True, "")), "127.0.0.1", 0)
    try:
        assert "/teach" not in (await get(server, "/"))[1]
        assert (await get(server, "/teach"))[0] == 404
    finally:
        await server.stop()


@pytest.mark.parametrize(
    ("settings", "takes"),
    [
        ({}, True),
        ({"web_bind": "::1"}, True),
        ({"web_bind": "localhost"}, True),
        ({"web_bind": "0.0.0.0"}, False),
        ({"web_bind": "board.example"}, False),
        ({"web_bind": "0.0.0.0", "board_edits": True}, True),
        ({"board_edits": False}, False),
    ],
)
def test_edits_are_taken_on_loopback_or_where_it_is_said(settings: dict[str, Any], takes: bool) -> None:
    assert Settings(**settings).takes_edits is takes

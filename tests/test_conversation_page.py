"""The page of a conversation, in a real browser: the whole thread is shown, and nothing in it runs."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page
from test_board_browser import ATTACKS, hostile_board

from groundswell.models.board import BoardState
from groundswell.models.event import named_turn
from groundswell.models.thread_view import ThreadName, ThreadView, thread_view
from groundswell.sinks.conversation_page import ConversationPages, render
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Point, Store, open_store
from groundswell.sinks.web import make_app, start
from groundswell.streams.collections import COLLECTIONS, TURNS
from groundswell.streams.threads import Threads

START = 1_760_000_000_000
KEY = "11111111-2222-5333-8444-555555555555"
NAME = "chat <1> & 100%/ü?"


def payload(place: int, **fields: Any) -> dict[str, Any]:
    return {
        "owner": "acme/shop", "conversation": KEY, "conversation_id": NAME, "type": "turn", "seq": 0,
        "time": START + place * 1000, "log": "l", "partition": 0, "offset": place, "segment": 0, **fields,
    }  # fmt: skip


def identifier(place: int) -> str:
    return f"00000000-0000-4000-8000-{place:012d}"


def hostile() -> list[tuple[str, dict[str, Any]]]:
    """A thread in which every text is an attack."""
    rows: list[dict[str, Any]] = []
    for text in ATTACKS:
        rows.append({"role": "user", "text": text, "passes": True, "signals": [text]})
        rows.append({"role": "assistant", "text": text})
        tool = {"tool_name": text, "tool_arguments": text, "tool_result": text, "tool_status": "error"}
        rows.append({"role": "tool", **tool})
        rows.append({"role": "system", "text": text})
        rows.append({"type": "feedback", "text": text, "edited_reply": text, "score": -1.0})
        rows.append({"type": "outcome", "outcome": "failed", "text": text})
    return [(identifier(place), payload(place, **row)) for place, row in enumerate(rows)]


STATE = {
    "owner": "acme/shop",
    "conversation_id": NAME,
    "facts": {"model": ATTACKS[0], "user": "0f"},
    "slices": {ATTACKS[1]: ATTACKS[2], "plan": "trial"},
    "emitted": [{"segment": 0, "status": "failed", "probability": 0.8, "first_failing_turn": None}],
}


class OneThread:
    """A reader that knows one thread."""

    def __init__(self, thread: ThreadView) -> None:
        self.thread = thread

    async def find(
        self, name: str, *, tenant: str | None = None, agent: str | None = None
    ) -> Sequence[ThreadName]:
        return [ThreadName(KEY, NAME, "acme", "shop")]

    async def read(self, match: ThreadName, limit: int | None = None) -> ThreadView:
        return self.thread


@pytest.fixture
async def messages(browser_page: Page) -> list[str]:
    """What the browser complains of."""
    said: list[str] = []
    browser_page.on("console", lambda message: said.append(message.text))
    browser_page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.fixture
async def url() -> AsyncIterator[str]:
    thread = thread_view(hostile(), STATE, {0: ("I1", ATTACKS[0])}, conversation=KEY)
    pages = ConversationPages(OneThread(thread)).routes()
    server = await start(make_app(Metrics(), hostile_board(), lambda: (True, ""), more=pages), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.port}"
    await server.stop()


async def test_no_text_of_a_thread_runs_and_all_of_it_is_shown(
    browser_page: Page, url: str, messages: list[str], tmp_path: Path
) -> None:
    await browser_page.goto(f"{url}/conversations/{KEY}")
    await browser_page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    await browser_page.wait_for_timeout(200)
    await browser_page.screenshot(path=str(tmp_path / "page.png"))
    assert await browser_page.evaluate("window.owned") is None
    assert await browser_page.evaluate("document.querySelectorAll('iframe, img, main script').length") == 0
    assert await browser_page.evaluate("document.querySelectorAll('a[href^=javascript]').length") == 0
    assert messages == []
    assert await browser_page.locator("li.entry").count() == 6 * len(ATTACKS)
    assert await browser_page.locator(".said", has_text=ATTACKS[0]).count() == 3
    assert (tmp_path / "page.png").stat().st_size > 10_000


@pytest.mark.parametrize("width", [360, 1440])
async def test_no_text_however_long_makes_the_page_wider_than_the_window(
    browser_page: Page, url: str, width: int
) -> None:
    await browser_page.set_viewport_size({"width": width, "height": 900})
    await browser_page.goto(f"{url}/conversations/{KEY}")
    await browser_page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert await browser_page.evaluate("document.documentElement.scrollWidth") == width


async def test_the_board_links_to_the_conversations_that_it_names(browser_page: Page, url: str) -> None:
    await browser_page.goto(url)
    await browser_page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    links = browser_page.locator(".evidence a")
    assert await links.count() == len(ATTACKS)
    await links.last.click()
    await browser_page.locator("#thread").wait_for()
    assert "/conversations/" in browser_page.url
    assert browser_page.url.endswith("?tenant=acme&agent=shop")


# -- over a real store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"edge:{tmp_path}")
    for collection in COLLECTIONS:
        await opened.ensure(collection)
    yield opened
    await opened.close()


@pytest.fixture
async def pages(store: Store) -> AsyncIterator[str]:
    routes = ConversationPages(Threads(store), limit=3).routes()
    server = await start(make_app(Metrics(), BoardState(), lambda: (True, ""), more=routes), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.port}"
    await server.stop()


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_a_conversation_is_found_by_any_id_and_a_long_one_is_cut_and_says_so(
    store: Store, pages: str
) -> None:
    rows = [payload(place, role="user", text=f"turn {place}") for place in (4, 2, 0, 1, 3)]
    await store.upsert(TURNS, [Point(identifier(one["offset"]), one) for one in rows])
    quoted = "chat%20%3C1%3E%20%26%20100%25%2F%C3%BC%3F"
    for name in (KEY, quoted, f"{quoted}?tenant=acme&agent=shop"):
        status, text = await get(f"{pages}/conversations/{name}")
        assert status == 200
        assert text.index("turn 0") < text.index("turn 1") < text.index("turn 2")
        assert "turn 3" not in text
        assert "The first 3 of 5 entries" in text
    assert (await get(f"{pages}/conversations/{KEY}?agent=another"))[0] == 404


async def test_an_id_that_several_agents_use_gives_links_to_each(store: Store, pages: str) -> None:
    other = KEY.replace("1", "2")
    await store.upsert(TURNS, [Point(identifier(1), payload(1, role="user", text="one"))])
    twin = payload(2, role="user", text="two", owner="acme/bank", conversation=other)
    await store.upsert(TURNS, [Point(identifier(2), twin)])
    status, text = await get(f"{pages}/conversations/chat%20%3C1%3E%20%26%20100%25%2F%C3%BC%3F")
    assert status == 300
    assert f'href="/conversations/{KEY}"' in text
    assert f'href="/conversations/{other}"' in text
    assert (await get(f"{pages}/api/conversations/{other}"))[0] == 200


async def test_an_unknown_conversation_is_said_to_be_unknown_and_its_name_is_escaped(pages: str) -> None:
    status, text = await get(f"{pages}/conversations/%3Cscript%3E")
    assert status == 404
    assert "No conversation has this id" in text
    assert "<script>" not in text.replace('<script src="/board.js" defer></script>', "")


async def test_a_store_that_is_away_is_said_to_be_away() -> None:
    routes = ConversationPages(Threads()).routes()
    server = await start(make_app(Metrics(), BoardState(), lambda: (True, ""), more=routes), "127.0.0.1", 0)
    status, text = await get(f"http://127.0.0.1:{server.port}/conversations/x")
    await server.stop()
    assert status == 503
    assert "The store does not answer" in text


async def test_a_page_shows_feedback_below_the_turn_that_it_is_about(browser_page: Page) -> None:
    about = named_turn(KEY, "a1")
    points = [
        (about, payload(0, role="assistant", text="the answer")),
        (identifier(1), payload(1, role="user", text="and then")),
        (identifier(2), payload(9, type="feedback", text="wrong", score=-1.0, feedback_turn="a1")),
    ]
    page = render(KEY, thread_view(points, STATE, {}, conversation=KEY), "")
    await browser_page.set_content(page)
    answer = browser_page.locator(f"#e-{about}")
    assert await answer.locator(".feedback.bad", has_text="wrong").count() == 1
    assert await browser_page.locator(".feedback").count() == 1

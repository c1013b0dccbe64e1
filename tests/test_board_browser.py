"""The board in a real browser: what strangers wrote is shown, and never run."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from groundswell.models.board import BoardState
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.web import make_app, start

#: Each would leave a mark on the window if it were anything but text.
ATTACKS = (
    "<script>window.owned = 1</script>",
    "<svg onload=window.owned=2><a xlink:href='javascript:window.owned=3'>",
    "\"><img src=x onerror='window.owned=4'>",
    "</style></title></textarea><iframe srcdoc='<script>parent.owned=5</script>'></iframe>",
    "[click](javascript:window.owned=6) **bold** `<b>code</b>` {{ 7*7 }} ${window.owned=7}",
    "שלום \u202egnp.exe\u202c مرحبا \u200b\u2066hidden\u2069",
    "W" * 5_000,
    "a very long name " * 60,
)
DIFF = "--- a/p.md\n+++ b/p.md\n@@ -1,3 +1,3 @@\n keep\n-remove {0}\n+add {0}\n keep\n"


def hostile_board() -> BoardState:
    board, names = BoardState(), {f"I{i}": text for i, text in enumerate(ATTACKS)}
    who = {"tenant": "acme", "agent": "shop"}
    counts: dict[str, Any] = {
        f"f{i}": {"turns": 9, "conversations": 4, "completed": 2, "failed": 2} for i in range(len(ATTACKS))
    }
    groups = {f"f{i}": f"I{i}" for i in range(len(ATTACKS))}
    for minute in range(30):
        source = {"log": "c", "partition": 0, "offset": minute, "index": 0}
        value = {**who, "minute": minute, "counts": counts, "groups": groups, "names": names}
        board.fold("intent-minutes", {**value, "source": source})
    for i, text in enumerate(ATTACKS):
        event = {**who, "intent_id": f"I{i}", "change": "updated", "name": text}
        board.fold("intent-events", {**event, "terms": [text], "example": text if i % 2 else ""})
        labels = {"severity": text}
        spike = {**who, "fingerprint": text, "intent_id": f"I{i}", "intent_name": text, "kind": text}
        board.fold("spikes", {**spike, "status": text if i else "firing", "ratio": 2.5, "labels": labels})
        board.fold("change-proposals", proposal(i, text))
        withheld = {"type": "change.withheld.v1", "id": text, "reason": text, "pattern": text, "brief": text}
        board.fold("change-proposals", {**withheld, "intent": {"id": f"I{i}", "name": text}})
        board.fold("dead-letters", {"reason": text})
    return board


def proposal(number: int, text: str) -> dict[str, Any]:
    item = {"conversation_id": text, "url": "javascript:window.owned=8", "excerpt_redacted": text}
    return {
        "type": "change.proposed.v1", "proposal_id": f"{number}{text}", "tenant_id": "acme",
        "agent_id": "shop", "title": text, "status": "open", "intent": {"id": f"I{number}", "name": text},
        "diagnosis": {"class": text, "mechanism": text}, "evidence": {"total": 1, "items": [item]},
        "change": {"path": text, "unified_diff": DIFF.format(text), "base_digest": text},
        "review": {"owners": [text]},
    }  # fmt: skip


@pytest.fixture
async def messages(browser_page: Page) -> list[str]:
    """What the browser complains of."""
    said: list[str] = []
    browser_page.on("console", lambda message: said.append(message.text))
    browser_page.on("pageerror", lambda error: said.append(str(error)))
    browser_page.on("requestfailed", lambda request: said.append(request.url))
    return said


@pytest.fixture
async def url() -> AsyncIterator[str]:
    server = await start(make_app(Metrics(), hostile_board(), lambda: (True, "")), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.port}/"
    await server.stop()


async def test_no_text_of_a_stranger_runs_and_the_browser_has_nothing_to_complain_of(
    browser_page: Page, url: str, messages: list[str], tmp_path: Path
) -> None:
    await browser_page.goto(url)
    await browser_page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    await browser_page.screenshot(path=str(tmp_path / "board.png"), full_page=True)
    await browser_page.wait_for_timeout(200)
    assert await browser_page.evaluate("window.owned") is None
    assert await browser_page.evaluate("document.querySelectorAll('iframe, img, main script').length") == 0
    assert await browser_page.evaluate("document.querySelectorAll('a[href^=javascript]').length") == 0
    assert messages == []
    assert (tmp_path / "board.png").stat().st_size > 10_000


async def test_every_intent_has_a_row_with_a_curve_and_its_name_as_text(browser_page: Page, url: str) -> None:
    await browser_page.goto(url)
    rows = browser_page.locator("table.intents tbody tr")
    assert await rows.count() == len(ATTACKS)
    assert await rows.locator("svg.spark polyline.all").count() == len(ATTACKS)
    assert await browser_page.locator(".intents .title", has_text=ATTACKS[0]).count() == 1


async def test_added_and_removed_lines_of_a_diff_are_coloured_apart(browser_page: Page, url: str) -> None:
    await browser_page.goto(url)
    colours = {
        kind: await browser_page.locator(f".diff tr.{kind}").first.evaluate(
            "row => getComputedStyle(row).backgroundColor"
        )
        for kind in ("added", "removed", "context")
    }
    assert len(set(colours.values())) == 3
    assert await browser_page.locator(".diff tr.added .code").last.inner_text() == f"add {ATTACKS[0]}"


@pytest.mark.parametrize("width", [360, 800, 1440])
async def test_no_name_however_long_makes_the_page_wider_than_the_window(
    browser_page: Page, url: str, width: int
) -> None:
    await browser_page.set_viewport_size({"width": width, "height": 900})
    await browser_page.goto(url)
    await browser_page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert await browser_page.evaluate("document.documentElement.scrollWidth") == width


async def test_the_page_refreshes_itself_and_keeps_open_what_the_reader_opened(browser_page: Page) -> None:
    board = hostile_board()
    server = await start(make_app(Metrics(), board, lambda: (True, "")), "127.0.0.1", 0)
    try:
        await browser_page.clock.install()
        await browser_page.goto(f"http://127.0.0.1:{server.port}/")
        await browser_page.locator("#proposals details").first.evaluate("d => { d.open = true }")
        board.fold("dead-letters", {"reason": "a_reason_that_is_new"})
        await browser_page.clock.run_for(6_000)
        await browser_page.get_by_text("a reason that is new").wait_for()
        assert await browser_page.locator("#proposals details[open]").count() == 1
    finally:
        await server.stop()
    await browser_page.clock.run_for(6_000)
    await browser_page.get_by_text("The worker does not answer").wait_for()


async def test_the_page_is_complete_without_script(browser_page: Page, url: str) -> None:
    browser = browser_page.context.browser
    assert browser is not None
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(url)
    assert await page.locator("table.intents tbody tr").count() == len(ATTACKS)
    assert await page.locator("noscript meta[http-equiv=refresh]").count() == 1
    await context.close()

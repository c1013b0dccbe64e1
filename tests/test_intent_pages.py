"""One intent, one turn, from a real store: as a page, on the terminal, as JSON; hostile texts are data."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from playwright.async_api import Page
from test_board_browser import ATTACKS, hostile_board
from typer.testing import CliRunner

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.board import BoardState
from groundswell.models.board_view import IntentRow, Tally
from groundswell.models.event import ConversationEvent
from groundswell.models.history import Past
from groundswell.models.intent_page import Case, IntentPage, Near, Quote, StepShare, SubIntent, intent_page
from groundswell.models.intent_shape import IntentShape
from groundswell.models.intents.params import EngineParams
from groundswell.models.map_view import HEIGHT, WIDTH, circles
from groundswell.models.position import Source
from groundswell.models.record import Vector
from groundswell.models.turn import SegmentOutcome, TurnRead, encode_vector
from groundswell.sinks.intent_pages import IntentPages
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Point, Store, open_store
from groundswell.sinks.web import make_app, start
from groundswell.streams.cli import app
from groundswell.streams.collections import COLLECTIONS, INTENTS_STATE, TURNS
from groundswell.streams.exit_codes import FAILED, UNREACHABLE
from groundswell.streams.intent_command import told
from groundswell.streams.intent_states import IntentStates
from groundswell.streams.ownership import claim

START = 1_760_000_000_000
NEEDS = ("cancel my order", "refund the fee", "change my flight", "report a lost card")
ODD = "<b>evil</b> \u202e\x1b[31m"


def vector(need: int, number: int) -> Vector:
    random = np.random.default_rng((need, number))
    point = np.eye(384)[need] + random.normal(0, 0.02, 384)
    return (point / np.linalg.norm(point)).astype(np.float32)


def event(number: int) -> ConversationEvent:
    return ConversationEvent(
        tenant="acme", agent="shop", conversation_id=f"chat {number} {ODD}", role="user", text="Hi"
    )


def turn_id(number: int, ordinal: int = 0) -> str:
    return f"00000000-0000-4000-8000-{number:08d}{ordinal:04d}"


def turns() -> Iterator[TurnRead]:
    """400 conversations with one need each; of every fourth kind, half fail at a tool."""
    for number in range(400):
        need, offset = number % len(NEEDS), number * 2
        source = Source(log="l", partition=0, offset=offset)
        about = {
            "tenant": "acme", "agent": "shop", "conversation": event(number).conversation,
            "conversation_id": event(number).conversation_id, "time": START + number * 60_000,
        }  # fmt: skip
        yield TurnRead.model_validate(
            {
                **about, "source": source, "turn": turn_id(number), "role": "user", "passes": True,
                "text": f"I want to {NEEDS[need]}", "vector": encode_vector(vector(need, number)),
            }
        )  # fmt: skip
        failed = need == 0 and number % 8 == 0
        outcome = SegmentOutcome(
            segment=0, status="failed" if failed else "completed", probability=1, turns=3,
            step="tool_error:get_<i>order" if failed else "",
        )  # fmt: skip
        more = {
            "type": "outcome",
            "outcomes": (outcome,),
            "final": True,
            "prompt_version": f"v{number // 200}",
        }
        yield TurnRead.model_validate(
            {**about, **more, "source": source.model_copy(update={"offset": offset + 1})}
        )


def archived(number: int) -> Point:
    need = number % len(NEEDS)
    payload = {
        "owner": "acme/shop", "type": "turn", "conversation": event(number).conversation,
        "conversation_id": event(number).conversation_id, "time": START + number * 60_000, "seq": 0,
        "log": "l", "partition": 0, "offset": number * 2, "role": "user", "ordinal": 0, "segment": 0,
        "text": f"I want to {NEEDS[need]} {ODD}", "passes": True, "probability": 0.9, "signals": [],
    }  # fmt: skip
    return Point(turn_id(number), payload, vector(need, number))


def second(number: int) -> list[Point]:
    """A further need of a conversation, and an answer between the two."""
    first = archived(number)
    answer = {**first.payload, "role": "assistant", "text": "Which one?", "passes": False, "ordinal": 1}
    answer["time"] += 1000
    again = {
        **first.payload,
        "text": "and the other one too",
        "ordinal": 2,
        "time": first.payload["time"] + 2000,
    }
    again |= {"offset": 90_000 + number}
    return [Point(turn_id(number, 1), answer), Point(turn_id(number, 2), again, vector(1, 7))]


async def fill(store: Store) -> AgentIntents:
    """Do what the stages do: fold, commit, archive; return the state that was committed."""
    for collection in COLLECTIONS:
        await store.ensure(collection)
    owned = await claim(store, INTENTS_STATE, "acme/shop", slots=AgentIntents.record_names())
    state = AgentIntents("acme", "shop", lateness_ms=60_000)
    for place, message in enumerate(turns()):
        state.take(message, Source(log="t", partition=0, offset=place))
    conversations, opened = state.ledger.conversations()
    await owned.commit(state.changes(), conversations, opened=opened).write(store)
    await store.upsert(TURNS, [archived(number) for number in range(400)] + second(8))
    return state


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, AgentIntents]:
    folder = tmp_path_factory.mktemp("store")

    async def build() -> AgentIntents:
        store = open_store(f"edge:{folder}")
        state = await fill(store)
        await store.close()
        return state

    return folder, asyncio.run(build())


@pytest.fixture
async def states(filled: tuple[Path, AgentIntents]) -> AsyncIterator[IntentStates]:
    store = open_store(f"edge:{filled[0]}")
    for collection in COLLECTIONS:
        await store.ensure(collection)
    yield IntentStates(store)
    await store.close()


def failing_intent(state: AgentIntents) -> str:
    return state.engine.label(vector(0, 0))[1]


# -- the page's content


def test_a_page_tells_where_an_intent_breaks_and_what_to_compare(filled: tuple[Path, AgentIntents]) -> None:
    state = filled[1]
    page = intent_page(state, failing_intent(state))
    assert page is not None
    assert page.live
    assert [(step.step, step.count, step.share) for step in page.steps] == [
        ("tool_error:get_<i>order", 50, 1.0)
    ]
    assert (page.outcomes.failed, page.outcomes.completed) == (50, 50)
    assert {version: tally.failed for version, tally in page.versions} == {"v0": 25, "v1": 25}
    assert len(page.failed) == len(page.succeeded) == 6
    numbers = {event(number).conversation: number for number in range(400)}
    assert all(numbers[case.conversation] % 8 == 0 for case in page.failed)
    assert all(numbers[case.conversation] % 8 == 4 for case in page.succeeded)
    assert [quote.text for quote in page.examples] == ["I want to cancel my order"] * len(page.examples)
    assert page.shape is not None
    assert page.shape.cohesion > 0.7
    assert len(page.neighbours) == len(set(state.engine.groups().values())) - 1
    assert page.history[0].change == "created"
    assert page.weight == pytest.approx(100, abs=2)


def test_looking_at_an_intent_tells_nothing_about_it(filled: tuple[Path, AgentIntents]) -> None:
    state = filled[1]
    state.changes()
    assert intent_page(state, failing_intent(state)) is not None
    assert state.memory.told == {}
    assert state.memory.changes() == {}


def test_an_id_that_became_part_of_another_leads_there_and_an_unknown_one_nowhere(
    filled: tuple[Path, AgentIntents],
) -> None:
    state = filled[1]
    intent = failing_intent(state)
    fine = state.engine.label(vector(0, 0))[0]
    page = intent_page(state, fine)
    assert page is not None
    assert (page.id, page.asked) == (intent, fine)
    assert intent_page(state, "nothing") is None


async def test_the_store_gives_the_same_page_as_the_state_that_was_written(
    states: IntentStates, filled: tuple[Path, AgentIntents]
) -> None:
    state = filled[1]
    for intent in sorted(set(state.engine.groups().values())):
        stored, own = await states.page("acme", "shop", intent), intent_page(state, intent)
        assert stored is not None
        assert own is not None
        unnamed = {
            side: tuple(replace(case, conversation_id="") for case in getattr(stored, side))
            for side in ("failed", "succeeded")
        }
        assert replace(stored, borderline=(), **unnamed) == own
        assert all(case.conversation_id.startswith("chat ") for case in stored.failed)
    assert await states.page("acme", "shop", "nothing") is None
    assert await states.page("acme", "nobody", "nothing") is None
    assert [page.id for page in await states.find(intent)] == [intent]
    assert await states.find(intent, agent="nobody") == []


async def test_turns_between_two_intents_are_shown_as_borderline(tmp_path: Path) -> None:
    store = open_store(f"edge:{tmp_path}")
    state = await fill(store)
    mid = vector(0, 900) * 1.02 + vector(1, 900)
    between = replace_vector(archived(9_999), mid / np.linalg.norm(mid), "cancel or refund?")
    await store.upsert(TURNS, [between])
    near = state.engine.nearness(between.vector) if between.vector is not None else {}
    first, other = sorted(near, key=lambda intent: -near[intent])[:2]
    page = await IntentStates(store).page("acme", "shop", first)
    await store.close()
    assert page is not None
    assert [(quote.text, quote.other) for quote in page.borderline] == [("cancel or refund?", other)]


def replace_vector(point: Point, mid: Vector, text: str) -> Point:
    return Point(point.id, {**point.payload, "text": text}, mid.astype(np.float32))


async def test_a_state_is_restored_again_when_something_was_committed(tmp_path: Path) -> None:
    store = open_store(f"edge:{tmp_path}")
    state = await fill(store)
    states = IntentStates(store, fresh_s=0.0)
    first = await states.state("acme", "shop")
    assert await states.state("acme", "shop") is first
    owned = await claim(store, INTENTS_STATE, "acme/shop")
    tick = TurnRead(
        type="tick",
        tenant="acme",
        agent="shop",
        time=START,
        source=Source(log="l", partition=0, offset=10**6),
    )
    state.take(tick, Source(log="t", partition=0, offset=10**6))
    await owned.commit(state.changes()).write(store)
    second = await states.state("acme", "shop")
    await store.close()
    assert second is not first
    assert second is not None
    assert second.positions.to_json() == state.positions.to_json()


# -- on the terminal


def invoke(folder: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments), env={"GROUNDSWELL_STORE": f"edge:{folder}"})
    return done.exit_code, done.output


def test_an_intent_is_printed_and_no_text_steers_the_terminal(filled: tuple[Path, AgentIntents]) -> None:
    folder, state = filled
    intent = failing_intent(state)
    code, text = invoke(folder, "intents", "show", intent)
    assert code == 0
    assert "get_<i>order gave an error" in text
    assert "50 completed, 50 failed or abandoned" in text
    assert "created by machine" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    code, text = invoke(folder, "intents", "show", intent, "--tenant", "acme", "--agent", "shop", "--json")
    assert code == 0
    value = json.loads(text)
    assert (value["id"], value["steps"][0]["count"]) == (intent, 50)
    assert value["shape"]["cohesion"] > 0.7
    assert value["history"][0]["change"] == "created"


def test_what_is_unknown_and_what_is_no_store_have_exit_codes_of_their_own(
    filled: tuple[Path, AgentIntents], tmp_path: Path
) -> None:
    folder, state = filled
    assert invoke(folder, "intents", "show", "nothing")[0] == FAILED
    assert invoke(folder, "intents", "show", failing_intent(state), "--agent", "other")[0] == FAILED
    assert invoke(folder, "explain", "nothing")[0] == FAILED
    assert invoke(folder, "explain", turn_id(9_998))[0] == FAILED
    assert invoke(folder, "explain", event(8).conversation_id, "77")[0] == FAILED
    assert invoke(tmp_path, "intents", "show", "nothing")[0] == UNREACHABLE
    assert invoke(tmp_path, "explain", "nothing")[0] == UNREACHABLE
    assert not list(tmp_path.iterdir())


def test_a_turn_is_explained_by_its_id_and_by_its_place(filled: tuple[Path, AgentIntents]) -> None:
    folder, state = filled
    fine, intent = state.engine.label(vector(0, 8))
    code, text = invoke(folder, "explain", turn_id(8), "--json")
    value = json.loads(text)
    assert code == 0
    assert (value["fate"], value["intent"], value["reasons"]["fine"]) == ("clustered", intent, fine)
    assert value["reasons"]["rule"] == "announced"
    assert value["probability"] == 0.9
    assert value["arrival_sure"]
    assert value["blend"] is None
    assert invoke(folder, "explain", event(8).conversation_id, "0", "--json")[1] == text
    code, text = invoke(folder, "explain", event(8).conversation, "0")
    assert code == 0
    assert "gate: 0.90; above 0.40" in text
    assert "alone: the first need of its goal" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_later_need_is_explained_with_the_one_before_it(filled: tuple[Path, AgentIntents]) -> None:
    folder, _ = filled
    value = json.loads(invoke(folder, "explain", turn_id(8, 2), "--json")[1])
    assert value["previous"] == turn_id(8)
    assert value["blend"] == pytest.approx(float(vector(0, 8) @ vector(1, 7)), abs=1e-3)
    assert not value["arrival_sure"]
    value = json.loads(invoke(folder, "explain", turn_id(8, 1), "--json")[1])
    assert (value["fate"], value["reasons"]) == ("not_a_user", None)


# -- in the browser


def hostile_page() -> IntentPage:
    """A page in which every text is an attack."""
    tally = Tally(completed=3, failed=4)
    quotes = tuple(Quote(text, text, 0.5, text, text, text, 0.4) for text in ATTACKS)
    return IntentPage(
        "acme", "shop", ATTACKS[0], ATTACKS[2], live=True, name=ATTACKS[0], description=ATTACKS[1],
        pinned=True, weight=12, share=0.3, terms=ATTACKS, examples=quotes, borderline=quotes,
        shape=IntentShape(cohesion=0.3, separation=0.2, ambiguity=0.6, mixed=True),
        fines=tuple(SubIntent(text, text, 3, 4, 2, text) for text in ATTACKS),
        neighbours=tuple(Near(text, text, 0.2) for text in ATTACKS),
        history=tuple(
            Past(time=text, change=text, actor=text, name=text, previous_name=text, lineage=(text,))
            for text in ATTACKS
        ),
        outcomes=tally,
        steps=tuple(StepShare(text, text, 3, 0.1) for text in ATTACKS),
        versions=tuple((text, tally) for text in ATTACKS),
        days=((20_000, 4, 1), (20_001, 7, -1)),
        failed=tuple(Case(text, 1, START, text, text, text) for text in ATTACKS),
        succeeded=tuple(Case(text, 0, START, "", "") for text in ATTACKS),
    )  # fmt: skip


class OnePage:
    """A reader that knows one page."""

    async def page(self, tenant: str, agent: str, intent: str) -> IntentPage | None:
        return None if intent == "unknown" else hostile_page()


@pytest.fixture
async def url() -> AsyncIterator[str]:
    pages = IntentPages(OnePage()).routes()
    server = await start(make_app(Metrics(), map_board(), lambda: (True, ""), more=pages), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.port}"
    await server.stop()


def map_board() -> BoardState:
    """The hostile board, with a place on the map for each of its intents."""
    board = hostile_board()
    places = {
        f"I{i}": {"x": np.cos(i), "y": np.sin(3 * i), "mixed": i == 1, "cohesion": 0.4}
        for i in range(len(ATTACKS))
    }
    source = {"log": "c", "partition": 0, "offset": 10**6, "index": 0}
    minute = {"tenant": "acme", "agent": "shop", "minute": 40, "counts": {}, "shapes": places}
    board.fold("intent-minutes", {**minute, "source": source})
    return board


async def test_no_text_of_a_page_runs_and_all_of_it_is_shown(
    browser_page: Page, url: str, tmp_path: Path
) -> None:
    said: list[str] = []
    browser_page.on("console", lambda message: said.append(message.text))
    browser_page.on("pageerror", lambda error: said.append(str(error)))
    await browser_page.goto(f"{url}/intents/acme/shop/I1")
    await browser_page.screenshot(path=str(tmp_path / "page.png"), full_page=True)
    await browser_page.wait_for_timeout(200)
    assert await browser_page.evaluate("window.owned") is None
    assert await browser_page.evaluate("document.querySelectorAll('iframe, img, script').length") == 0
    assert await browser_page.evaluate("document.querySelectorAll('a[href^=javascript]').length") == 0
    assert said == []
    assert await browser_page.locator("#broken tr").count() == len(ATTACKS)
    assert await browser_page.locator("#contrast a").count() == 2 * len(ATTACKS)
    assert await browser_page.locator("#turns li").count() == 2 * len(ATTACKS)
    assert await browser_page.locator("#history li").count() == len(ATTACKS)
    assert await browser_page.locator(".badge", has_text="mixed").count() == 1
    assert (tmp_path / "page.png").stat().st_size > 10_000


@pytest.mark.parametrize("width", [360, 1440])
async def test_no_text_however_long_makes_the_page_wider_than_the_window(
    browser_page: Page, url: str, width: int
) -> None:
    await browser_page.set_viewport_size({"width": width, "height": 900})
    for path in ("intents/acme/shop/I1", "intents/acme/shop/unknown", ""):
        await browser_page.goto(f"{url}/{path}")
        assert await browser_page.evaluate("document.documentElement.scrollWidth") == width


async def test_the_map_shows_each_intent_and_leads_to_its_page(browser_page: Page, url: str) -> None:
    await browser_page.goto(url)
    found = browser_page.locator("svg.map circle")
    assert await found.count() == len(ATTACKS)
    assert await browser_page.locator("svg.map circle.mixed").count() == 1
    assert await browser_page.locator("svg.map circle.level4").count() == len(ATTACKS)
    title = await found.first.locator("title").text_content()
    assert title is not None
    assert "of conversations, 50 % failing" in title
    assert await browser_page.evaluate("window.owned") is None
    await found.nth(2).click()
    await browser_page.locator("#broken").wait_for()
    assert "/intents/acme/shop/I" in browser_page.url


async def test_an_intent_in_the_table_leads_to_its_page_and_mush_is_marked(
    browser_page: Page, url: str
) -> None:
    await browser_page.goto(url)
    links = browser_page.locator("table.intents .title a")
    assert await links.count() == len(ATTACKS)
    assert await browser_page.locator("table.intents .badge", has_text="mixed").count() == 1
    await links.first.click()
    await browser_page.locator("#broken").wait_for()


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_the_page_and_its_json_come_from_the_store_and_say_what_is_wrong(
    states: IntentStates, filled: tuple[Path, AgentIntents]
) -> None:
    intent = failing_intent(filled[1])
    routes = IntentPages(states).routes()
    server = await start(make_app(Metrics(), BoardState(), lambda: (True, ""), more=routes), "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.port}"
    status, text = await get(f"{base}/intents/acme/shop/{intent}")
    assert status == 200
    assert "get_&lt;i&gt;order gave an error" in text
    assert f'href="/conversations/{event(0).conversation[:1]}' in text or "/conversations/" in text
    assert json.loads((await get(f"{base}/api/intents/acme/shop/{intent}"))[1])["steps"][0]["count"] == 50
    status, text = await get(f"{base}/intents/acme/shop/%3Cscript%3E")
    assert status == 404
    assert "<script" not in text
    assert (await get(f"{base}/api/intents/acme/shop/x"))[0] == 404
    await server.stop()


async def test_a_store_that_is_away_is_said_to_be_away() -> None:
    routes = IntentPages(IntentStates()).routes()
    server = await start(make_app(Metrics(), BoardState(), lambda: (True, ""), more=routes), "127.0.0.1", 0)
    status, text = await get(f"http://127.0.0.1:{server.port}/intents/a/b/c")
    await server.stop()
    assert status == 503
    assert "The store does not answer" in text


# -- the map's circles


def row(number: int, share: float, place: tuple[float, float] | None, failed: int = 0) -> IntentRow:
    tally = Tally(conversations=9, completed=8 - failed, failed=failed)
    return IntentRow(f"i{number}", f"name {number}", tally, share, "flat", (), (), place=place)


@pytest.mark.parametrize("number", [1, 2, 12, 90])
def test_circles_are_in_the_frame_apart_and_as_large_as_their_share(number: int) -> None:
    random = np.random.default_rng(number)
    shares = random.dirichlet(np.ones(number))
    rows = [row(i, float(shares[i]), tuple(random.uniform(-1, 1, 2))) for i in range(number)]
    shown = circles([*rows, row(999, 0.5, None)])
    assert len(shown) == min(number, 60)
    assert [one.row.share for one in shown] == sorted((one.row.share for one in shown), reverse=True)
    for one in shown:
        assert one.radius - 1 <= one.x <= WIDTH - one.radius + 1
        assert one.radius - 1 <= one.y <= HEIGHT - one.radius + 1
    overlaps = [
        one.radius + other.radius - np.hypot(one.x - other.x, one.y - other.y)
        for place, one in enumerate(shown)
        for other in shown[:place]
    ]
    assert max(overlaps, default=0) < 4
    areas = [one.radius**2 / one.row.share for one in shown if one.radius > 5.05]
    assert max(areas) / min(areas) < 1.1 if areas else True


def test_circles_in_one_place_are_pushed_apart_and_the_same_every_time() -> None:
    rows = [row(i, 0.1, (0.0, 0.0), i) for i in range(8)]
    shown = circles(rows)
    assert shown == circles(rows)
    assert len({(one.x, one.y) for one in shown}) == 8
    assert [one.level for one in sorted(shown, key=lambda one: one.row.id)] == [1, 2, 3, 3, 4, 4, 4, 4]


def test_a_page_on_the_terminal_spells_hostile_characters_out() -> None:
    text = told(hostile_page())
    assert not any(ord(char) < 32 and char != "\n" for char in text)
    assert "\u202e" not in text
    assert EngineParams().dimension == 384

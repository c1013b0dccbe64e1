"""The board: what it folds, what it keeps within bounds, and what it lets a stranger's text do (nothing)."""

import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any

import aiohttp
import pytest

from groundswell.models.board import MAX_AGENTS, MAX_PROPOSALS, MAX_REASONS, MAX_SPIKES, BoardState
from groundswell.models.board_agent import MAX_FINES, MAX_INTENTS
from groundswell.models.board_view import IntentRow
from groundswell.models.diff_lines import diff_lines
from groundswell.models.timeline import BUCKETS, WIDTHS, Clock, Series, trend
from groundswell.sinks.board import ORDERS, coded, render, shown, web_link
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.web import make_app, start

DIFF = (
    "--- a/p.md\n+++ b/p.md\n@@ -3,3 +3,3 @@\n first\n-refunds are possible\n+refunds need a receipt\n last\n"
)


def minute(
    number: int, counts: Mapping[str, Any], groups: Mapping[str, str], **fields: Any
) -> dict[str, Any]:
    source = {"log": "c", "partition": 0, "offset": number, "index": 0}
    return {
        "tenant": "acme", "agent": "shop", "minute": number, "counts": counts, "groups": groups,
        "source": source, **fields,
    }  # fmt: skip


def count(conversations: int, **fields: int) -> dict[str, int]:
    return {"turns": 2 * conversations, "conversations": conversations, **fields}


def spike(fingerprint: str, status: str = "firing", **fields: Any) -> dict[str, Any]:
    return {
        "tenant": "acme", "agent": "shop", "fingerprint": fingerprint, "status": status, "kind": "volume",
        "intent_id": "A", "intent_name": "refund", "onset_minute": 7, "detected_minute": 9, "ratio": 2.5,
        "labels": {"severity": "critical"}, "annotations": {"summary": "2.5 times as many"}, **fields,
    }  # fmt: skip


def proposed(proposal: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "change.proposed.v1", "proposal_id": proposal, "tenant_id": "acme", "agent_id": "shop",
        "title": "Ask for a receipt (12 conversations)", "status": "open",
        "intent": {"id": "A", "name": "refund"},
        "change": {"path": "p.md", "unified_diff": DIFF, "lines_added": 1, "lines_removed": 1},
        "evidence": {"total": 12, "items": [{"conversation_id": "c9", "excerpt_redacted": "money back!"}]},
        "diagnosis": {"class": "missing_instruction", "mechanism": "`refund` is called without a receipt."},
        "gate": {"failed_with": 11, "with_pattern": 12, "failed_without": 3, "without_pattern": 20},
        **fields,
    }  # fmt: skip


def withheld(number: int, reason: str = "no_mechanism") -> dict[str, Any]:
    return {
        "type": "change.withheld.v1", "id": f"w{number}", "tenant_id": "acme", "agent_id": "shop",
        "intent": {"id": "A", "name": "refund"}, "reason": reason, "brief": "gather outcomes",
    }  # fmt: skip


def rows(board: BoardState) -> dict[str, IntentRow]:
    return {row.id: row for row in board.view().agents[0].intents}


@pytest.fixture
def board() -> BoardState:
    return BoardState()


class Tags(HTMLParser):
    """The tags of a page as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


class TestCounting:
    def test_minutes_add_up_to_intents_with_shares_and_failure_rates(self, board: BoardState) -> None:
        groups = {"f1": "A", "f2": "B", "f3": "A"}
        names = {"A": "refund", "B": "seats"}
        board.fold("intent-minutes", minute(1, {"f1": count(2, completed=1, failed=1)}, groups, names=names))
        board.fold("intent-minutes", minute(2, {"f2": count(1), "f3": count(1, abandoned=1)}, groups))
        a, b = rows(board)["A"], rows(board)["B"]
        assert (a.name, a.turns, a.conversations, a.share) == ("refund", 6, 3, 0.75)
        assert a.failure_rate == pytest.approx(2 / 3)
        assert (b.name, b.share, b.failure_rate) == ("seats", 0.25, None)

    def test_an_outcome_that_is_corrected_later_is_taken_back(self, board: BoardState) -> None:
        board.fold("intent-minutes", minute(1, {"f1": count(2, abandoned=1)}, {"f1": "A"}))
        board.fold("intent-minutes", minute(2, {"f1": count(0, abandoned=-1, completed=1)}, {"f1": "A"}))
        assert rows(board)["A"].failure_rate == 0

    def test_a_minute_that_is_delivered_again_counts_once(self, board: BoardState) -> None:
        first, second = (minute(n, {"f1": count(1)}, {"f1": "A"}) for n in (1, 2))
        for value in (first, second, first, second):
            board.fold("intent-minutes", value)
        assert rows(board)["A"].conversations == 2

    def test_two_minutes_that_one_record_closed_both_count(self, board: BoardState) -> None:
        same = {"log": "c", "partition": 0, "offset": 5, "index": 0}
        for number in (1, 2):
            board.fold("intent-minutes", minute(number, {"f1": count(1)}, {"f1": "A"}, source=same))
        assert rows(board)["A"].conversations == 2

    def test_a_log_that_restarted_counts_on(self, board: BoardState) -> None:
        again = {"log": "d", "partition": 0, "offset": 0, "index": 0}
        board.fold("intent-minutes", minute(9, {"f1": count(1)}, {"f1": "A"}))
        board.fold("intent-minutes", minute(10, {"f1": count(1)}, {"f1": "A"}, source=again))
        assert rows(board)["A"].conversations == 2

    def test_a_regrouping_moves_the_past_with_it(self, board: BoardState) -> None:
        board.fold("intent-minutes", minute(1, {"f1": count(5), "f2": count(3)}, {"f1": "A", "f2": "B"}))
        board.fold("intent-minutes", minute(2, {}, {"f1": "A", "f2": "A"}, regrouped=True))
        assert {row.id: row.conversations for row in board.view().agents[0].intents} == {"A": 8}

    def test_a_vanished_fine_intent_leaves_its_counts_and_its_curve_to_its_successor(
        self, board: BoardState
    ) -> None:
        board.fold("intent-minutes", minute(1, {"f1": count(5), "f2": count(3)}, {"f1": "A", "f2": "B"}))
        board.fold("intent-minutes", minute(2, {"f1": count(1)}, {"f1": "A"}, moved={"f2": "f1"}))
        assert rows(board)["A"].conversations == 9
        assert rows(board)["A"].sparkline == (8, 1)
        assert "B" not in rows(board)

    def test_a_merged_intent_is_counted_under_its_successor_at_once(self, board: BoardState) -> None:
        board.fold("intent-minutes", minute(1, {"f1": count(5), "f2": count(3)}, {"f1": "A", "f2": "B"}))
        merge = {"tenant": "acme", "agent": "shop", "intent_id": "B", "change": "merged", "lineage": ["A"]}
        board.fold("intent-events", merge)
        assert rows(board)["A"].conversations == 8

    def test_merges_in_a_circle_end(self, board: BoardState) -> None:
        board.fold("intent-minutes", minute(1, {"f1": count(5)}, {"f1": "A"}))
        for one, other in (("A", "B"), ("B", "A")):
            event = {"tenant": "acme", "agent": "shop", "intent_id": one, "lineage": [other]}
            board.fold("intent-events", {**event, "change": "merged"})
        assert sum(row.conversations for row in rows(board).values()) == 5

    def test_intent_events_give_names_terms_and_states(self, board: BoardState) -> None:
        board.fold("intent-minutes", minute(1, {"f1": count(5)}, {"f1": "A"}))
        event = {"tenant": "acme", "agent": "shop", "intent_id": "A", "terms": ["money", "back"]}
        board.fold("intent-events", {**event, "change": "created", "name": "money back", "example": "hm"})
        board.fold("intent-events", {**event, "change": "pinned", "name": ""})
        a = rows(board)["A"]
        assert (a.name, a.terms, a.example, a.state) == ("money back", ("money", "back"), "hm", "pinned")

    def test_intents_are_listed_by_impact(self, board: BoardState) -> None:
        counts = {"f1": count(90), "f2": count(9, failed=5), "f3": count(8, failed=5), "f4": count(95)}
        board.fold("intent-minutes", minute(1, counts, {f"f{i}": "ABCD"[i - 1] for i in range(1, 5)}))
        assert [row.id for row in board.view().agents[0].intents] == ["B", "C", "D", "A"]


class TestTime:
    def test_buckets_are_as_wide_as_the_span_asks_for_and_lose_no_count(self, board: BoardState) -> None:
        for number in range(1_000, 1_000 + 7 * 1_440, 10):
            board.fold("intent-minutes", minute(number, {"f1": count(1)}, {"f1": "A"}))
        agent = board.view().agents[0]
        assert agent.bucket_minutes == 180
        assert len(agent.intents[0].sparkline) <= BUCKETS
        assert sum(agent.intents[0].sparkline) == agent.intents[0].conversations == 1_008

    def test_the_curve_does_not_depend_on_when_the_buckets_widened(self) -> None:
        minutes = sorted(random.Random(3).sample(range(5_000), 300))
        grown, clock = Series(), Clock()
        for number in minutes:
            factor = clock.reach(number)
            grown.rebin(factor, clock.start)
            grown.add(number // clock.width, 1)
        at_once = Series()
        for number in minutes:
            at_once.add(number // clock.width, 1)
        assert grown.values(clock) == at_once.values(clock)

    def test_beyond_the_widest_bucket_the_curve_slides_and_stays_small(self) -> None:
        series, clock = Series(), Clock()
        for number in range(0, 300 * 1_440, 60):
            series.rebin(clock.reach(number), clock.start)
            series.add(number // clock.width, 1)
        assert clock.width == WIDTHS[-1]
        assert len(series.buckets) == BUCKETS
        assert set(series.values(clock)) == {6}

    def test_a_late_minute_falls_into_its_own_bucket(self, board: BoardState) -> None:
        for offset, number in enumerate((10, 12, 11)):
            source = {"log": "c", "partition": 0, "offset": offset, "index": 0}
            board.fold("intent-minutes", minute(number, {"f1": count(number)}, {"f1": "A"}, source=source))
        assert rows(board)["A"].sparkline == (10, 11, 12)

    @pytest.mark.parametrize(
        ("counts", "totals", "label"),
        [
            ([5, 5, 5, 15], [50, 50, 50, 50], "up"),
            ([15, 15, 15, 3], [50, 50, 50, 50], "down"),
            ([5, 5, 5, 5], [50, 50, 50, 50], "flat"),
            ([5, 5, 5, 15], [50, 50, 50, 150], "flat"),
            ([0, 0, 0, 9], [50, 50, 50, 50], "new"),
            ([0, 0, 0, 1], [50, 50, 50, 50], "flat"),
            ([3], [3], "flat"),
            ([], [], "flat"),
        ],
    )
    def test_a_trend_is_a_change_of_share_and_not_of_traffic(
        self, counts: list[int], totals: list[int], label: str
    ) -> None:
        assert trend(counts, totals) == label


class TestFindings:
    def test_firing_spikes_come_first_then_the_newest(self, board: BoardState) -> None:
        for name, status, detected in (("x", "resolved", 30), ("y", "firing", 10), ("z", "firing", 20)):
            board.fold("spikes", spike(name, status, detected_minute=detected))
        assert [row.fingerprint for row in board.view().spikes] == ["z", "y", "x"]
        assert board.view().firing == 2

    def test_what_changed_comes_before_what_keeps_failing(self, board: BoardState) -> None:
        for name, kind, detected in (("slow", "slow_burn", 30), ("sudden", "failure", 10)):
            board.fold("spikes", spike(name, kind=kind, detected_minute=detected))
        board.fold("spikes", spike("over", "resolved", detected_minute=40))
        assert [row.fingerprint for row in board.view().spikes] == ["sudden", "slow", "over"]

    def test_a_slow_burn_claims_no_onset(self, board: BoardState) -> None:
        board.fold("spikes", spike("slow", kind="slow_burn", onset_minute=9, detected_minute=9))
        page = render(board.view(), 0)
        assert "noticed 1970-01-01 00:09" in page
        assert "onset" not in page

    def test_a_resolved_spike_replaces_the_firing_one_and_unmarks_its_intent(self, board: BoardState) -> None:
        board.fold("intent-minutes", minute(1, {"f1": count(5)}, {"f1": "A"}))
        board.fold("spikes", spike("x"))
        assert rows(board)["A"].spiking
        board.fold("spikes", spike("x", "resolved", endsAt="2026-01-01T00:00:00Z"))
        assert not rows(board)["A"].spiking
        assert len(board.view().spikes) == 1

    def test_a_proposal_shows_its_diff_evidence_and_gate(self, board: BoardState) -> None:
        board.fold("intent-minutes", minute(1, {"f1": count(5)}, {"f1": "A"}))
        board.fold("change-proposals", proposed("p1"))
        board.fold("change-proposals", proposed("p1"))
        (row,) = board.view().proposals
        assert row.diff == DIFF
        assert row.evidence[0].excerpt == "money back!"
        assert row.gate["failed_with"] == 11
        assert rows(board)["A"].proposals == 1

    @pytest.mark.parametrize(
        ("event", "status"),
        [
            ({"type": "change.superseded.v1"}, "superseded"),
            ({"type": "change.withdrawn.v1"}, "withdrawn"),
            ({"type": "change.status.v1", "status": "merged"}, "merged"),
            ({"type": "change.measured.v1", "verdict": "keep"}, "keep"),
            ({"type": "change.unheard_of.v9"}, "open"),
        ],
    )
    def test_what_became_of_a_proposal_is_its_status(
        self, board: BoardState, event: dict[str, str], status: str
    ) -> None:
        board.fold("change-proposals", proposed("p1"))
        board.fold("change-proposals", {**event, "proposal_id": "p1"})
        assert board.view().proposals[0].status == status

    def test_withheld_changes_are_counted_by_reason_once_each(self, board: BoardState) -> None:
        for number, reason in ((1, "gate"), (2, "gate"), (1, "gate"), (3, "cap")):
            board.fold("change-proposals", withheld(number, reason))
        assert board.view().withheld_reasons == {"gate": 2, "cap": 1}
        assert [row.id for row in board.view().withheld] == ["w3", "w2", "w1"]

    def test_dead_letters_are_counted_by_reason_once_each(self, board: BoardState) -> None:
        for offset in (4, 5, 4):
            letter = {"reason": "not_json", "topic": "conversation-events", "partition": 0, "offset": offset}
            board.fold("dead-letters", letter)
        assert board.view().dead_letters == {"not_json": 2}


class TestBeginnings:
    def test_what_was_not_announced_and_has_no_conversation_is_no_row_but_is_counted(
        self, board: BoardState
    ) -> None:
        counts = {"a": count(5), "b": count(0, turns=3), "c": count(0, turns=1)}
        board.fold("intent-minutes", minute(1, counts, {"a": "A", "b": "B", "c": "C"}))
        told = {"tenant": "acme", "agent": "shop", "intent_id": "C", "terms": ["card"], "change": "created"}
        board.fold("intent-events", told)
        agent = board.view().agents[0]
        assert [row.id for row in agent.intents] == ["A", "C"]
        assert agent.hidden_intents == 0
        assert agent.hidden is not None
        turns = sum(row.turns for row in agent.intents)
        assert turns + agent.hidden.turns == agent.tally.turns


class TestBounds:
    def test_the_smallest_fine_intents_are_folded_together_and_no_count_is_lost(
        self, board: BoardState
    ) -> None:
        fines = MAX_FINES + 50
        for number in range(fines):
            fine = f"f{number:05d}"
            board.fold("intent-minutes", minute(number, {fine: count(1)}, {fine: f"I{number}"}))
        assert len(board.agents["acme", "shop"].fines) <= MAX_FINES
        agent = board.view().agents[0]
        assert len(agent.intents) == MAX_INTENTS
        assert agent.hidden is not None
        listed = sum(row.conversations for row in agent.intents)
        assert listed + agent.hidden.conversations == agent.tally.conversations == fines

    def test_spikes_proposals_reasons_and_agents_are_bounded(self, board: BoardState) -> None:
        for number in range(MAX_SPIKES + 9):
            board.fold("spikes", spike(f"s{number}", "firing" if number == 0 else "resolved"))
        for number in range(MAX_PROPOSALS + 9):
            board.fold("change-proposals", proposed(f"p{number}"))
            board.fold("change-proposals", withheld(number, f"reason {number}"))
            board.fold("dead-letters", {"reason": f"reason {number}"})
        for number in range(MAX_AGENTS + 9):
            board.fold("intent-minutes", minute(number, {}, {}, agent=f"a{number}"))
        view = board.view()
        assert len(view.spikes) == MAX_SPIKES
        assert view.firing == 1  # the oldest, but it still fires
        assert len(view.proposals) == MAX_PROPOSALS
        assert len(view.withheld_reasons) == MAX_REASONS + 1
        assert len(view.dead_letters) == MAX_REASONS + 1
        assert (len(view.agents), view.hidden_agents) == (MAX_AGENTS, 9)

    def test_values_of_any_shape_break_nothing(self, board: BoardState) -> None:
        draw = random.Random(11)
        odd: list[Any] = [
            None,
            True,
            -1,
            10**30,
            1.5,
            float("nan"),
            "x\ud800",
            [],
            [None, 3],
            {},
            {"a": {"b": 1}},
        ]
        shapes = [minute(1, {"f": count(1)}, {"f": "A"}), spike("s"), proposed("p"), withheld(1)]
        topics = ["intent-minutes", "intent-events", "spikes", "change-proposals", "dead-letters", "unknown"]
        for _ in range(3_000):
            value = dict(draw.choice(shapes))
            for key in draw.sample(sorted(value), 2):
                value[key] = draw.choice(odd)
            if isinstance(value.get("minute"), int) and value["minute"] > 1:
                value["minute"] = 5
            board.fold(draw.choice(topics), value)
        assert "</html>" in render(board.view(), 0)
        for topic in topics:
            board.fold(topic, {})


class TestPage:
    HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}\u202e"

    def page(self, board: BoardState) -> str:
        bad = self.HOSTILE
        board.fold("intent-minutes", minute(1, {"f1": count(5)}, {"f1": "A"}, names={"A": bad}))
        event = {"tenant": "acme", "agent": "shop", "intent_id": "A", "change": "updated"}
        board.fold("intent-events", {**event, "name": bad, "terms": [bad], "example": bad})
        board.fold("spikes", spike("x", intent_name=bad, kind=bad, annotations={"summary": f"`{bad}`"}))
        items = [{"conversation_id": bad, "url": "javascript:alert(3)", "excerpt_redacted": bad}]
        board.fold("change-proposals", proposed(bad, title=bad, evidence={"total": 1, "items": items}))
        board.fold("change-proposals", proposed("p2", change={"path": bad, "unified_diff": f"{DIFF}+{bad}"}))
        board.fold("change-proposals", {**withheld(1, bad), "brief": bad, "id": bad})
        board.fold("dead-letters", {"reason": bad})
        return render(board.view(), 0)

    def test_no_markup_of_a_stranger_survives(self, board: BoardState) -> None:
        page = self.page(board)
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 8
        tags = Tags()
        tags.feed(page)
        assert [dict(attributes) for tag, attributes in tags.found if tag == "script"] == [
            {"src": "/board.js", "defer": None}
        ]
        assert not {"img", "iframe", "object", "form"} & {tag for tag, _ in tags.found}
        assert not [name for _, attributes in tags.found for name, _ in attributes if name.startswith("on")]
        links = {value for _, attributes in tags.found for name, value in attributes if name == "href"}
        assert all(link.startswith(("/", "?sort=", "data:image/svg+xml,")) for link in links if link)
        assert "\u202e" not in page
        assert "{{ 7*7 }}⟨U+202E⟩" in page

    def test_only_links_to_web_pages_are_links(self) -> None:
        assert web_link("https://example.org/c/1") == "https://example.org/c/1"
        for url in ("javascript:alert(1)", "data:text/html,x", "//example.org", "/local", "http://[", ""):
            assert web_link(url) == ""

    def test_what_cannot_be_seen_is_spelled_out(self) -> None:
        assert shown("a\u200bb\u2066c\U000e0041d\x1b") == "a⟨U+200B⟩b⟨U+2066⟩c⟨U+E0041⟩d⟨U+001B⟩"
        assert shown("two\nlines\tof שלום 👩‍💻") == "two\nlines\tof שלום 👩‍💻"

    def test_code_between_backticks_is_escaped_code(self) -> None:
        assert coded("call `f<b>` now") == "call <code>f&lt;b&gt;</code> now"
        assert coded("one ` only <b>") == "one ` only &lt;b&gt;"

    def test_the_diff_is_numbered_as_in_the_files(self) -> None:
        lines = [(line.kind, line.old, line.new) for line in diff_lines(DIFF)][2:]
        assert lines == [
            ("hunk", None, None), ("context", 3, 3), ("removed", 4, None), ("added", None, 4),
            ("context", 5, 5),
        ]  # fmt: skip

    def test_a_removed_line_of_dashes_is_not_taken_for_a_file_name(self) -> None:
        kinds = [line.kind for line in diff_lines("--- a\n+++ b\n@@ -1,2 +1 @@\n--- rule\n keep\n")]
        assert kinds == ["file", "file", "hunk", "removed", "context"]

    def test_an_empty_board_says_how_to_send_the_first_event(self, board: BoardState) -> None:
        page = render(board.view(), 0)
        assert "conversation-events" in page
        assert "groundswell run" in page

    def test_the_page_says_whether_events_still_come(self, board: BoardState) -> None:
        board.fold("intent-minutes", minute(1_000, {"f1": count(5)}, {"f1": "A"}))
        assert 'class="fresh live"' in render(board.view(), 1_005 * 60_000)
        assert 'class="fresh idle"' in render(board.view(), 2_000 * 60_000)

    @pytest.mark.parametrize("order", [*ORDERS, "no such order"])
    def test_intents_can_be_sorted_by_every_column(self, board: BoardState, order: str) -> None:
        counts = {"f1": count(9, completed=9, repaired=9), "f2": count(8, failed=1, completed=1)}
        board.fold(
            "intent-minutes", minute(1, counts, {"f1": "A", "f2": "B"}, names={"A": "aaa", "B": "bbb"})
        )
        page = render(board.view(), 0, order)
        by_failures = order in ("impact", "failure", "trend", "no such order")  # both are flat
        assert (page.index("bbb") < page.index("aaa")) == by_failures


class TestPort:
    @asynccontextmanager
    async def opened(self, ready: tuple[bool, str] = (True, "")) -> AsyncIterator[str]:
        metrics, board = Metrics(), BoardState()
        metrics.observe_assignment("acme", "shop", "A", new_conversation=True)
        board.fold("intent-minutes", minute(1, {"f1": count(5)}, {"f1": "A"}, names={"A": "refund"}))
        server = await start(make_app(metrics, board, lambda: ready), "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            await server.stop()

    async def test_one_port_serves_the_board_its_json_and_the_metrics(self) -> None:
        async with self.opened() as url, aiohttp.ClientSession() as session:
            async with session.get(url) as answer:
                assert answer.content_type == "text/html"
                assert "refund" in await answer.text()
            async with session.get(f"{url}/api/board.json") as answer:
                view = json.loads(await answer.read())
                assert view["agents"][0]["intents"][0]["tally"]["conversations"] == 5
            async with session.get(f"{url}/metrics") as answer:
                assert "groundswell_intent_turns_total{" in await answer.text()

    async def test_the_scraper_gets_open_metrics_if_it_asks(self) -> None:
        accept = {"Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"}
        async with (
            self.opened() as url,
            aiohttp.ClientSession(headers=accept) as session,
            session.get(f"{url}/metrics") as answer,
        ):
            assert answer.content_type == "application/openmetrics-text"
            assert (await answer.text()).endswith("# EOF\n")

    async def test_a_worker_that_is_not_ready_says_why_and_stays_alive(self) -> None:
        async with self.opened((False, "waiting for the store")) as url, aiohttp.ClientSession() as session:
            async with session.get(f"{url}/readyz") as answer:
                assert (answer.status, await answer.text()) == (503, "waiting for the store\n")
            async with session.get(f"{url}/healthz") as answer:
                assert answer.status == 200

    async def test_every_answer_forbids_what_the_page_does_not_need(self) -> None:
        async with self.opened() as url, aiohttp.ClientSession() as session:
            for path in ("/", "/metrics", "/api/board.json", "/board.js"):
                async with session.get(url + path) as answer:
                    policy = answer.headers["Content-Security-Policy"]
                    assert "default-src 'none'" in policy
                    assert "unsafe" not in policy
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"

    async def test_a_port_that_is_taken_is_named(self) -> None:
        async with self.opened() as url:
            port = int(url.rsplit(":", 1)[1])
            with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
                await start(make_app(Metrics(), BoardState(), lambda: (True, "")), "127.0.0.1", port)

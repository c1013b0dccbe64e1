"""The summary of a thread: what a diagnosis needs, never longer than its budget, nothing dropped silently."""

import random
import re
from typing import Any

import pytest

from groundswell.models.event import named_turn
from groundswell.models.thread_summary import LEAST, summarise
from groundswell.models.thread_view import Entry, ThreadView, thread_view

KEY = "11111111-2222-5333-8444-555555555555"


def thread(*rows: dict[str, Any], **state: Any) -> ThreadView:
    points = [
        (f"id{place}", {"type": "turn", "time": place, "ordinal": place, "segment": 0, **row})
        for place, row in enumerate(rows)
    ]
    return thread_view(points, {"owner": "a/b", **state}, {0: ("I", "cancel an order")}, conversation=KEY)


NEED = {"role": "user", "text": "I want to cancel order 7", "passes": True}
CALL = {"role": "tool", "tool_name": "cancel", "tool_arguments": '{"id":7}', "tool_result": "not found"}
FAILED = CALL | {"tool_status": "error", "signals": ["tool_error"]}
REFUSAL = {"role": "assistant", "text": "I cannot do that.", "signals": ["refusal"]}
CHAT = {"role": "assistant", "text": "Have a nice day!", "signals": ["farewell"]}
OUTCOME = {"segment": 0, "status": "failed", "probability": 0.85, "first_failing_turn": 1}


def test_a_summary_has_the_need_failed_calls_friction_feedback_and_outcome() -> None:
    thumb = {"type": "feedback", "text": "bad\nYes.", "edited_reply": "Yes.", "score": -1.0, "segment": 0}
    text = summarise(thread(NEED, FAILED, REFUSAL, CHAT, thumb, emitted=[OUTCOME]))
    assert text.splitlines() == [
        "4 turns; 1 tool call; 1 goal; feedback -",
        'goal 1 [cancel an order]: "I want to cancel order 7"',
        '  call cancel({"id":7}) error -> not found (suspected first failure)',
        '  assistant [refusal]: "I cannot do that."',
        '  feedback - "bad" better: Yes.',
        "  outcome: failed (inferred, 0.85)",
    ]


@pytest.mark.parametrize("budget", [LEAST, 1_000, 4_000, 20_000])
@pytest.mark.parametrize("turns", [0, 1, 300, 5_000])
def test_a_summary_never_exceeds_its_budget_and_keeps_the_first_need(budget: int, turns: int) -> None:
    chance = random.Random(turns)
    rows = [NEED, *chance.choices([FAILED, CALL, REFUSAL, CHAT, NEED | {"text": "x" * 90_000}], k=turns)]
    text = summarise(thread(*rows, emitted=[OUTCOME]), budget)
    assert len(text) <= budget
    assert "I want to cancel order 7" in text
    assert "outcome: failed" in text


def test_a_thread_without_a_turn_has_no_goal() -> None:
    erased = thread_view([("id", {"type": "erased", "time": 0})], {"owner": "a/b"}, {}, conversation=KEY)
    assert summarise(erased) == "0 turns; 0 tool calls; 0 goals"


def test_what_is_left_out_is_counted() -> None:
    rows = [NEED, *[FAILED] * 100]
    text = summarise(thread(*rows), 1_000)
    kept = text.count("  call ")
    left = re.search(r"\((\d+) lines left out\)", text)
    assert left is not None
    assert kept + int(left[1]) == 100


def test_failures_stay_longer_than_calls_that_went_well() -> None:
    ok = CALL | {"tool_status": "ok"}
    text = summarise(thread(NEED, *[ok] * 50, FAILED), LEAST)
    assert "error -> not found" in text


def test_equal_threads_give_equal_summaries_whatever_the_order_in_which_they_were_read() -> None:
    rows = [NEED, FAILED, REFUSAL, CHAT] * 30
    points = [(f"id{n}", {"type": "turn", "time": n, "segment": n % 3, **row}) for n, row in enumerate(rows)]
    mixed = random.Random(1).sample(points, len(points))
    texts = {summarise(thread_view(one, {}, {}, conversation=KEY), 2_000) for one in (points, mixed)}
    assert len(texts) == 1


def test_a_budget_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 400 characters"):
        summarise(thread(NEED), 10)


def test_a_text_in_a_summary_stays_on_its_line() -> None:
    text = summarise(thread(NEED | {"text": "first\n\ngoal 9: forged\n  outcome: completed"}))
    assert len([line for line in text.splitlines() if line.startswith("goal ")]) == 1
    assert len([line for line in text.splitlines() if line.startswith("  outcome")]) == 1


# -- the thread itself


def test_feedback_names_the_entry_that_it_is_about() -> None:
    points = [("f", {"type": "feedback", "time": 1, "score": 1.0, "feedback_turn": "t1"})]
    view = thread_view(points, {}, {}, conversation=KEY)
    assert view.entries[0].about == named_turn(KEY, "t1")


def test_late_turns_stand_where_they_belong_and_equal_times_go_by_seq_and_arrival() -> None:
    places = [(5, 0, 1), (3, 0, 2), (5, 1, 0), (5, 0, 0)]
    points = [
        (str(n), {"time": time, "seq": seq, "offset": offset, "text": str(n)})
        for n, (time, seq, offset) in enumerate(places)
    ]
    view = thread_view(points, {}, {}, conversation=KEY)
    assert [entry.text for entry in view.entries] == ["1", "3", "0", "2"]


def test_a_goal_s_suspect_is_found_by_its_place_in_the_order_of_arrival() -> None:
    view = thread(REFUSAL, NEED, emitted=[OUTCOME])
    assert view.goals[0].suspect == "id1"
    assert isinstance(view.entries[0], Entry)

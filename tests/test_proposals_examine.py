import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from proposals_threads import (
    HARNESS,
    PROMPT,
    cancelling,
    files,
    outages,
    run,
    say,
    thread,
    trigger,
    uninsured,
    use,
)

from groundswell.models.change import WithheldReason
from groundswell.models.change_parts import IntentRef
from groundswell.models.proposals.events import problem_of
from groundswell.models.proposals.placing import inserted
from groundswell.models.proposals.thread import Thread


def reasons(threads: list[Thread], *args: object, **options: object) -> set[str]:
    return {event.reason for event in run(threads, *args, **options).withheld}  # type: ignore[arg-type]


def two_states() -> list[Thread]:
    """Insurance and cabin go together, except in one conversation."""
    bad = [cancelling(f"no-{i:02}", True, insurance="no", cabin="economy") for i in range(19)]
    mixed = [cancelling("odd", True, insurance="no", cabin="business")]
    good = [cancelling(f"yes-{i:02}", i < 4, insurance="yes", cabin="business") for i in range(20)]
    return bad + mixed + good


def test_a_state_that_separates_failures_among_callers_of_the_tool_becomes_one_proposal() -> None:
    (proposal,) = run(uninsured()).proposals
    assert proposal.pattern == "precondition:cancel_reservation:insurance=no"
    assert proposal.gate is not None
    assert (proposal.gate.failed_with, proposal.gate.with_pattern) == (19, 20)
    assert (proposal.gate.failed_without, proposal.gate.without_pattern) == (4, 20)
    assert proposal.gate.p < proposal.gate.alpha
    assert proposal.diagnosis.failure_class == "missing_instruction"
    assert not proposal.diagnosis.confirmed
    assert proposal.diagnosis.alternatives


def test_the_draft_names_the_record_by_what_its_reading_tool_is_called() -> None:
    (proposal,) = run(uninsured()).proposals
    assert "+Before calling cancel_reservation, read the reservation and check `insurance`." in (
        proposal.change.unified_diff
    )


def test_the_rule_follows_the_list_it_belongs_to_and_stands_in_no_list() -> None:
    (proposal,) = run(uninsured()).proposals
    added = [line for line in proposal.change.unified_diff.splitlines()[2:] if line.startswith("+")]
    assert added[0].startswith("+Before calling")
    assert proposal.change.lines_removed == 0
    assert " - The user has travel insurance" in proposal.change.unified_diff


def test_the_title_counts_the_failures_and_the_body_says_how_many_the_change_can_reach() -> None:
    (proposal,) = run(uninsured()).proposals
    assert proposal.title == "Cancel…: check insurance before cancel_reservation (19 failed)"
    assert proposal.pull_request is not None
    assert "at most 19 conversations" in proposal.pull_request.body_markdown
    assert "leaves about 15" in proposal.pull_request.body_markdown


def test_the_event_names_the_intent_that_most_of_the_failing_conversations_lie_in() -> None:
    moved = [replace(t, intents=("refund", "cancel") if t.failed else ("cancel",)) for t in uninsured()]
    moved[0] = replace(moved[0], intents=("refund",))
    asked = trigger(intents={"refund": IntentRef(id="refund", name="Ask for a refund")})
    (proposal,) = run(moved, trigger=asked).proposals
    assert (proposal.subject, proposal.intent.name) == ("refund", "Ask for a refund")


def test_a_pattern_against_all_conversations_alone_is_not_proposed() -> None:
    """All who cancel fail alike; only against those who never called the tool do they fail more."""
    idle = [thread(f"idle-{i:02}", say("user", "What are your hours?"), failed=False) for i in range(40)]
    cancels = [cancelling(f"c-{i:02}", i % 10 > 0, insurance=("no", "yes")[i % 2]) for i in range(30)]
    assert run(cancels + idle).proposals == ()


def test_a_small_difference_is_no_mechanism_however_sure() -> None:
    """55 % against 50 % over 4,000 conversations: p is tiny, the odds ratio 1.2."""
    small = [cancelling(f"n-{i:04}", i % 20 < 11, insurance="no") for i in range(2000)]
    small += [cancelling(f"y-{i:04}", i % 20 < 10, insurance="yes") for i in range(2000)]
    (event,) = run(small).withheld
    assert event.gate is not None
    assert event.gate.p < event.gate.alpha
    assert (event.reason, round(event.gate.odds_ratio, 1)) == ("gate", 1.2)


def test_failures_of_few_users_are_no_evidence_however_many() -> None:
    one_user = [replace(t, group="u1" if "no-" in t.conversation_id else t.group) for t in uninsured()]
    assert run(one_user).proposals == ()


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_threads_changes_no_byte(seed: int) -> None:
    threads = uninsured() + outages("get_reservation_details")
    shuffled = list(threads)
    random.Random(seed).shuffle(shuffled)
    first, second = run(threads), run(shuffled)
    assert [event.encode() for event in first.proposals] == [event.encode() for event in second.proposals]
    assert [event.encode() for event in first.withheld] == [event.encode() for event in second.withheld]
    assert len(first.proposals) == 2


def test_the_hash_seed_changes_no_byte() -> None:
    program = (
        "import hashlib, proposals_threads as p\n"
        "found = p.run(p.uninsured() + p.outages('get_reservation_details'))\n"
        "print(hashlib.sha256(b''.join(e.encode() for e in found.proposals + found.withheld)).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_proposals_come_by_score_and_carry_their_rank() -> None:
    found = run(uninsured() + outages("get_reservation_details"))
    values = [proposal.score.value for proposal in found.proposals]
    assert values == sorted(values, reverse=True)
    assert [proposal.score.rank for proposal in found.proposals] == [1, 2]


def test_a_confirmed_grave_failure_counts_as_if_it_were_frequent() -> None:
    crowd = [thread(f"idle-{i:03}", say("user", "Hello"), failed=False) for i in range(960)]
    mild = uninsured(failures=8, of=8, control=0)
    grave = [replace(t, slices={"severity": 1.0}) if t.failed else t for t in mild]
    (low,), (high,) = run(mild + crowd).proposals, run(grave + crowd).proposals
    assert low.score.components.frequency < 0.01
    assert high.score.components.frequency == high.score.weights["grave_frequency_floor"] == 0.05
    unconfirmed = [replace(t, confirmed=False) for t in grave]
    assert run(unconfirmed + crowd).proposals[0].score.components.frequency < 0.01


def test_the_first_failing_turn_is_where_the_write_was_made() -> None:
    (proposal,) = run(uninsured()).proposals
    assert proposal.diagnosis.first_failing_turn == 4
    assert proposal.evidence.items[0].turn_range == (3, 4)


def test_evidence_is_bounded_and_what_is_left_out_is_counted() -> None:
    (proposal,) = run(uninsured(failures=60, of=61)).proposals
    evidence = proposal.evidence
    assert (evidence.total, evidence.included, evidence.truncated) == (60, 20, 40)
    assert len(proposal.encode()) < 200_000


def test_small_groups_are_suppressed_and_named() -> None:
    staged = [replace(t, user="one", slices={"stage": "trial"}) for t in uninsured()]
    (proposal,) = run(staged).proposals
    assert proposal.impact.conversations is None
    assert "impact.conversations" in proposal.privacy.suppressed_fields


def test_a_retry_of_the_same_trigger_has_the_same_id_and_another_trigger_another() -> None:
    first, again, other = (run(uninsured(), trigger=trigger(id=name)).proposals[0] for name in "aab")
    assert first.id == again.id != other.id
    assert first.fingerprint == other.fingerprint
    assert first.proposal_id == other.proposal_id


def test_a_conversation_given_twice_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'no-00' is given twice"):
        run([*uninsured(), uninsured()[0]])


class TestWithheld:
    def test_too_few_outcomes(self) -> None:
        unknown = [replace(t, failed=None) for t in uninsured()]
        assert reasons(unknown) == {"too_few_outcomes"}

    def test_no_mechanism(self) -> None:
        talk = [thread(f"t-{i}", say("user", "Hello"), failed=i % 2 == 0) for i in range(20)]
        assert reasons(talk) == {"no_mechanism"}

    def test_an_empty_window(self) -> None:
        assert reasons([]) == {"too_few_outcomes"}

    def test_gate(self) -> None:
        found = run(uninsured(failures=8, of=12, control=11))
        assert {event.reason for event in found.withheld} == {"gate"}
        assert not found.proposals
        assert "may be chance" in found.withheld[0].brief

    def test_attribute_not_in_prompt(self) -> None:
        silent = PROMPT.replace("insurance", "cover")
        assert reasons(uninsured(), files(silent)) == {"attribute_not_in_prompt"}

    def test_no_rule_to_strengthen(self) -> None:
        bad = [cancelling(f"b-{i:02}", i < 19, read=False) for i in range(20)]
        good = [cancelling(f"g-{i:02}", i < 2) for i in range(20)]
        silent = "# Kitchen helper\n\n## Soup\n\nServe the tomato soup while it is still warm.\n"
        assert "no_rule_to_strengthen" in reasons(bad + good, files(silent))

    def test_rule_already_present(self) -> None:
        (proposal,) = run(uninsured()).proposals
        rule = next(
            line[1:] for line in proposal.change.unified_diff.splitlines() if line.startswith("+Before")
        )
        assert reasons(uninsured(), files(inserted(PROMPT, None, rule))) == {"rule_already_present"}

    @pytest.mark.parametrize("retries", [3, 5])
    def test_retries_already_present(self, retries: int) -> None:
        set_already = HARNESS.replace("retries: 0", f"retries: {retries}")
        assert "rule_already_present" in reasons(
            outages("get_reservation_details"), files(harness=set_already)
        )

    def test_no_target_file(self) -> None:
        assert reasons(uninsured(), files(prompt=None)) == {"no_target_file"}
        assert "no_target_file" in reasons(outages("get_reservation_details"), files(harness=None))

    def test_no_safe_edit(self) -> None:
        assert "no_safe_edit" in reasons(outages("get_reservation_details"), files(harness="tools: []\n"))

    def test_unsafe_retry(self) -> None:
        assert "unsafe_retry" in reasons(outages("cancel_reservation"))

    def test_check_failed(self) -> None:
        bad = [cancelling(f"b-{i:02}", i < 19, insurance="A12345") for i in range(20)]
        good = [cancelling(f"g-{i:02}", i < 2, insurance="yes") for i in range(20)]
        found = run(bad + good)
        assert [event.reason for event in found.withheld] == ["check_failed"]
        assert "user_value" in found.withheld[0].brief

    def test_over_budget(self) -> None:
        endless = PROMPT.replace("The refund", "The refund " + "x" * 250_000)
        assert reasons(uninsured(), files(endless)) == {"over_budget"}

    def test_overlaps(self) -> None:
        told = PROMPT.replace("business cabin", "business or economy cabin")
        found = run(two_states(), files(told))
        assert len(found.proposals) == 1
        assert [event.reason for event in found.withheld] == ["overlaps"]

    def test_duplicate(self) -> None:
        (proposal,) = run(uninsured()).proposals
        problem = problem_of(proposal.change.path, proposal.change.base_digest, proposal.pattern)
        assert reasons(uninsured(), known={problem}) == {"duplicate"}

    def test_cap(self) -> None:
        assert reasons(uninsured(), capacity=0) == {"cap"}

    def test_every_reason_has_a_test(self) -> None:
        tested = {name.removeprefix("test_") for name in dir(TestWithheld)}
        assert set(get_args(WithheldReason)) <= tested


def test_a_write_that_locks_the_object_for_another_is_drafted_as_an_order() -> None:
    def both(name: str, items_first: bool) -> Thread:
        order = ["modify_order_items", "modify_order_address"]
        first, second = order if items_first else order[::-1]
        rejected = ("Error: non-pending order cannot be modified", True) if items_first else ("ok", False)
        yes = say("user", "yes")
        ask = say("assistant", "Confirm?")
        return thread(
            name,
            say("user", "Change the items and the address of O1"),
            use("get_order_details", {"status": "pending"}, order_id="O1"),
            *(ask, yes, use(first, order_id="O1")),
            *(ask, yes, use(second, *rejected, order_id="O1")),
            failed=items_first,
        )

    threads = [both(f"i-{i}", True) for i in range(12)] + [both(f"a-{i}", False) for i in range(12)]
    (proposal,) = run(threads).proposals
    assert proposal.pattern == "write_order:modify_order_address:after:modify_order_items"
    assert "call modify_order_address before modify_order_items" in proposal.change.unified_diff
    assert proposal.diagnosis.confirmed


def test_an_unconfirmed_write_is_appended_to_the_rule_that_asks_for_the_yes() -> None:
    def named_a_card(name: str) -> Thread:
        return thread(
            name,
            say("user", "Book it"),
            say("assistant", "Which card shall I use?"),
            say("user", "The blue one"),
            use("book_reservation"),
            failed=True,
        )

    careful = [
        thread(
            f"ok-{i:02}",
            say("assistant", "Book it with the blue card: confirm?"),
            say("user", "Yes"),
            use("book_reservation"),
            failed=i < 2,
        )
        for i in range(20)
    ]
    (proposal,) = run([named_a_card(f"b-{i:02}") for i in range(12)] + careful).proposals
    assert proposal.pattern == "confirmation:*"
    assert (proposal.change.lines_added, proposal.change.lines_removed) == (1, 1)
    changed = [
        line[1:] for line in proposal.change.unified_diff.splitlines() if line.startswith(("-B", "+B"))
    ]
    assert changed[1].startswith(changed[0])

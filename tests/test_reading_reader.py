"""A conversation is read turn by turn: needs, segments, friction, outcome; restored anywhere, the same."""

import functools
from dataclasses import fields

import numpy as np
import orjson
import pytest

from groundswell.models.reading.gate import PRIOR_MEAN, RuleGate
from groundswell.models.reading.goal_change import Closure, Goal, opens_goal
from groundswell.models.reading.needs import unit
from groundswell.models.reading.phrases import Signal
from groundswell.models.reading.reader import MAX_SEGMENTS, ConversationReader
from groundswell.models.reading.running_mean import RunningMean
from groundswell.models.reading.segment import MAX_SIGNALS
from groundswell.models.reading.steps import told_step
from groundswell.models.reading.wording import Wording
from groundswell.sinks.embedder import Embedder

# role, text; "call" is a tool call (name, arguments), "result" its answer, "error" a failed one
RIDE_THEN_BANK = [
    ("user", "Hello"),
    ("agent", "Hello, how can I help?"),
    ("user", "I need a taxi from the train station to the airport"),
    ("agent", "What is your name?"),
    ("user", "Katarina"),
    ("call", ("ride_book", '{"from":"station"}')),
    ("result", '{"RideBooked": true}'),
    ("agent", "Your taxi has been booked."),
    ("agent", "Is there anything else I can do for you?"),
    ("user", "What is the balance of my checking account?"),
    ("agent", "What is your account number?"),
    ("user", "3425"),
    ("call", ("bank_balance", '{"account":3425}')),
    ("error", "Error: wrong pin"),
    ("agent", "Unfortunately I could not verify your identity."),
    ("user", "what is the balance on my checking account please?"),
    ("agent", "Unfortunately I could not verify your identity."),
    ("user", "That's ridiculous, forget it."),
]
ANGRY = [
    ("user", "I want to return the blue jacket that I ordered last week"),
    ("agent", "I'm sorry, I cannot return that item."),
    ("user", "No, I meant the red one"),
    ("agent", "Sorry, could you please rephrase that?"),
    ("user", "let me talk to a human"),
    ("call", ("transfer_to_human_agents", "{}")),
    ("result", "Transfer successful"),
    ("agent", "You are being transferred to a human agent. Please hold on."),
]
FOREIGN = [
    ("user", "我想取消我昨天下的订单，因为地址写错了"),
    ("agent", "请告诉我您的订单号 \ud800？"),
    ("user", "\ud800\x00🙂"),
    ("agent", "请告诉我您的订单号 \ud800？"),
    ("user", ""),
    ("call", ("get_order", "\ud800")),
    ("result", ""),
    ("agent", ""),
]
DIALOGUES = [RIDE_THEN_BANK, ANGRY, FOREIGN]


@pytest.fixture(scope="module")
def embed():
    embedder = Embedder.default()
    return functools.cache(lambda text: embedder.embed([text])[0])


def tell(reader, ordinal, turn, embed):
    role, content = turn
    if role == "user":
        return reader.user(ordinal, content, embed(content))
    if role == "agent":
        return reader.agent(ordinal, content)
    if role == "call":
        return reader.tool_call(ordinal, *content)
    return reader.tool_result(ordinal, content, error=None if role == "result" else True)


def read(turns, embed):
    reader = ConversationReader(RunningMean())
    return reader, [tell(reader, ordinal, turn, embed) for ordinal, turn in enumerate(turns)]


def same(one, other):
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))


@pytest.mark.parametrize("turns", DIALOGUES, ids=["ride", "angry", "foreign"])
def test_a_reader_restored_before_every_turn_is_bit_for_bit_the_live_one(turns, embed):
    live, readings = read(turns, embed)
    mean = RunningMean()
    restored = ConversationReader(mean)
    for ordinal, (turn, reading) in enumerate(zip(turns, readings, strict=True)):
        mean = RunningMean.from_json(mean.to_json())
        restored = ConversationReader.from_json(restored.to_json(), mean)
        assert same(tell(restored, ordinal, turn, embed), reading)
    assert restored.to_json() == live.to_json()
    assert restored.outcomes() == live.outcomes()


@pytest.mark.parametrize("turns", DIALOGUES, ids=["ride", "angry", "foreign"])
def test_saving_and_restoring_changes_no_byte(turns, embed):
    live, _ = read(turns, embed)
    assert ConversationReader.from_json(live.to_json(), RunningMean()).to_json() == live.to_json()


def test_only_needs_pass_and_carry_a_vector(embed):
    _, readings = read(RIDE_THEN_BANK, embed)
    users = [reading for turn, reading in zip(RIDE_THEN_BANK, readings, strict=True) if turn[0] == "user"]
    assert [reading.passes for reading in users] == [False, True, False, True, False, True, False]
    assert all((reading.vector is not None) == reading.passes for reading in users)


def test_a_new_need_after_a_closed_one_opens_a_segment_and_is_clustered_alone(embed):
    reader, readings = read(RIDE_THEN_BANK, embed)
    bank = readings[9]
    assert (bank.segment, bank.new_segment) == (1, True)
    assert (bank.vector == embed("What is the balance of my checking account?")).all()
    assert [outcome.segment for outcome in reader.outcomes()] == [0, 1]


def test_a_later_need_of_a_segment_is_clustered_with_the_one_before(embed):
    _, readings = read(RIDE_THEN_BANK, embed)
    now, before = (embed(RIDE_THEN_BANK[place][1]) for place in (15, 9))
    rounded = before.astype(np.float16).astype(np.float32)
    assert (readings[15].vector == unit(now + rounded)).all()
    assert readings[15].vector.dtype == np.float32
    assert abs(float(readings[15].vector @ readings[15].vector) - 1) < 1e-6


def test_the_same_need_said_again_is_a_rephrase(embed):
    _, readings = read(RIDE_THEN_BANK, embed)
    assert Signal.REPHRASE in readings[15].signals
    assert Signal.REPHRASE not in readings[9].signals


def test_a_goal_that_was_done_is_completed_and_one_that_was_refused_failed(embed):
    reader, _ = read(RIDE_THEN_BANK, embed)
    ride, bank = reader.outcomes()
    assert (ride.status, ride.probability, ride.first_failing_turn) == ("completed", 0.85, None)
    assert (bank.status, bank.inferred) == ("abandoned", True)
    assert bank.score < -1
    assert bank.first_failing_turn == 12  # the call whose result was an error


def test_a_handoff_without_completion_is_escalated(embed):
    reader, _ = read(ANGRY, embed)
    (outcome,) = reader.outcomes()
    assert (outcome.status, outcome.turns, outcome.first_failing_turn) == ("escalated", 6, 1)


def test_the_signals_of_a_conversation_are_kept_with_their_turns(embed):
    reader, _ = read(ANGRY, embed)
    assert reader.signals == [
        (0, 1, Signal.REFUSAL),
        (0, 1, Signal.APOLOGY),
        (0, 2, Signal.CORRECTION),
        (0, 3, Signal.UNCERTAINTY),
        (0, 3, Signal.APOLOGY),
        (0, 3, Signal.APOLOGY_CHAIN),
        (0, 3, Signal.QUESTION),
        (0, 4, Signal.ESCALATION),
        (0, 5, Signal.HANDOFF),
        (0, 7, Signal.HANDOFF),
    ]


def test_an_agent_that_repeats_itself_is_in_a_loop(embed):
    _, readings = read(RIDE_THEN_BANK, embed)
    assert Signal.LOOP in readings[16].signals
    assert Signal.LOOP not in readings[14].signals


def test_a_repeated_goodbye_is_no_loop():
    reader = ConversationReader(RunningMean())
    reader.agent(0, "Thank you and have a nice day!")
    assert Signal.LOOP not in reader.agent(1, "Thank you and have a nice day!").signals


def test_an_identical_tool_call_is_repeated_and_a_different_one_is_not():
    reader = ConversationReader(RunningMean())
    assert reader.tool_call(0, "get_order", '{"id":1}').signals == ()
    assert reader.tool_call(1, "get_order", '{"id":2}').signals == ()
    assert reader.tool_call(2, "get_order", '{"id":1}').signals == (Signal.REPEATED_CALL,)


@pytest.mark.parametrize(
    ("text", "flag", "error"), [("fine", True, True), ("Error", False, False), ("Error", None, True)]
)
def test_a_results_flag_outranks_its_words(text, flag, error):
    reader = ConversationReader(RunningMean())
    reader.tool_call(0, "get_order")
    reading = reader.tool_result(1, text, flag)
    assert (reading.error, Signal.TOOL_ERROR in reading.signals) == (error, error)


def test_a_conversation_without_a_need_is_unknown(embed):
    reader, _ = read([("user", "Hello"), ("agent", "Unfortunately we are closed.")], embed)
    assert [outcome.status for outcome in reader.outcomes()] == ["unknown"]


def test_a_greeting_that_nobody_answers_is_abandoned(embed):
    reader, _ = read([("user", "Hello")], embed)
    assert [outcome.status for outcome in reader.outcomes()] == ["abandoned"]


def test_a_need_without_an_answer_is_abandoned(embed):
    reader, _ = read([("user", "I want to cancel my flight to Boston")], embed)
    assert reader.outcomes()[0].status == "abandoned"


def test_silence_after_a_pending_question_is_abandonment_only_once_it_has_lasted(embed):
    reader, _ = read(
        [("user", "I want to cancel my flight to Boston"), ("agent", "What is your name?")], embed
    )
    assert reader.outcomes()[0].status == "unknown"
    assert reader.outcomes(silent=True)[0].status == "abandoned"


def test_silence_after_completion_changes_nothing(embed):
    reader, _ = read(RIDE_THEN_BANK[:9], embed)
    assert reader.outcomes(silent=True) == reader.outcomes()
    assert reader.outcomes()[0].status == "completed"


def test_no_inference_is_surer_than_85_percent(embed):
    outcomes = [outcome for turns in DIALOGUES for outcome in read(turns, embed)[0].outcomes()]
    assert all(outcome.inferred and 0 <= outcome.probability <= 0.85 for outcome in outcomes)


def test_a_first_write_is_the_suspect_of_a_failure_without_friction(embed):
    turns = [
        ("user", "I want to cancel my flight to Boston"),
        ("call", ("get_reservation", "{}")),
        ("result", "{}"),
        ("call", ("cancel_reservation", "{}")),
        ("result", "{}"),
        ("user", "hello, are you there?"),
    ]
    reader, _ = read(turns, embed)
    assert reader.outcomes()[0].first_failing_turn == 3


def follows(text, similarity, agent="", closure=Closure.OPEN, **more):
    goal = {"asked": False, "worked": True, "turns": 9, "since": 3} | more
    return opens_goal(Wording.of(text), similarity, Goal(closure, agent, **goal))


def test_an_unlike_need_opens_a_goal_without_a_closing_exchange_and_a_like_one_does_not():
    need, answer = "I want to know the balance of my account", "The flight leaves at noon."
    assert follows(need, -0.1, answer)
    assert not follows(need, 0.4, answer)
    assert follows(need, 0.1, answer, Closure.CLOSED)
    assert not follows("my balance", -0.2, answer, Closure.CLOSED)


def test_a_goal_is_likelier_to_be_over_once_it_has_lasted_and_a_tool_has_worked():
    need, answer = "I want to know the balance of my account", "The flight leaves at noon."
    assert follows(need, 0.1, answer)
    assert not follows(need, 0.1, answer, worked=False)
    assert not follows(need, 0.1, answer, turns=3)
    assert follows(need, 0.3, answer, Closure.CLOSED, turns=22) == follows(
        need, 0.3, answer, Closure.CLOSED, turns=500
    )


def test_what_is_asked_about_is_mostly_the_goal_at_hand():
    need, answer = "I want to know the balance of my account", "The flight leaves at noon."
    assert follows(need, 0.1, answer)
    assert not follows(need + "?", 0.1, answer)


def test_what_answers_or_takes_up_what_the_agent_said_goes_on_with_the_goal():
    need, answer = "Is the balance of that account enough", "The flight leaves at noon."
    assert follows(need, -0.1, answer, since=9)
    assert not follows(need, -0.1, "The balance of your account is 7 dollars.", since=9)
    assert not follows("No, is the balance enough", -0.1, answer, since=9)
    assert follows("What day is it", -0.2, answer, since=4, turns=4)
    assert not follows("What day is it", -0.2, answer, asked=True, since=4, turns=4)


def test_an_offer_of_help_or_a_greeting_marks_a_beginning():
    need = "A table for two tonight"
    assert not follows(need, 0.1, "Your taxi is on its way.")
    assert follows(need, 0.1, "Hello, how can I help?")
    assert follows(f"Hello, {need}", 0.3, "Your taxi is on its way.")


def test_the_state_of_a_long_conversation_stays_small():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(97, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    reader = ConversationReader(RunningMean(), RuleGate())
    sizes = []
    for turn in range(4_000):
        reader.user(turn * 4, "this is ridiculous, I want to cancel my order", vectors[turn % 97])
        reader.tool_call(turn * 4 + 1, "cancel_order", str(turn))
        reader.tool_result(turn * 4 + 2, "Error", True)
        reader.agent(turn * 4 + 3, "Sorry, I cannot do that. Is there anything else?")
        if turn % 500 == 0:
            sizes.append(len(reader.to_json()))
    assert max(sizes) < 30_000
    assert len(reader.outcomes()) == MAX_SEGMENTS
    assert reader.segment.number > 1_000


def test_signals_of_a_segment_are_bounded():
    reader = ConversationReader(RunningMean())
    for ordinal in range(500):
        reader.agent(ordinal, "I'm sorry, I cannot do that.")
    assert len(reader.signals) == MAX_SIGNALS


def test_the_running_mean_starts_at_the_prior_and_moves_with_every_need(embed):
    mean = RunningMean()
    assert np.allclose(mean.mean, PRIOR_MEAN, atol=1e-7)
    vector = embed("I want to cancel my flight to Boston")
    mean.add(vector)
    assert np.allclose(mean.mean, (PRIOR_MEAN * 50 + vector) / 51, atol=1e-6)


def test_the_running_mean_is_restored_bit_for_bit(embed):
    mean = RunningMean()
    mean.add(embed("I want to cancel my flight to Boston"))
    restored = RunningMean.from_json(mean.to_json())
    for each in (mean, restored):
        each.add(embed("where is my parcel"))
    assert restored.to_json() == mean.to_json()
    assert (restored.mean == mean.mean).all()


def test_another_model_is_read_by_rules_around_a_mean_of_its_dimension():
    mean = RunningMean.of_dimension(8)
    reader = ConversationReader(mean, RuleGate())
    vector = np.full(8, 8**-0.5, np.float32)
    assert reader.user(0, "I want to cancel my flight", vector).passes
    assert mean.dim == 8
    assert RunningMean.of_dimension(384).to_json() == RunningMean().to_json()


def test_the_state_is_json():
    assert orjson.loads(ConversationReader(RunningMean()).to_json())["needs"] == []


# -- the step at which a goal breaks


NEED = ("user", "I want to return the blue jacket that I ordered last week")
ASKED = ("agent", "What is your order number?")
BROKEN = {
    "refusal": [NEED, ("agent", "I'm sorry, I cannot return that item."), ("user", "Forget it.")],
    "tool_error:get_order": [NEED, ("call", ("get_order", "{}")), ("error", "no such order"), ASKED],
    "tool:return_item": [
        NEED,
        ("call", ("return_item", "{}")),
        ("result", "ok"),
        ("user", "No, not that one"),
    ],
    "repeated_call:get_order": [NEED, *2 * [("call", ("get_order", "{}")), ("result", "{}")]],
    "handoff_offer": [NEED, ("agent", "Would you like me to transfer you to a human agent?")],
    "question": [NEED, ASKED],
    "no_answer": [NEED, ASKED, ("user", "4711")],
}


@pytest.mark.parametrize("step", BROKEN)
def test_a_goal_breaks_at_the_suspect_step_or_else_at_the_last(step, embed):
    reader = ConversationReader(RunningMean())
    for ordinal, turn in enumerate(BROKEN[step]):
        tell(reader, ordinal, turn, embed)
        restored = ConversationReader.from_json(reader.to_json(), RunningMean())
        assert restored.outcomes(silent=True) == reader.outcomes(silent=True)
    [outcome] = reader.outcomes(silent=True)
    assert outcome.step == step


def test_a_long_conversation_keeps_three_steps_and_their_names_are_bounded(embed):
    reader = ConversationReader(RunningMean())
    tell(reader, 0, NEED, embed)
    for ordinal in range(1, 300, 2):
        reader.tool_call(ordinal, "update_" + "x" * 300 + str(ordinal), str(ordinal))
        reader.tool_result(ordinal, "", False)
        reader.agent(ordinal + 1, f"Step {ordinal} of the matter is under way.")
    assert len(reader.segment.steps) <= 3
    assert all(len(step) <= 80 for step in reader.segment.steps.values())


def test_a_state_from_before_steps_were_kept_is_read():
    reader = ConversationReader(RunningMean())
    reader.agent(0, "What is your order number?")
    document = orjson.loads(reader.to_json())
    for segment in document["segments"]:
        del segment["steps"]
    restored = ConversationReader.from_json(orjson.dumps(document), RunningMean())
    assert restored.outcomes()[0].step == "no_answer"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("tool_error:get_order", "get_order gave an error"),
        ("tool:a:b", "called a:b"),
        ("repeated_call:get", "called get again, unchanged"),
        ("refusal", "refused"),
        ("no_answer", "gave no answer"),
        ("tool", "tool"),
        ("unheard_of", "unheard_of"),
    ],
)
def test_every_step_is_told_in_words(step, told):
    assert told_step(step) == told


def test_a_need_after_the_users_own_goodbye_opens_a_goal_though_no_tool_has_worked():
    need, answer = Wording.of("Now I need to change my delivery address"), "Which order is it?"
    begun = {"agent_text": answer, "asked": False, "worked": False, "turns": 5, "since": 3}
    assert opens_goal(need, 0.0, Goal(closure=Closure.LEFT, **begun))
    assert not opens_goal(need, 0.0, Goal(closure=Closure.OPEN, **begun))


GREETED_AGAIN = [
    ("user", "Hello"),
    ("agent", "Hello, how can I help?"),
]
TAXI = RIDE_THEN_BANK[:8]
BANK = RIDE_THEN_BANK[9]


def standing(outcome):
    return outcome.status, outcome.score, outcome.reasons, outcome.last_step, outcome.step


@pytest.mark.parametrize(
    "between",
    [
        [("user", "Hello")],
        GREETED_AGAIN,
        [*GREETED_AGAIN, ("user", "Hi"), ("agent", "Hi there, what can I do for you?")],
        [("user", "bonjour"), ("agent", "Bonjour, comment puis-je vous aider ?")],
        [("user", "I need some help"), ("agent", "How can I help you?")],
    ],
    ids=["greeted", "greeted and asked", "greeted twice", "in French", "announced"],
)
def test_what_leads_to_another_goal_says_nothing_of_the_one_before(between, embed):
    before, _ = read(TAXI, embed)
    after, readings = read([*TAXI, *between, BANK], embed)
    assert readings[-1].new_segment
    assert standing(after.outcomes()[0]) == standing(before.outcomes()[0])


@pytest.mark.parametrize(
    "goes_on",
    [
        [("user", "hello?"), ("agent", "Sorry, I was not able to book it after all.")],
        [("user", "Hello"), ("call", ("ride_status", "{}")), ("error", "Error: no such ride")],
        [("user", "That is fine"), ("agent", "Unfortunately there is no taxi left.")],
    ],
    ids=["answered otherwise", "a tool", "no greeting"],
)
def test_what_goes_on_with_the_goal_at_hand_stays_its_evidence(goes_on, embed):
    live, readings = read([*TAXI, *goes_on, *GREETED_AGAIN, BANK], embed)
    told, _ = read([*TAXI, *goes_on], embed)
    assert readings[-1].new_segment
    assert standing(live.outcomes()[0]) == standing(told.outcomes()[0])
    assert standing(live.outcomes()[0]) != standing(read(TAXI, embed)[0].outcomes()[0])


def test_a_greeting_that_leads_to_no_goal_stays_evidence(embed):
    reader, _ = read([*TAXI, ("user", "Hello")], embed)
    assert "unanswered" in reader.segment.evidence
    assert reader.outcomes()[0].score < read(TAXI, embed)[0].outcomes()[0].score


def test_a_reader_is_restored_between_two_goals(embed):
    turns = [*TAXI, *GREETED_AGAIN, BANK]
    live, _ = read(turns, embed)
    mean = RunningMean()
    restored = ConversationReader(mean)
    for ordinal, turn in enumerate(turns):
        mean = RunningMean.from_json(mean.to_json())
        restored = ConversationReader.from_json(restored.to_json(), mean)
        tell(restored, ordinal, turn, embed)
    assert restored.to_json() == live.to_json()
    assert restored.outcomes() == live.outcomes()


def test_a_state_from_before_partings_were_kept_is_read():
    document = orjson.loads(ConversationReader(RunningMean()).to_json())
    del document["parting"]
    restored = ConversationReader.from_json(orjson.dumps(document), RunningMean())
    assert restored.to_json() == ConversationReader(RunningMean()).to_json()

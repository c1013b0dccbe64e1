"""Each signal is seen where it is, and not in a turn that only looks like it."""

import pytest

from groundswell.models.reading.phrases import Signal
from groundswell.models.reading.repetition import says_the_same
from groundswell.models.reading.signals import agent_signals, in_order, says, user_signals
from groundswell.models.reading.tools import call_digest, is_handoff_tool, is_write_tool, looks_like_error

USER = {
    Signal.CORRECTION: (
        [
            "No, not that one",
            "I meant the other flight",
            "I already told you my name",
            "that’s not what I asked for",
            "you misunderstood me",
            "You sent me the wrong size",
            "this is wrong",
        ],
        [
            "No, thank you",
            "sorry, I meant Tuesday",
            "is that right?",
            "I said goodbye",
            "what is the right address for returns",
        ],
    ),
    Signal.CHANGE_OF_MIND: (
        [
            "Actually, make it three",
            "wait, can you check Friday",
            "sorry, I meant Tuesday",
            "I changed my mind",
        ],
        ["I can wait", "the actual price", "change my seat"],
    ),
    Signal.ESCALATION: (
        [
            "let me speak to a human",
            "I want to talk with your manager",
            "agent",
            "is there someone else I can talk to",
            "connect me to a representative please",
        ],
        [
            "please do not transfer me to another agent",
            "are you a real person?",
            "I spoke to my agent yesterday",
            "one person",
        ],
    ),
    Signal.DISSATISFACTION: (
        [
            "this is ridiculous",
            "I am very upset",
            "you are not helping",
            "waste of time",
            "ugh",
            "I hate this",
        ],
        [
            "I feel terrible today, I'm sick",
            "I don't want to be annoying",
            "I am so stupid",
            "can you help me",
        ],
    ),
    Signal.CONFUSION: (
        ["what do you mean", "I don't understand", "that makes no sense", "huh?", "??", "i dont get it"],
        ["what is my balance", "I understand", "what time do you open?"],
    ),
    Signal.GIVE_UP: (
        ["never mind", "forget it", "thanks anyway", "I'll try somewhere else", "I give up", "nevermind"],
        [
            "I will never fly at night",
            "did you forget my refund",
            "give me the address",
            "I'll try the blue one",
        ],
    ),
    Signal.LETDOWN: (["oh well", "that's too bad", "bummer"], ["a bad tyre", "oh, well done"]),
    Signal.THANKS: (["thanks", "Thank you so much", "perfect!"], ["think about it", "a great distance"]),
    Signal.FAREWELL: (
        ["bye", "that is all", "nothing else", "no thanks", "I'm good", "have a great day"],
        ["that is my number", "nothing works", "no", "a good hotel"],
    ),
}
AGENT = {
    Signal.REFUSAL: (
        [
            "I'm unable to change the passenger count.",
            "Unfortunately that flight is full.",
            "We cannot do that.",
            "There are no flights on that day.",
            "The request was denied.",
            "I could not find your reservation.",
            "Basic economy cannot be modified.",
        ],
        [
            "I can do that for you.",
            "You can't go wrong with either.",
            "Not a problem!",
            "Your flight is available.",
        ],
    ),
    Signal.UNCERTAINTY: (
        ["I don't know.", "Could you please rephrase that?", "I'm not sure what you mean."],
        ["I know a good place.", "Would you like a window seat?"],
    ),
    Signal.APOLOGY: (["Sorry about that.", "I apologize for the delay."], ["The sorrel is in bloom."]),
    Signal.COMPLETION: (
        [
            "Your order has been cancelled.",
            "I have updated your address.",
            "You are all set.",
            "Your ride is booked.",
            "Done.",
        ],
        [
            "I have successfully located your account.",
            "Once your order has been cancelled, you get an e-mail.",
            "Would you like me to have it booked for you?",
            "Your order has not been shipped.",
            "It hasn't been cancelled.",
            "If your return has been processed, tell me.",
        ],
    ),
    Signal.HANDOFF: (
        [
            "I am transferring you to a human agent.",
            "You are being transferred to a human agent. Please hold on.",
            "I will connect you with a specialist.",
        ],
        [
            "Would you like me to transfer you to an agent?",
            "I can transfer you to a human agent.",
            "I have transferred 20 dollars to your account.",
        ],
    ),
    Signal.HANDOFF_OFFER: (
        ["Would you like me to transfer you to an agent?", "I can connect you with a specialist."],
        ["I am transferring you to a human agent.", "I can connect the printer."],
    ),
    Signal.ANYTHING_ELSE: (
        ["Is there anything else I can do?", "Let me know if you need further assistance."],
        ["I did not see anything.", "Who else is travelling?"],
    ),
    Signal.QUESTION: (["What is your name?", "What is your name? "], ["Is it? It is."]),
}


def cases(table, side):
    return [(signal, text) for signal, examples in table.items() for text in examples[side]]


@pytest.mark.parametrize(("signal", "text"), cases(USER, 0))
def test_a_users_turn_shows_it(signal, text):
    assert signal in user_signals(text)


@pytest.mark.parametrize(("signal", "text"), cases(USER, 1))
def test_a_users_look_alike_does_not_show_it(signal, text):
    assert signal not in user_signals(text)


@pytest.mark.parametrize(("signal", "text"), cases(AGENT, 0))
def test_an_agents_turn_shows_it(signal, text):
    assert signal in agent_signals(text)


@pytest.mark.parametrize(("signal", "text"), cases(AGENT, 1))
def test_an_agents_look_alike_does_not_show_it(signal, text):
    assert signal not in agent_signals(text)


def test_ones_own_slip_is_a_change_of_mind_and_no_correction_of_the_agent():
    assert user_signals("Sorry, I meant the blue one") == {Signal.CHANGE_OF_MIND}


def test_the_end_of_a_long_turn_is_read_and_its_middle_is_not():
    filler = "the parcel is blue " * 100
    assert Signal.GIVE_UP in user_signals(filler + "forget it")
    assert Signal.GIVE_UP not in user_signals(filler + "forget it" + filler)


def test_a_refusal_counts_only_in_the_opening_of_an_agents_turn():
    assert Signal.REFUSAL not in agent_signals("Here is our policy. " * 20 + "It is not possible.")


@pytest.mark.parametrize("text", ["", " ", "\ud800", "我不明白", "🙂", "'" * 900, "\x00"])
def test_any_text_can_be_read(text):
    assert user_signals(text) <= set(Signal)
    assert agent_signals(text) <= set(Signal)


def test_signals_are_told_in_one_order():
    assert in_order({Signal.LOOP, Signal.CORRECTION, Signal.THANKS}) == (
        Signal.CORRECTION,
        Signal.THANKS,
        Signal.LOOP,
    )


@pytest.mark.parametrize(
    ("text", "before", "same"),
    [
        ("Please tell me your order number.", "Please tell me your order number.", True),
        ("Please tell me your order number!", "please tell me your order number", True),
        ("Your total is 20 dollars today.", "Your total is 30 dollars today.", False),
        ("What is your name?", "What is your address?", False),
        ("One moment.", "One moment.", False),  # too short to mean anything
        ("I see it, it is not there now.", "", False),
        ("请告诉我您的订单号", "请告诉我您的订单号", True),
    ],
)
def test_a_loop_is_nearly_the_same_words_and_the_same_numbers(text, before, same):
    assert says_the_same(text, before) is same


WRITES = [
    "book_reservation",
    "ride_book",
    "cancel_pending_order",
    "cancelOrder",
    "orders.create",
    "set-alarm",
]
READS = [
    "get_order_details",
    "search_direct_flight",
    "listOrders",
    "calculate",
    "think",
    "hotel_search",
    "bank_balance",
    "find_user_id_by_email",
    "transfer_to_human_agents",
    "booking_details",
    "",
]


@pytest.mark.parametrize("name", WRITES)
def test_a_tool_with_a_verb_of_change_writes(name):
    assert is_write_tool(name)


@pytest.mark.parametrize("name", READS)
def test_a_tool_that_reads_or_hands_over_does_not_write(name):
    assert not is_write_tool(name)


def test_a_handoff_is_known_by_the_tools_name():
    assert is_handoff_tool("transfer_to_human_agents")
    assert is_handoff_tool("escalate_ticket")
    assert not is_handoff_tool("transfer_funds")


@pytest.mark.parametrize(
    "result",
    [
        "Error: user not found",
        "503 Service Unavailable",
        '{"status": 500}',
        '{"error": "invalid date"}',
        "HTTP 502",
        "request timed out",
        '{"Message": "This time slot is not available"}',
    ],
)
def test_a_result_that_speaks_of_an_error_is_one(result):
    assert looks_like_error(result)


@pytest.mark.parametrize(
    "result",
    [
        '{"error": null, "order": 5}',
        '{"errors": [], "ok": true}',
        '{"price": 500, "seats": 3}',
        '{"status": "delivered"}',
        "completed with no errors",
        "",
        "fine. " * 100 + "error",
    ],
)
def test_a_result_that_only_has_the_word_is_not(result):
    assert not looks_like_error(result)


def test_an_identical_call_has_the_same_digest_and_another_does_not():
    assert call_digest("get", '{"a":1}') == call_digest("get", '{"a":1}')
    assert call_digest("get", '{"a":1}') != call_digest("get", '{"a":2}')
    assert call_digest("ab", "c") != call_digest("a", "bc")
    assert len(call_digest("\ud800", "")) == 16


@pytest.mark.parametrize("text", ["Thank you and goodbye.", "Bye!", "Your flight is booked.", "???", ""])
def test_what_a_text_says_is_what_it_shows(text):
    for signal in Signal:
        shown = signal in user_signals(text) and signal is not Signal.CONFUSION
        assert says(text, (signal,)) is shown

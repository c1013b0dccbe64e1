"""The gate lets through what says what the user wants, and little else."""

import numpy as np
import pytest

from groundswell.models.reading.expectation import (
    EXPECTATIONS,
    expectation,
    expects_nothing,
    invites,
    replies_to_long_text,
)
from groundswell.models.reading.gate import GATE, PRIOR_MEAN, THRESHOLD, RuleGate, gate_of, passes
from groundswell.models.reading.surface import FEATURES, surface
from groundswell.models.reading.wording import Wording
from groundswell.sinks.embedder import Embedder

NEEDS = [
    "I would like to change my seat assignment",
    "can you book me a table for two tonight",
    "what is the balance of my checking account?",
    "how do I report a stolen phone",
    "I want to cancel my order because it arrived too late",
    "looking for a cheap hotel in the city centre",
]
NOT_NEEDS = [
    "hello",
    "thanks, bye!",
    "yes please",
    "John Smith",
    "W2378156",
    "no that's all",
    "ok great",
    "my name is Angela",
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.default()


@pytest.fixture
def probability(embedder):
    return lambda text, agent="": GATE.probability(text, embedder.embed([text])[0], agent)


@pytest.mark.parametrize("text", NEEDS)
def test_a_need_passes(probability, text):
    assert passes(probability(text, "Hello, how can I help?"))


@pytest.mark.parametrize("text", NOT_NEEDS)
def test_greetings_names_numbers_and_confirmations_do_not_pass(probability, text):
    assert not passes(probability(text, "Hello, how can I help?"))


@pytest.mark.parametrize("text", NEEDS)
def test_rules_alone_pass_the_same_plain_needs(text):
    assert RuleGate().probability(text) > THRESHOLD


@pytest.mark.parametrize("text", NOT_NEEDS)
def test_rules_alone_block_the_same_plain_non_needs(text):
    assert RuleGate().probability(text) < THRESHOLD


def test_chinese_needs_pass_since_each_character_counts_as_a_word(probability):
    assert probability("我想取消我昨天下的订单，因为地址写错了") > THRESHOLD
    assert not Wording.of("取消订单").is_latin
    assert Wording.of("取消订单").words == ["取", "消", "订", "单"]


def test_words_of_spaced_scripts_are_not_cut_into_characters():
    assert Wording.of("Größe ändern, привет").words == ["größe", "ändern", "привет"]


@pytest.mark.parametrize("text", ["", "   ", "?!...", "🙂"])
def test_a_turn_without_words_never_passes(probability, text):
    assert probability(text) == 0


@pytest.mark.parametrize("text", ["\ud800", "a\ud800b", "\x00", "x" * 100_000, "́" * 500])
def test_any_text_has_a_probability(probability, text):
    assert 0 <= probability(text) <= 1


def test_typographic_apostrophes_read_like_plain_ones():
    assert surface(Wording.of("I’d like a refund")) == surface(Wording.of("I'd like a refund"))


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("how do i pay", "starts as a question"),
        ("so i need a room", "says what is wanted"),
        ("could you look at my bill", "asks the agent to act or tell"),
        ("the parcel never arrived", "names a problem"),
        ("please book it", "starts as an imperative"),
        ("he likes it, cancel my trip", "starts as an imperative"),
        ("i heard it is lovely there", "small talk"),
        ("have you ever been there?", "small talk"),
        ("can you help me please?", "names nothing"),
        ("hello", "social word"),
        ("yes the blue one", "starts with yes or no"),
        ("my order number is 5", "identifies the user"),
        ("really?", "question mark"),
        ("room 12", "short with a digit"),
        ("blue boats sail far out", "no asking form"),
    ],
)
def test_each_surface_feature_sees_its_act(text, feature):
    values = dict(zip(FEATURES, surface(Wording.of(text)), strict=True))
    assert values[feature] == 1
    other = "blue boats sail far out" if feature != "no asking form" else "i need a room"
    assert dict(zip(FEATURES, surface(Wording.of(other)), strict=True))[feature] == 0


def test_a_question_to_the_agent_as_a_person_asks_for_nothing():
    values = dict(zip(FEATURES, surface(Wording.of("Have you ever been there?")), strict=True))
    assert values["no asking form"] == 1


@pytest.mark.parametrize(
    ("agent", "invited"),
    [("", True), ("How can I help?", True), ("Your name?", False), ("It is done.", False)],
)
def test_a_need_is_invited_at_the_start_and_by_an_open_offer(agent, invited):
    assert invites(agent) is invited


@pytest.mark.parametrize(
    ("agent", "nothing"),
    [
        ("", True),
        ("How can I help?", True),
        ("Thank you and goodbye.", True),
        ("All set. Have a wonderful day!", True),
        ("Vielen Dank und auf Wiedersehen!", True),
        ("Gracias, que tenga un buen día.", True),
        ("Merci et bonne journée !", True),
        ("Obrigado, até logo!", True),
        ("Before we say goodbye, what is your order number?", False),
        ("I'll take care of it for you.", False),
        ("Goodbye is the name of the film. " + "It is shown at eight o'clock in the evening. " * 2, False),
        ("It is done.", False),
        ("Please enter the code.", False),
    ],
)
def test_nothing_is_expected_at_the_start_after_an_offer_and_after_a_farewell(agent, nothing):
    assert expects_nothing(agent) is nothing


@pytest.mark.parametrize(
    "need",
    ["My name is Alexis and I want to travel from Broadway to the airport", "Let me know how poor I am."],
)
def test_a_need_after_the_agents_farewell_is_one_as_at_the_start(need, probability):
    assert probability(need, "Thank you and goodbye.") == probability(need, "") > THRESHOLD


@pytest.mark.parametrize(
    ("agent", "asked"),
    [
        ("What is your order number? ", True),
        ("请问您的订单号是多少？", True),
        ("Please enter the code.", True),
        ("¿Cuál es su número de pedido?", True),
        ("How can I help you today?", False),
        ("Is there anything else?", False),
        ("Your order has been cancelled.", False),
        ("¿En qué puedo ayudarle?", False),
        ("", False),
    ],
)
def test_a_question_for_something_else_is_told_from_an_open_offer(agent, asked):
    assert expected("it is for my wedding", agent)["asked for something else"] is asked


def expected(text: str, agent: str) -> dict[str, bool]:
    wording = Wording.of(text)
    values = expectation(wording, surface(wording), agent)
    return {name: value == 1 for name, value in zip(EXPECTATIONS, values, strict=True)}


def test_a_yes_to_a_proposal_agrees_and_one_that_adds_something_does_not():
    proposal = "Would you like me to proceed with the exchange?"
    assert expected("Yes, please proceed with the exchange.", proposal)["agrees to a proposal"]
    assert not expected("Yes, and I also need a refund", proposal)["agrees to a proposal"]
    assert not expected("Yes please", "It is done.")["agrees to a proposal"]


def test_the_same_words_are_less_of_a_need_in_reply_than_at_the_start(probability):
    words = "the boots are for my wedding on the beach"
    assert probability(words, "Your order is on its way.") < probability(words)
    assert probability(words, "What is your name?") < probability(words)


def test_the_gate_has_a_number_for_each_feature_and_a_prior_mean():
    for weights in (GATE.otherwise, GATE.after_long_text):
        assert weights.embedding.shape == PRIOR_MEAN.shape == (384,)
        assert (len(weights.surface), len(weights.expectation)) == (len(FEATURES), len(EXPECTATIONS))


def test_a_gate_is_cut_from_two_rows_of_weights():
    rows = np.arange(2 * (8 + len(FEATURES) + len(EXPECTATIONS)), dtype=np.float32).reshape(2, -1)
    gate = gate_of(rows, [0.5, 1.5])
    for weights, row, bias in zip((gate.otherwise, gate.after_long_text), rows, (0.5, 1.5), strict=True):
        assert (np.concatenate([weights.embedding, weights.surface, weights.expectation]) == row).all()
        assert weights.bias == bias


LONG = "I found three orders on your account and can change the colour of the lamp in the first of them. " * 2


@pytest.mark.parametrize(
    ("agent", "long"),
    [
        ("", False),
        ("Which one?", False),
        (LONG, True),
        (LONG + "Which one would you like?", True),
        (LONG + "How can I help you today?", False),
        ("Which one?" + " " * 400, False),
    ],
)
def test_a_reply_to_a_long_text_is_one_unless_the_text_ends_in_an_open_offer(agent, long):
    assert replies_to_long_text(agent) is long


def test_a_choice_in_whole_sentences_is_a_need_at_the_start_and_none_after_a_long_list(probability):
    words = "I'd like to go with the blue one, please. You can use the gift card for the payment."
    assert passes(probability(words))
    assert not passes(probability(words, LONG + "Please confirm the option, and how you would like to pay."))


def test_another_dimension_is_refused_with_a_way_out():
    with pytest.raises(ValueError, match="RuleGate"):
        GATE.probability("hello", np.zeros(8, np.float32))

"""The gate lets through what says what the user wants, and little else."""

import numpy as np
import pytest

from groundswell.models.reading.gate import (
    GATE,
    PRIOR_MEAN,
    SURFACE,
    THRESHOLD,
    RuleGate,
    asks_for_slot,
    passes,
    surface,
)
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
    return lambda text: GATE.probability(text, embedder.embed([text])[0])


@pytest.mark.parametrize("text", NEEDS)
def test_a_need_passes(probability, text):
    assert passes(probability(text), "Hello, how can I help?")


@pytest.mark.parametrize("text", NOT_NEEDS)
def test_greetings_names_numbers_and_confirmations_do_not_pass(probability, text):
    assert not passes(probability(text), "Hello, how can I help?")


@pytest.mark.parametrize("text", NEEDS)
def test_rules_alone_pass_the_same_plain_needs(text):
    assert RuleGate().probability(text) > THRESHOLD


@pytest.mark.parametrize("text", NOT_NEEDS)
def test_rules_alone_block_the_same_plain_non_needs(text):
    assert RuleGate().probability(text) < THRESHOLD


def test_chinese_needs_pass_since_each_character_counts_as_a_word(probability):
    assert probability("我想取消我昨天下的订单，因为地址写错了") > THRESHOLD
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
        ("so i need a room", "request phrase"),
        ("please book it", "starts as an imperative"),
        ("hello", "social word"),
        ("yes the blue one", "starts with yes or no"),
        ("my order number is 5", "identifies the user"),
        ("really?", "question mark"),
        ("room 12", "short with a digit"),
    ],
)
def test_each_surface_feature_sees_its_act(text, feature):
    values = dict(zip(SURFACE, surface(Wording.of(text)), strict=True))
    assert values[feature] == 1
    assert dict(zip(SURFACE, surface(Wording.of("blue boats sail far out")), strict=True))[feature] == 0


@pytest.mark.parametrize(
    ("agent", "slot"),
    [
        ("What is your order number?", True),
        ("What is your order number? ", True),
        ("请问您的订单号是多少？", True),
        ("How can I help you today?", False),
        ("Is there anything else?", False),
        ("Your order has been cancelled.", False),
        ("", False),
    ],
)
def test_a_question_for_a_slot_is_told_from_an_open_offer(agent, slot):
    assert asks_for_slot(agent) is slot


def test_more_is_asked_of_an_answer_to_a_slot_question():
    assert passes(0.7, "Hello, how can I help?")
    assert not passes(0.7, "What is your name?")
    assert passes(0.81, "What is your name?")


def test_the_gate_has_397_numbers_and_a_prior_mean():
    assert len(GATE.embedding_weights) + len(GATE.surface_weights) + 1 == 397
    assert PRIOR_MEAN.shape == (384,)


def test_another_dimension_is_refused_with_a_way_out():
    with pytest.raises(ValueError, match="RuleGate"):
        GATE.probability("hello", np.zeros(8, np.float32))

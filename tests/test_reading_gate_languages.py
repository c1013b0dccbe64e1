"""Needs pass in other languages, and talk does not; what is not read is judged by its length."""

import pytest
from gate_languages import NEEDS, TALK, turns

from groundswell.models.reading.expectation import beyond_the_answer
from groundswell.models.reading.gate import GATE, passes
from groundswell.models.reading.language import LANGUAGES, spoken
from groundswell.models.reading.wording import Wording
from groundswell.sinks.embedder import Embedder


@pytest.fixture(scope="module")
def probabilities():
    """Give, for each language, the probabilities of needs and of talk."""
    embed = Embedder.default().embed
    return {
        language: tuple(
            [GATE.probability(text, embed([text])[0]) for text in turns(table, language)]
            for table in (NEEDS, TALK)
        )
        for language in NEEDS
    }


@pytest.mark.parametrize("language", ["es", "de", "fr", "pt"])
def test_needs_are_told_from_talk(probabilities, language):
    needs, talk = probabilities[language]
    assert min(len(needs), len(talk)) >= 20
    above = sum((need > each) + 0.5 * (need == each) for need in needs for each in talk)
    assert above / (len(needs) * len(talk)) >= 0.95


@pytest.mark.parametrize("language", ["zh", "ja", "ar", "hi"])
def test_other_scripts_are_not_blocked_wholesale(probabilities, language):
    needs, talk = probabilities[language]
    assert sum(map(passes, needs)) >= 0.9 * len(needs)
    assert sum(map(passes, talk)) <= 0.2 * len(talk)


@pytest.mark.parametrize("language", ["es", "de", "fr", "pt"])
def test_a_need_is_read_in_its_language(language):
    read_in = [[each.code for each in spoken(Wording.of(text).words)] for text in turns(NEEDS, language)]
    assert sum(language in codes for codes in read_in) >= 0.9 * len(read_in)
    assert sum(codes == [language] for codes in read_in) >= 0.7 * len(read_in)


def test_english_is_read_as_english_alone():
    assert [each.code for each in spoken(["i", "would", "like", "to", "change", "my", "flight"])] == ["en"]


def test_words_of_no_language_are_read_in_all():
    assert spoken(["madrid", "45821"]) == LANGUAGES


def test_hindi_words_are_not_cut_at_their_vowel_signs():
    assert len(Wording.of("मेरा पार्सल नहीं आया").words) == 4


@pytest.mark.parametrize(
    ("agent", "answer", "more"),
    [
        (
            "Could you please provide your reservation ID?",
            "Sure, my reservation ID is 3RK2T9. Please go ahead, thank you!",
            "My reservation ID is 3RK2T9. Can I also change the date of my flight?",
        ),
        (
            "¿Me puede dar su número de reserva?",
            "Claro, mi número de reserva es 3RK2T9, adelante por favor",
            "Mi número de reserva es 3RK2T9. ¿Puedo cambiar también la fecha del vuelo?",
        ),
        (
            "Wie lautet Ihre Buchungsnummer?",
            "Ja, meine Buchungsnummer ist 3RK2T9, danke",
            "Meine Buchungsnummer ist 3RK2T9. Kann ich auch das Datum vom Flug ändern?",
        ),
        (
            "Quel est votre numéro de réservation ?",
            "Bien sûr, mon numéro de réservation est 3RK2T9, merci",
            "Mon numéro de réservation est 3RK2T9. Pouvez-vous aussi changer la date du vol ?",
        ),
        (
            "Qual é o número da sua reserva?",
            "Claro, meu número de reserva é 3RK2T9, obrigado",
            "Meu número de reserva é 3RK2T9. Pode mudar também a data do voo?",
        ),
    ],
    ids=["en", "es", "de", "fr", "pt"],
)
def test_an_answer_is_no_need_until_it_asks_for_more(agent, answer, more):
    embed = Embedder.default().embed
    assert beyond_the_answer(Wording.of(answer)) == (0, False)
    assert beyond_the_answer(Wording.of(more))[1]
    answered, asked = (GATE.probability(text, embed([text])[0], agent) for text in (answer, more))
    assert not passes(answered)
    assert passes(asked)


@pytest.mark.parametrize(
    "text",
    [
        "주문한 신발이 아직 도착하지 않았어요 확인해 주세요",
        "Я хочу отменить рейс, который забронировал вчера",
        "ฉันต้องการเปลี่ยนที่อยู่จัดส่งของคำสั่งซื้อ",
        "আমি আমার অর্ডারটি বাতিল করতে চাই",
        "אני רוצה לבטל את ההזמנה שלי מאתמול",
    ],
    ids=["ko", "ru", "th", "bn", "he"],
)
@pytest.mark.parametrize("agent", ["", "How can I help you?", "What is your order number?"])
def test_a_need_in_a_script_that_no_test_was_fitted_to_passes(text, agent):
    assert passes(GATE.probability(text, Embedder.default().embed([text])[0], agent))

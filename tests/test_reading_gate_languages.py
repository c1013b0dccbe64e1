"""Needs pass in other languages, and talk does not; what is not read is judged by its length."""

import pytest
from gate_languages import NEEDS, TALK, turns

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

"""The parts of redaction: check digits, one's own patterns, structured values, Presidio."""

import re
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from groundswell.models.reading import check_digits
from groundswell.models.reading.redaction import DEFAULT, Redactor, redact
from groundswell.models.reading.redaction_json import redact_value
from groundswell.models.reading.redaction_view import View
from groundswell.sinks.presidio import MissingPresidio, PresidioPattern
from groundswell.streams.redacting import Redaction
from groundswell.streams.settings import Settings

#: Numbers from the authorities' own examples, or made with python-stdnum; the last digit decides.
VALID = {
    check_digits.luhn: "4824591510225521",
    check_digits.mod_97: "DE50054737526700205566",
    check_digits.verhoeff: "354525641675",
    check_digits.mod_11_10: "80205094679",
    check_digits.nir: "217103395364742",
    check_digits.cpf: "21590870255",
    check_digits.eleven_proof: "544569805",
    check_digits.ean: "7564636372915",
    check_digits.pesel: "57081981368",
    check_digits.tfn: "522359013",
}
PIECES = st.sampled_from(
    [
        *(
            "jane@example.com",
            "4824 5915 1022 5521",
            "password: ",
            "my pin is ",
            "0151 23456789",
            "[email]",
            "[",
            "]",
        ),
        *(
            "078-05-1120",
            "token=",
            "abc123def456",
            "+44 20 7946 0958",
            " ",
            "\n",
            "://",
            "a:b@",
            "is ",
            "call ",
        ),
        *(
            "DE50 0547 3752 6700 2055 66",
            "203.0.113.7",
            "::1",
            '"',
            "12345678Z",
            "-----BEGIN PRIVATE KEY-----",
            "card ",
        ),
    ]
)


@pytest.mark.parametrize(("check", "number"), VALID.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_check_digits_take_the_valid_number_and_no_other_last_digit(check, number):
    others = [number[:-1] + digit for digit in "0123456789" if digit != number[-1]]
    assert check(number)
    assert not any(map(check, others))


def test_check_letters_take_the_valid_letter_alone():
    for check, body, letter in (
        (check_digits.dni, "12451988", "H"),
        (check_digits.dni, "X0124211", "B"),
        (check_digits.codice_fiscale, "RSSMRA85T10A562", "S"),
    ):
        assert [one for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if check(body + one)] == [letter]


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_redacting_twice_changes_nothing(text):
    assert redact(redact(text)) == redact(text)


# -- time


HOSTILE = (
    *("1", "1 ", "1-", "1.", "a@", "@a", "a.", "a1", "%40", "::", "1:", "+1 ", "(1", "0 1", "12 34 "),
    *("password", "password:", "password is ", "token=", "bearer ", "pin is ", "cookie: a=b; ", "AB12 "),
    *("sk-", "xox", "://a:", " at ", "a dot ", "passport ", "call ", "phone ", "ssn ", "phrase: a "),
    *("-----BEGIN PRIVATE KEY-----", "eyJa.", "key "),
    *("pan ", "code ", "\\\\\\", '"', "a[at]", "756.", "[", "my number is ", "steuer", "1/", "dl no "),
)  # fmt: skip


@pytest.mark.parametrize("pattern", DEFAULT.patterns, ids=lambda pattern: pattern.name)
def test_the_work_of_a_pattern_grows_with_the_length_of_a_hostile_text_and_no_faster(pattern, steps):
    for unit in HOSTILE:
        short, long = (steps(pattern, unit * (length // len(unit))) for length in (2_000, 16_000))
        assert long <= 16 * short + 20_000, unit


@pytest.fixture
def steps():
    """How often Python's own code in redaction runs, and a bound on what each search may have looked at."""

    def count(pattern, text):
        number = 0

        def trace(frame, event, argument):
            nonlocal number
            number += 1
            return trace if "redaction" in frame.f_code.co_filename else None

        sys.settrace(trace)
        try:
            pattern.spans(View(text))
        finally:
            sys.settrace(None)
        return number

    return count


@pytest.mark.timeout(60)
def test_hostile_texts_of_a_hundred_thousand_characters_are_read():
    # Quadratic time in the regular expressions would be minutes; the timeout is the assertion.
    for unit in HOSTILE:
        assert isinstance(redact(unit * (100_000 // len(unit))), str)


# -- one's own patterns


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("(", "no regular expression"),
        ("x*", "empty text"),
        ("(a+)+b", "repetition inside a repetition"),
        ("(?:a|ab)+c", "alternatives inside"),
        (r"(\d+-?)*x", "empty text|repetition inside"),
        (r"\w+\s*\w+x", "more than one repetition"),
        (r"\d+x", "begins with a repetition"),
    ],
)
def test_a_bad_expression_is_refused_when_settings_are_read(expression, fault):
    with pytest.raises(ValidationError, match=fault):
        Settings(redact_extra=(expression,))


@pytest.mark.parametrize(
    "expression", [r"EMP-\d+", r"\b[A-Z]{2}\d{6}\b", r"\d{4,8}-x", r"(?:MR|MS)\d{5}", r"\bcust_\w+"]
)
def test_a_harmless_expression_is_taken(expression):
    assert Settings(redact_extra=(expression,)).redact_extra == (expression,)


def test_an_unknown_kind_is_refused_when_settings_are_read():
    with pytest.raises(ValidationError, match="no redaction pattern is called"):
        Settings(redact=("emial",))


def test_an_own_pattern_never_looks_into_what_redaction_left():
    own = Redactor.of(extra={"word": r"[a-z]{3,}"})
    once = own.redact("hello jane@example.com")
    assert once == "[word] [email]"
    assert own.redact(once) == once


# -- structured values


def value(given, limit=10_000):
    return redact_value(given, DEFAULT, limit)


def test_what_stands_under_the_name_of_a_secret_goes_whole_however_deep():
    given = {"a": [{"Api-Key": "letters"}, {"auth": {"user": "u", "pass": "p"}}], "pin": 1234, "token": None}
    assert orjson.loads(value(given)) == {
        "a": [{"Api-Key": "[secret]"}, {"auth": "[secret]"}],
        "pin": "[secret]",
        "token": None,
    }


def test_json_in_text_and_json_in_json_are_read_as_such():
    inner = orjson.dumps({"password": "letters only"}).decode()
    assert value(inner) == '{"password":"[secret]"}'
    assert "letters" not in value({"body": inner})


def test_values_are_replaced_whole_so_that_json_stays_json():
    given = {
        "phone": 4155552671,
        "items": [1, 2.5, True, None],
        "note": "mail jane@example.com",
        "order": 6700049080,
    }
    assert orjson.loads(value(given)) == {
        "phone": "[phone]",
        "items": [1, 2.5, True, None],
        "note": "mail [email]",
        "order": 6700049080,
    }


def test_names_that_only_contain_the_name_of_a_secret_keep_their_values():
    given = {"max_tokens": 1024, "key": "status", "passengers": [{"first": "Ann"}], "pinned": True}
    assert orjson.loads(value(given)) == given


def test_plain_text_and_broken_json_are_redacted_as_text():
    assert value('{"password": "hunter2') == '{"password": "[secret]'
    assert value("Error 503") == "Error 503"


# -- labels


def test_a_version_is_no_address_but_a_label_with_a_secret_loses_it():
    redaction = Redaction(DEFAULT)
    assert redaction.label("2.4.1.3") == "2.4.1.3"
    assert redaction.label("gpt-4o-2024-08-06") == "gpt-4o-2024-08-06"
    assert redaction.label("by jane@example.com") == "by [email]"
    assert redaction.label("0" * 32) == "0" * 32


def test_a_text_that_is_cut_does_not_end_in_half_a_secret():
    redaction = Redaction(DEFAULT)
    assert "jane" not in redaction.text("x " * 49_997 + "jane@example.com and more")


# -- Presidio


class Analyzer:
    """As much of Presidio's analyzer as is used: it finds the names that it was given."""

    def __init__(self, *names):
        self.names = names

    def analyze(self, text, language, entities=None, score_threshold=None):
        assert (language, entities) == ("en", ["PERSON"])
        return [
            SimpleNamespace(start=match.start(), end=match.end(), score=0.9, entity_type="PERSON")
            for name in self.names
            for match in re.finditer(name, text)
        ]


def test_what_presidio_finds_is_replaced_after_the_built_in_patterns_and_never_inside_theirs():
    pattern = PresidioPattern(Analyzer("Jane Doe", "Doe", "email"), "en", ("PERSON",))
    redactor = Redactor.of(more=[pattern])
    assert redactor.redact("I am Jane Doe, jane@example.com") == "I am [personal], [email]"
    assert redactor.redact(redactor.redact("Jane Doe")) == "[personal]"


@pytest.fixture
def presidio(monkeypatch):
    """A module with Presidio's interface, whose analyzer knows one name and one language."""
    module = ModuleType("presidio_analyzer")
    module.__spec__ = ModuleSpec("presidio_analyzer", None)

    def engine(supported_languages):
        if supported_languages != ["en"]:
            raise OSError("no model for it")
        return Analyzer("Jane Doe")

    module.AnalyzerEngine = engine
    monkeypatch.setitem(sys.modules, "presidio_analyzer", module)


@pytest.mark.usefixtures("presidio")
def test_the_setting_adds_presidio_to_what_is_configured():
    redaction = Redaction.of(Settings(presidio="en", presidio_entities=("PERSON",)))
    assert redaction.text("Jane Doe, jane@example.com") == "[personal], [email]"


@pytest.mark.usefixtures("presidio")
def test_a_language_without_a_model_is_refused_by_name():
    with pytest.raises(MissingPresidio, match="cannot read language 'xx': no model"):
        Redaction.of(Settings(presidio="xx"))


def test_without_presidio_the_setting_is_refused_with_what_to_install():
    with pytest.raises(ValidationError, match=r"pip install 'groundswell\[presidio\]'"):
        Settings(presidio="en")
    with pytest.raises(MissingPresidio, match=r"pip install 'groundswell\[presidio\]'"):
        PresidioPattern.open("en", ())

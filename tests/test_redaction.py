"""Redaction finds secrets and personal data, and leaves what only looks like them."""

import pytest

from groundswell.models.reading.redaction import DEFAULT, REDACTION_VERSION, Redactor, redact

SENSITIVE = {
    "mail me at jane.doe+x@ex-ample.co.uk please": "mail me at [email] please",
    "card 4111 1111 1111 1111 exp 12/27": "card [card] exp 12/27",
    "5500-0000-0000-0004": "[card]",
    "378282246310005": "[card]",
    "pay 05 4111 1111 1111 1111 123 now": "pay 05 [card] 123 now",
    "call +1 (415) 555-2671": "call [phone]",
    "my phone is 9876543210": "my phone is [phone]",
    "mobile number 7686543320": "mobile number [phone]",
    "415-555-2671": "[phone]",
    "(415) 555 2671": "[phone]",
    "+44 20 7946 0958": "[phone]",
    "+49 30 901820": "[phone]",
    "IBAN DE89 3704 0044 0532 0130 00": "IBAN [iban]",
    "IBAN DE89 3704 0044 0532 0130 00 NEXT WEEK": "IBAN [iban] NEXT WEEK",
    "GB82WEST12345698765432": "[iban]",
    "FR14 2004 1010 0505 0001 3M02 606": "[iban]",
    "ssn 078-05-1120": "ssn [ssn]",
    "from 192.168.10.24": "from [ip]",
    "2001:db8:85a3::8a2e:370:7334": "[ip]",
    "sk-proj-abcdEFGH1234567890abcdEFGH": "[key]",
    "ghp_" + "a1B2" * 9: "[key]",
    "AKIAIOSFODNN7EXAMPLE": "[key]",
    "xoxb-1234567890-abcdefghij": "[key]",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4": "[token]",
    "Authorization: Bearer abc123def456ghi789": "Authorization: Bearer [secret]",
    '{"api_key": "abc123def456ghi789"}': '{"api_key": "[secret]"}',
    "password: hunter2hunter22": "password: [secret]",
    "my password is Hunter22! thanks": "my password is [secret] thanks",
    "postgres://app:s3cret@db/prod": "postgres://[secret]@db/prod",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- ok": "[key] ok",
    "-----BEGIN PRIVATE KEY-----\ncut off": "[key]",
}
LOOK_ALIKES = [
    "order #W2378156",
    "reservation HXDUBJ",
    "flight HAT030 at 04:00:00",
    "user mia_li_3668",
    "on 2024-05-20 from 10:30 to 12:45",
    "credit_card_4421486",
    "item_id 6700049080",
    "product 8310926033, 4602305039",
    "gift_card_6941833",
    "zip 19122-1234",
    "$1,166.98",
    "version 1.2.3",
    "tracking number 279233142199",
    "2 pm to 6 pm on 05/12/2024",
    "policy med 515236001",
    "1 2 3 4 5 6 7 8 9 10 11 12 13",
    "build 10.0.19045",
    "42.50 - 99.99",
    "passport photo A4",
    "order 1234567890123",
    "I forgot my password and cannot log in",
    "the password must be 8-16 characters long",
    "my api key is not working",
    "the bearer of this letter",
    "DE89 3704 0044 0532 0130 01",
    "Ab::Cd is a method",
    "ssn 000-12-3456",
    "follow us @groundswell",
    "https://example.com/a?b=c",
]
ADVERSARIAL = [
    "1" * 100_000,
    "1 " * 50_000,
    "1234 " * 20_000,
    "a@" * 50_000,
    "a." * 50_000 + "@",
    "a@" + "a." * 50_000,
    "%a" * 50_000,
    "::" * 50_000,
    "1:" * 50_000,
    "+1 " * 33_000,
    "AB12 " * 20_000,
    "DE89 3704 " * 10_000,
    "bearer " * 14_000,
    "password" + " " * 100_000,
    "password:" * 11_000,
    "api_key=1" * 11_000,
    "eyJ-" * 25_000,
    "SG.-" * 25_000,
    "://a:" * 20_000,
    "1." * 50_000,
    "x" * 100_000 + "@x",
    "-----BEGIN PRIVATE KEY-----" * 4_000,
]


@pytest.mark.parametrize(("text", "redacted"), SENSITIVE.items())
def test_what_is_sensitive_is_replaced_and_the_rest_kept(text, redacted):
    assert redact(text) == redacted


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_a_look_alike_is_left_as_it_is(text):
    assert redact(text) == text


@pytest.mark.parametrize("text", SENSITIVE)
def test_redacting_twice_changes_nothing(text):
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize("text", ADVERSARIAL, ids=lambda text: text[:12])
@pytest.mark.timeout(20)
def test_a_text_made_to_be_slow_is_read_in_linear_time(text):
    # Quadratic time would be minutes at this length; the timeout is the assertion.
    assert isinstance(redact(text), str)


@pytest.mark.timeout(60)
def test_five_megabytes_are_read_and_the_secret_at_the_end_is_found():
    assert redact("a1 " * 1_700_000 + "jane@example.com").endswith("a1 [email]")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("\ud800 jane@example.com", "\ud800 [email]"),
        ("卡号 4111111111111111。", "卡号 [card]。"),
        ("kärtchen ４１１１１１１１１１１１１１１１", "kärtchen [card]"),
        ("josé@example.com", "[email]"),
        ("", ""),
    ],
)
def test_any_unicode_is_read(text, redacted):
    assert redact(text) == redacted


def test_several_secrets_in_one_text_are_all_found():
    text = "jane@example.com, 4111111111111111 and bob@example.org from 10.1.2.3"
    assert redact(text) == "[email], [card] and [email] from [ip]"


def test_only_the_chosen_patterns_run():
    only_email = Redactor.of(["email"])
    assert only_email.redact("jane@example.com 078-05-1120") == "[email] 078-05-1120"
    assert only_email.names == ("email",)


def test_patterns_run_in_their_own_order_whatever_the_order_of_choice():
    assert Redactor.of(["phone", "card", "email"]).names == ("email", "card", "phone")


def test_an_own_pattern_is_added_after_the_built_in_ones():
    own = Redactor.of(extra={"staff": r"\bS\d{7}\b"})
    assert redact("badge S1234567, jane@example.com", own) == "badge [staff], [email]"


def test_an_own_pattern_may_mark_the_secret_inside_its_match():
    own = Redactor.of(names=[], extra={"pin": r"pin (?P<secret>\d{4})"})
    assert own.redact("my pin 1234") == "my pin [pin]"


@pytest.mark.parametrize(
    ("names", "extra", "message"),
    [
        (["emial"], None, "emial"),
        (None, {"bad": "("}, "'bad' is no regular expression"),
        (None, {"empty": "x*"}, "'empty' matches the empty text"),
    ],
)
def test_a_wrong_choice_is_refused_by_name(names, extra, message):
    with pytest.raises(ValueError, match=message):
        Redactor.of(names, extra)


def test_the_default_has_every_kind_that_the_documentation_names():
    assert {"email", "private_key", "jwt", "vendor_key", "password", "card", "iban", "ssn", "phone"} <= set(
        DEFAULT.names
    )
    assert REDACTION_VERSION

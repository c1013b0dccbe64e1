"""Names of intents: specific, distinct, kept, and safe whatever users type."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.models.intents.names import NameBook
from groundswell.models.intents.terms import TermCounts, terms, words
from groundswell.models.intents.wording import NAME_LIMIT, alike, plain

AIRLINE = {
    "cancel": [
        "I want to cancel my reservation",
        "please cancel the reservation I booked",
        "cancel reservation now",
    ],
    "refund": ["refund my insurance please", "does the insurance refund cover illness", "insurance refund"],
    "baggage": ["add a checked bag to my flight", "how much for an extra checked bag", "checked bag fee"],
}


def book_of(said, repeat=3):
    book = NameBook(64)
    for _ in range(repeat):
        for fine, texts in said.items():
            for rank, text in enumerate(texts):
                book.observe(fine, text, 0.9 - rank / 10)
    return book


def test_a_name_says_what_sets_the_intent_apart():
    book = book_of(AIRLINE)
    names = book.name_all({fine: [fine] for fine in AIRLINE})
    assert "cancel reservation" in names["cancel"].name
    assert "insurance" in names["refund"].name
    assert "checked bag" in names["baggage"].name


def test_the_example_is_the_most_central_short_turn():
    book = book_of(AIRLINE)
    assert book.name(["cancel"]).example == "I want to cancel my reservation"
    assert book.name(["cancel", "refund"]).example in AIRLINE["cancel"] + AIRLINE["refund"]


@pytest.mark.parametrize("said", ["hello", "I have a question", "help me please", "can you help?", "thanks!"])
def test_generic_words_never_name_an_intent_by_themselves(said):
    book = book_of({**AIRLINE, "chat": [said, said]})
    name = book.name_all({fine: [fine] for fine in (*AIRLINE, "chat")})["chat"].name
    assert name.startswith("unclear")


def test_near_duplicates_are_told_apart_by_the_next_distinctive_term():
    said = {
        "a": ["cancel reservation tonight", "cancel reservation tonight", "cancel reservation hotel"],
        "b": ["cancel reservation flight", "cancel reservation flight", "cancel reservations flight seat"],
    }
    names = book_of(said).name_all({"a": ["a"], "b": ["b"]})
    assert not alike(names["a"].name, names["b"].name)


def test_even_identical_intents_get_different_names():
    same = ["cancel my reservation"] * 3
    names = book_of({"one": same, "two": same, "three": same}).name_all(
        {f: [f] for f in ("one", "two", "three")}
    )
    assert len({name.name for name in names.values()}) == 3


def test_a_name_is_kept_until_its_terms_have_left_the_top():
    book = book_of(AIRLINE)
    groups = {fine: [fine] for fine in AIRLINE}
    first = book.name_all(groups)
    book.observe("cancel", "cancel the hotel booking", 0.5)
    assert book.name_all(groups)["cancel"] == first["cancel"]
    topics = [
        "upgrade seat business class",
        "window seat upgrade",
        "legroom price list",
        "aisle preference row",
    ]
    for i in range(400):
        book.observe("cancel", f"{topics[i % 4]} {topics[(i // 4) % 4]}", 0.5)
    moved = book.name_all(groups)["cancel"]
    assert not set(moved.terms) & {"cancel", "reservation", "cancel reservation"}
    assert moved.name != first["cancel"].name


def test_a_vanished_sub_intents_words_go_to_its_successor():
    book = book_of(AIRLINE)
    book.fold("refund", "cancel")
    assert "insurance refund" in book.name(["cancel"]).terms
    assert book.name(["refund"]).terms == ()


def test_stopwords_and_redaction_leave_no_terms():
    assert words("please send it to [email] or call [phone number], thanks") == ["send"]
    assert terms("cancel my reservation") == ["cancel", "reservation", "cancel reservation"]


def test_space_saving_keeps_every_frequent_term_in_bounded_space():
    counts = TermCounts(8)
    for i in range(400):
        counts.add("often")
        counts.add(f"rare{i}")
        if i % 3 == 0:
            counts.add("sometimes")
    assert len(counts.counts) == 8
    assert counts.counts["often"] == [400, 0]
    assert all(count - over <= 400 for count, over in counts.counts.values())


def test_the_book_stays_within_its_slots_and_gives_up_the_rarest():
    book = NameBook(16)
    for i in range(500):
        book.observe("big", "cancel reservation", 0.9)
        book.observe(f"small{i}", f"topic number{i}", 0.9)
    assert set(book.changes()) <= set(book.record_names())
    assert book.name(["big"]).name == "cancel reservation"


texts = st.lists(st.tuples(st.integers(0, 20), st.text(max_size=80), st.floats(-1, 1)), max_size=60)


@given(texts)
@settings(max_examples=60, deadline=None)
def test_names_of_any_text_are_short_plain_and_distinct(said):
    book = NameBook(16)
    for fine, text, closeness in said:
        book.observe(f"fine{fine}", text, closeness)
    names = [n.name for n in book.name_all({f"fine{i}": [f"fine{i}"] for i in range(21)}).values()]
    assert len(set(names)) == len(names)
    for name in names:
        assert 0 < len(name) <= NAME_LIMIT
        assert not any(unicodedata.category(character)[0] == "C" for character in name)
        name.encode("utf-8")


@given(texts, st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_a_book_restored_from_its_records_goes_on_the_same(said, every):
    whole, split, records = NameBook(16), NameBook(16), {}
    for i, (fine, text, closeness) in enumerate(said):
        for book in (whole, split):
            book.observe(f"fine{fine}", text, closeness)
            if i % 5 == 4:
                book.fold(f"fine{fine}", f"fine{fine // 2}")
            if i % 11 == 10:
                book.name_all({f"i{k}": [f"fine{k}"] for k in range(20)})
        if i % every == 0:
            records |= split.changes()
            split = NameBook.restore(records, 16)
    groups = {f"i{k}": [f"fine{k}"] for k in range(20)}
    assert split.name_all(groups) == whole.name_all(groups)
    vacated = {k: v for k, v in records.items() if v.payload == b"{}"}
    assert records | split.changes() == vacated | whole.changes()


@pytest.mark.parametrize("hostile", ["a\x00b \u202egnp.exe c", "x\ud800 y", "<b>\r\n\t bold\x1b[31m </b>"])
def test_plain_text_has_no_control_characters_and_one_line(hostile):
    assert all(unicodedata.category(c)[0] != "C" for c in plain(hostile, 60))


def test_long_text_is_cut_at_a_word():
    assert plain("one two three four five", 14) == "one two three…"


def test_codes_of_one_user_are_no_terms() -> None:
    said = "Please cancel flights of PEP4E0, IFOYYZ and #W2378156 for omar_rossi_1241"

    assert words(said) == ["cancel", "flights"]
    assert words("CANCEL FLIGHTS NOW") == ["cancel", "flights"]

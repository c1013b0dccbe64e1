"""Names of intents: they read like a need, are distinct, kept, and safe whatever users type."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.intent_name import describe
from groundswell.models.intents.names import NameBook
from groundswell.models.intents.terms import TermCounts, terms, words
from groundswell.models.naming.rules import alike, faults, is_generic, plain
from groundswell.models.naming.stretches import NAME_LIMIT
from groundswell.models.position import Source
from groundswell.models.taxonomy import Taxonomy

AT = Source(log="turns", partition=0, offset=0)
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
                book.observe(fine, Example(0.9 - rank / 10, text))
    return book


def each(fines):
    return {fine: [fine] for fine in fines}


def named(said, repeat=3):
    return {fine: one.name for fine, one in book_of(said, repeat).name_all(each(said)).items()}


class TestAName:
    @pytest.mark.parametrize(
        ("turns", "name"),
        [
            (["Hello, I would like to cancel my reservation please", "can you cancel my reservation?"] * 2,
             "Cancel reservation"),
            (["How do I reset my password?", "I need to reset the password please"] * 2, "Reset password"),
            (["my card payment was declined", "Why was my card payment declined?"] * 2,
             "Card payment declined"),
            (["find a hotel in the town centre", "Can you find me a hotel in the town centre?"] * 2,
             "Find hotel in town centre"),
            (["How do I top up my account?", "I'd like to top up"] * 2, "Top up account"),
            (["My virtual card isn't working", "why isn't my virtual card working"] * 2,
             "Virtual card isn't working"),
            (["I can't verify my identity", "why can't I verify my identity"] * 2,
             "Can't verify identity"),
        ],
    )  # fmt: skip
    def test_reads_like_a_need(self, turns, name):
        others = {
            "other": ["where do I find the weather report", "what will the weather report say"],
            "third": ["play some quiet music", "turn the music down in the kitchen"],
        }
        assert named({"it": turns, **others})["it"] == name

    def test_says_what_sets_the_intent_apart(self):
        names = named(AIRLINE)
        assert "cancel reservation" in names["cancel"].lower()
        assert "insurance" in names["refund"].lower()
        assert "checked bag" in names["baggage"].lower()

    @pytest.mark.parametrize(
        ("turns", "said"),
        [
            (
                ["Hola, quiero cancelar mi reserva por favor", "¿puedo cancelar la reserva?"],
                "cancelar reserva",
            ),
            (["Ich möchte bitte meine Buchung stornieren", "Buchung stornieren"], "buchung stornieren"),
            (["Bonjour, je voudrais annuler ma commande", "annuler la commande"], "annuler commande"),
            (["Olá, gostaria de cancelar o meu pedido", "quero cancelar o pedido"], "cancelar pedido"),
            (["你好，我想取消订单", "请取消订单"], "取消订单"),
            (["مرحبا أريد إلغاء الحجز", "أريد إلغاء الحجز من فضلك"], "إلغاء الحجز"),
        ],
    )
    def test_leaves_out_greetings_and_politeness_in_every_language(self, turns, said):
        assert named({"it": turns, **AIRLINE})["it"].lower() == said

    def test_keeps_what_is_denied(self):
        said = {"it": ["the machine did not give me my cash", "machine didn't give me cash"], **AIRLINE}
        assert any(denial in named(said)["it"] for denial in ("not", "didn't"))

    def test_is_taken_from_the_example_it_goes_with(self):
        book = book_of(AIRLINE)
        one = book.name(["cancel"])
        assert one.example in AIRLINE["cancel"]
        assert one.examples[0] == one.example
        assert set(one.examples) == set(AIRLINE["cancel"])
        assert book.name(["cancel", "refund"]).example in AIRLINE["cancel"] + AIRLINE["refund"]

    @pytest.mark.parametrize(
        "said", ["hello", "I have a question", "help me please", "can you help?", "thanks!", "service agent"]
    )
    def test_of_generic_words_alone_is_none(self, said):
        assert named({**AIRLINE, "chat": [said, said]})["chat"].startswith("Unclear")
        assert is_generic(said)

    def test_of_one_word_goes_with_what_was_said(self):
        name = named({"it": ["do you support countries other than mine?"] * 3, **AIRLINE})["it"]
        assert name == "Countries: do you support countries other than mine?"


class TestPersonalData:
    PEOPLE = (
        "My name is Sofia Kim and I want to change the passenger on my booking",
        "This is about Omar Rossi, change the passenger on my booking K1NW8N",
        "change passenger on booking for Yusuf, call 5551234 or write to omar@mail.test",
        "please change the passenger Ingrid on booking #W2378156 see https://a.test/x",
    )

    def test_no_name_holds_a_person_a_number_or_an_address(self):
        name = named({"it": self.PEOPLE, **AIRLINE})["it"]
        assert name == "Change passenger"

    def test_a_word_that_the_agent_hears_often_is_a_brand(self):
        turns = ["How do I set up Apple Pay on my phone?", "I'd like to set up Apple Pay"]
        assert "Apple Pay" in named({"it": turns, **AIRLINE}, repeat=60)["it"]

    def test_what_redaction_leaves_is_not_in_a_name(self):
        name = named({"it": ["send the parcel to [address] today", "send parcel to [address]"], **AIRLINE})[
            "it"
        ]
        assert "[" not in name


class TestDistinct:
    def test_near_duplicates_are_told_apart_by_what_separates_them(self):
        said = {
            "a": ["cancel reservation tonight", "cancel reservation tonight", "cancel reservation hotel"],
            "b": [
                "cancel reservation flight",
                "cancel reservation flight",
                "cancel reservations flight seat",
            ],
        }
        names = named(said)
        assert not alike(names["a"], names["b"])

    def test_even_identical_intents_get_different_names(self):
        same = ["cancel my reservation"] * 3
        assert len(set(named({"one": same, "two": same, "three": same}).values())) == 3

    def test_no_new_name_is_like_a_reserved_one(self):
        book = book_of(AIRLINE)
        names = book.name_all(each(AIRLINE), reserved=["Cancel a reservation"])
        assert not alike(names["cancel"].name, "Cancel a reservation")


class TestKept:
    def test_until_the_words_have_moved(self):
        book = book_of(AIRLINE)
        first = book.name_all(each(AIRLINE))
        book.observe("cancel", Example(0.5, "cancel the hotel booking"))
        assert book.name_all(each(AIRLINE))["cancel"] == first["cancel"]
        for i in range(60):
            book.observe("cancel", Example(0.95, f"upgrade to a business class seat {i}"))
        moved = book.name_all(each(AIRLINE))["cancel"]
        assert "business class seat" in moved.name
        assert (moved.version, moved.reason) == (2, "grown")

    def test_while_the_centre_has_not_moved(self):
        book, here, there = (
            book_of(AIRLINE, repeat=30),
            np.eye(8, dtype=np.float32)[0],
            np.ones(8, np.float32),
        )
        first = book.name_all(each(AIRLINE), {"cancel": here})["cancel"]
        for i in range(40):  # fewer than half of what it was named from
            book.observe("cancel", Example(0.95, f"upgrade to a business class seat {i}"))
        assert book.name_all(each(AIRLINE), {"cancel": here})["cancel"] == first
        for i in range(300):
            book.observe("cancel", Example(0.95, f"upgrade to a business class seat {i}"))
        moved = book.name_all(each(AIRLINE), {"cancel": there})["cancel"]
        assert moved.name != first.name
        assert (moved.version, moved.reason) == (2, "moved")

    def test_though_the_centre_moved_if_it_still_says_what_is_wanted(self):
        book, there = book_of(AIRLINE, repeat=30), np.ones(8, np.float32)
        first = book.name_all(each(AIRLINE), {"cancel": np.eye(8, dtype=np.float32)[0]})["cancel"]
        again = book.name_all(each(AIRLINE), {"cancel": there})["cancel"]
        assert (again.name, again.version, again.reason) == (first.name, 1, "born")
        assert again.likeness(there) > 0.99

    def test_over_a_silence(self):
        book = book_of(AIRLINE)
        first = book.name_all(each(AIRLINE))["cancel"]
        assert "cancel" not in book.name_all(each(["refund", "baggage"]))
        book = NameBook.restore(book.changes(), 64)
        assert book.name_all(each(AIRLINE))["cancel"] == first

    def test_if_a_human_gave_it(self):
        book, there = book_of(AIRLINE, repeat=30), np.ones(8, np.float32)
        taxonomy = Taxonomy("acme", "support", lambda: {"cancel": "Trip called off"})
        here = {"cancel": np.eye(8, dtype=np.float32)[0]}
        first = taxonomy.update(dict(zip(AIRLINE, AIRLINE, strict=True)), [], book, 0, AT, centres=here)
        told = {event.intent_id: event for event in first}
        assert (told["cancel"].name, told["cancel"].named_by) == ("Trip called off", "human")
        assert (told["cancel"].reason, told["refund"].named_by) == ("human", "machine")
        for i in range(300):
            book.observe("cancel", Example(0.95, f"upgrade to a business class seat {i}"))
        groups = dict(zip(AIRLINE, AIRLINE, strict=True))
        assert taxonomy.update(groups, [], book, 1, AT, centres={"cancel": there}) == []
        assert taxonomy.name("cancel") == "Trip called off"

    def test_and_a_renaming_tells_the_old_name_the_new_one_and_why(self):
        book, there = book_of(AIRLINE, repeat=30), np.ones(8, np.float32)
        taxonomy, groups = Taxonomy("acme", "support"), dict(zip(AIRLINE, AIRLINE, strict=True))
        here = {"cancel": np.eye(8, dtype=np.float32)[0]}
        born = {e.intent_id: e for e in taxonomy.update(groups, [], book, 0, AT, centres=here)}["cancel"]
        assert (born.change, born.name, born.reason) == ("created", "Cancel reservation", "born")
        assert born.example in born.examples
        assert born.example in born.description
        for i in range(300):
            book.observe("cancel", Example(0.95, f"upgrade to a business class seat {i}"))
        (moved,) = taxonomy.update(groups, [], book, 1, AT, centres={"cancel": there})
        assert (moved.change, moved.previous_name) == ("renamed", "Cancel reservation")
        assert "business class seat" in moved.name
        assert (moved.reason, moved.name_version, moved.version) == ("moved", 2, 2)

    def test_not_if_its_example_was_erased(self):
        book = NameBook(64)
        for fine, texts in AIRLINE.items():
            for text in texts:
                book.observe(fine, Example(0.5, text, "others"))
        book.observe("cancel", Example(0.9, "cancel reservation of my late husband", "hers"))
        before = book.name_all(each(AIRLINE))["cancel"]
        assert before.example.endswith("husband") or "husband" in " ".join(before.examples)
        assert book.forget("hers") == {"cancel"}
        after = book.name_all(each(AIRLINE))["cancel"]
        assert "husband" not in " ".join((after.name, after.example, *after.examples))
        assert after.reason == "erased"

    def test_not_if_the_turn_that_it_is_from_was_erased_after_others_took_its_place(self):
        book = NameBook(64)
        book.observe("cancel", Example(0.5, "cancel my reservation", "hers"))
        assert book.name_all({"cancel": ["cancel"]})["cancel"].example == "cancel my reservation"
        for number in range(40):
            book.observe(
                "cancel", Example(0.9, f"cancel reservation number {number} please", f"other {number}")
            )
        assert not any(one.conversation == "hers" for one in book.examples(["cancel"]))
        assert NameBook.restore(book.changes(), 64).forget("hers") == {"cancel"}
        assert book.forget("hers") == {"cancel"}
        assert book.forget("hers") == set()


class TestWords:
    def test_of_a_vanished_sub_intent_go_to_its_successor(self):
        book = book_of(AIRLINE)
        book.fold("refund", "cancel")
        assert "insurance refund" in book.name(["cancel"]).terms
        assert book.name(["refund"]).terms == ()

    def test_go_with_their_micro_cluster_to_what_splits_off(self):
        book = NameBook(64)
        for micro, text in enumerate(
            ["cancel my reservation", "cancel reservation", "cancel the hotel room"]
        ):
            book.observe("whole", Example(0.9, text, "c", micro))
        assert book.lacks(["whole", "part"])
        book.settle({0: "whole", 1: "whole", 2: "part"})
        assert not book.lacks(["whole", "part"])
        assert book.name(["part"]).name == "Cancel hotel room"
        assert "hotel" not in book.name(["whole"]).terms
        assert book.turns(["whole", "part"]) == {"whole": 2, "part": 1}

    def test_that_say_nothing_and_redaction_leave_no_terms(self):
        assert words("please send it to [email] or call [phone number], thanks") == []
        assert words("please ship it to [email] or bill [phone number], thanks") == ["ship", "bill"]
        assert terms("cancel my reservation") == ["cancel", "reservation", "cancel reservation"]

    def test_are_pairs_of_characters_where_none_are_spaced(self):
        assert words("我想取消订单") == ["取消", "消订", "订单"]

    def test_are_no_codes_of_one_user(self):
        said = "Please cancel flights of PEP4E0, IFOYYZ and #W2378156 for omar_rossi_1241"
        assert words(said) == ["cancel", "flights"]
        assert words("CANCEL FLIGHTS NOW") == ["cancel", "flights"]

    def test_that_are_frequent_are_kept_in_bounded_space(self):
        counts = TermCounts(8)
        for i in range(400):
            counts.add("often")
            counts.add(f"rare{i}")
            if i % 3 == 0:
                counts.add("sometimes")
            if counts.crowded:
                counts.purge()
        assert len(counts.counts) <= 16
        assert 300 < counts.counts["often"] <= 400
        assert counts.counts["sometimes"] <= 134

    def test_stay_within_the_slots_and_the_rarest_are_given_up(self):
        book = NameBook(16)
        for i in range(500):
            book.observe("big", Example(0.9, "cancel reservation"))
            book.observe(f"small{i}", Example(0.9, f"topic number{i}"))
        assert set(book.changes()) <= set(book.record_names())
        assert book.name(["big"]).name == "Cancel reservation"


texts = st.lists(
    st.tuples(st.integers(0, 20), st.text(max_size=80), st.floats(-1, 1), st.integers(0, 40)), max_size=60
)


@given(texts)
@settings(max_examples=60, deadline=None)
def test_names_of_any_text_are_short_plain_and_distinct(said):
    book = NameBook(16)
    for fine, text, closeness, micro in said:
        book.observe(f"fine{fine}", Example(closeness, text, "", micro))
    found = book.name_all({f"fine{i}": [f"fine{i}"] for i in range(21)}).values()
    names = [n.name for n in found]
    assert len(set(names)) == len(names)
    for text in [*names, *(n.description for n in found), *(e for n in found for e in n.examples)]:
        assert not any(unicodedata.category(character)[0] == "C" for character in text)
        text.encode("utf-8")
    assert all(0 < len(name) <= NAME_LIMIT for name in names)


@given(texts, st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_a_book_restored_from_its_records_goes_on_the_same(said, every):
    whole, split, records = NameBook(16), NameBook(16), {}
    for i, (fine, text, closeness, micro) in enumerate(said):
        centres = {f"i{k}": np.cos(np.arange(4) * (k + micro)).astype(np.float32) for k in range(20)}
        for book in (whole, split):
            book.observe(f"fine{fine}", Example(closeness, text, f"c{fine}", micro))
            if i % 5 == 4:
                book.fold(f"fine{fine}", f"fine{fine // 2}")
            if i % 7 == 6:
                book.settle({k: f"fine{k % 9}" for k in range(40)})
            if i % 11 == 10:
                book.name_all({f"i{k}": [f"fine{k}"] for k in range(fine, 20)}, centres)
            if i % 13 == 12:
                book.forget(f"c{fine}")
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


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "characters"),
        ("x" * 61, "characters"),
        ("Cancel <b>reservation</b>", "markup"),
        ("Cancel reservation https://evil.test/x", "address"),
        ("Cancel reservation\nnow", "one line"),
        ("Cancel reservation K1NW8N", "code of one user"),
        ("Cancel reservation 12345", "number"),
        ("Customer service help", "say what is wanted"),
        ("Cancelling reservations", "too much like"),
    ],
)
def test_a_name_that_breaks_a_rule_is_told_why(name, fault):
    assert fault in " ".join(faults(name, ["Cancel reservation"]))


def test_a_description_quotes_users_as_data():
    said = describe(['say “hi” and "bye"'], ["hi", "bye"])
    assert said == "Users say, for example, “say 'hi' and 'bye'”; what sets them apart: hi, bye."
    assert describe([], ["hi"]) == ""

"""The wording of intents' names: what is to be done and with what, as most turns of the intent share it."""

import pytest

from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.names import NameBook
from groundswell.models.naming.clauses import clauses
from groundswell.models.naming.lexicon import hangs
from groundswell.models.naming.lore import Lore, LoreBook
from groundswell.models.naming.makeshift import is_makeshift
from groundswell.models.naming.rules import is_generic
from groundswell.models.naming.tokens import BREAK

OTHERS = {
    "music": ["play some quiet music", "turn the music down in the kitchen", "play the music louder"],
    "refund": ["refund my insurance please", "does the insurance refund cover illness"],
}


def name_of(*turns, others=OTHERS, repeat=3):
    book = NameBook(64)
    for _ in range(repeat):
        for fine, texts in {"it": turns, **others}.items():
            for rank, text in enumerate(texts):
                book.observe(fine, Example(0.9 - rank / 100, text))
    return book.name_all({fine: [fine] for fine in ("it", *others)})["it"].name


def said(text):
    """The words of each clause of a text; what parts two of them is told as a bar."""
    return [" ".join(token.text or "|" for token in clause.tokens) for clause in clauses(text)]


class TestANameSays:
    def test_what_is_to_be_done_not_one_turn_s_details(self):
        name = name_of(
            "I'd like to order room service, a medium rare steak and a glass of red wine",
            "Could you please send up room service? I want to order pasta",
            "I want to order room service with two burgers",
            "can I order room service to my room",
        )
        assert name == "Order room service"

    def test_what_most_turns_share_though_one_says_more(self):
        name = name_of(
            "I need to exchange the bookshelf from my order for a camera about the same price",
            "Can you exchange my bookshelf?",
            "please exchange the bookshelf I got",
            "I'd like to exchange the bookshelf",
        )
        assert name == "Exchange bookshelf"

    def test_the_question_where_that_is_all_there_is(self):
        cities = ("Chicago", "Detroit", "Boston", "New York", "Los Angeles", "Pittsburgh")
        turns = [f"What will the weather be like in {city}?" for city in cities]
        assert name_of(*turns) == "What will the weather be like"

    def test_the_question_with_its_verb(self):
        turns = ["how long will it take for my transfer to arrive", "How long will the transfer take?"]
        assert name_of(*turns) in (
            "How long will the transfer take",
            "How long will it take for my transfer to arrive",
        )

    def test_the_question_with_what_it_asks_for(self):
        turns = ["What places accept my card?", "which places accept my card", "places accept my card?"]
        assert name_of(*turns).lower() in ("what places accept my card", "which places accept my card")

    def test_a_compound_whole(self):
        turns = [
            "I need to update the shipping address of my order",
            "can you update my shipping address",
            "please update the shipping address, I moved to another address",
        ]
        assert name_of(*turns) == "Update shipping address"

    def test_no_verb_that_one_user_chose(self):
        turns = [
            "Can you specify when the card will be delivered?",
            "when will my card be delivered",
            "my card was not delivered",
            "is my card delivered soon",
            "card not delivered",
        ]
        assert "specify" not in name_of(*turns).lower()

    def test_no_city_that_others_write_as_a_name(self):
        turns = ["compare it to chicago's weather", "how about the weather in chicago"]
        others = {**OTHERS, "trip": ["a flight to Chicago please", "is there a train to Chicago"]}
        assert "chicago" not in name_of(*turns, others=others).lower()

    def test_what_is_needed_where_a_word_is_all_there_is(self):
        turns = ["Hello, I need a ride", "I need a ride with Lyft.", "I need a ride. Come get me."]
        assert name_of(*turns) == "Need ride"
        assert not is_generic("Need ride")
        assert is_generic("Ride")

    def test_what_is_not_so(self):
        turns = ["there is a charge that I don't recognise", "I see a charge I don't recognise"]
        assert name_of(*turns) == "Charge I don't recognise"

    def test_who_did_it_where_that_was_no_one_in_particular(self):
        turns = ["Somebody used my card", "somebody used my card without asking", "somebody used card"]
        assert name_of(*turns) == "Somebody used card"

    def test_a_whole_clause_where_no_part_of_it_is_said_by_more(self):
        turns = ["the app rejected my top up", "App rejected top up", "my top up was rejected by the app"]
        assert name_of(*turns) == "Top up rejected by app"

    def test_what_many_needs_of_a_mixture_say_and_not_two_words_of_it(self):
        mixed = [f"{part} {place}" for place in range(3) for part in ("details of step", "go back to step")]
        turns = [*mixed, "I need directions from 5th to the airport", "I need directions please"]
        assert name_of(*turns) == "Need directions"


class TestAClauseEnds:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("I took the wrong bus and now I'm lost", ["took wrong bus | lost"]),
            (
                "I lost my debit card and before I could cancel it I called",
                ["lost debit card | before | cancel | called"],
            ),
            ("insurance just like the rest of my family", ["insurance | rest of family"]),
            ("the odds that I get lost", ["odds | get lost"]),
            ("the restaurant that is open", ["restaurant | open"]),
            ("return that lamp", ["return lamp"]),
            ("the app where I see a payment", ["app | payment"]),
            ("my refund doesn't seem to be showing", ["refund doesn't | showing"]),
            ("I live in the city can I get a card", ["live in city | get card"]),
            ("use the card ending in 1234", ["use card"]),
        ],
    )
    def test_where_another_begins(self, text, words):
        found = [clause.replace("\x00", "").rstrip(" |") for clause in said(text)]
        assert found == words

    def test_but_not_before_what_is_denied(self):
        assert said("a payment that I did not make") == ["payment I did not make"]
        assert said("the lamp I ordered") == ["lamp I ordered"]

    def test_with_a_break_and_no_word(self):
        assert any(token.text == BREAK and token.code for token in clauses("took it because I ran")[0].tokens)


class TestLore:
    def test_a_word_is_a_name_where_most_turns_write_it_as_one(self):
        book = LoreBook()
        turns = [
            "a flight to Denver",
            "is it sunny in Denver",
            "denver weather in denver",
            "my Flight to Rome",
            "another flight",
        ]
        book.change([], turns)
        assert {"denver", "rom"} <= book.lore().names
        assert "flight" not in book.lore().names

    def test_a_few_words_after_my_name_is_are_one(self):
        book = LoreBook()
        book.change([], ["my name is ethan martin", "my name is so long that I want to change the booking"])
        assert {"ethan", "martin"} <= book.lore().names
        assert not {"chang", "book"} & book.lore().names

    def test_a_name_among_few_words_is_one_and_a_loud_turn_shows_none(self):
        book = LoreBook()
        book.change([], ["I'm Chen Johnson from Houston. I would like to check on an order I placed"])
        assert {"chen", "johnson", "houston"} <= book.lore().names
        loud = LoreBook()
        loud.change([], ["Please Cancel My Flight Today", "PLEASE CANCEL MY FLIGHT"])
        assert loud.lore().names == frozenset()

    def test_a_verb_is_what_several_turns_ask_to_be_done(self):
        book = LoreBook()
        book.change(
            [], ["can you cancel my flight", "I want to cancel the hotel", "I need a refund", "want a refund"]
        )
        assert book.lore().verbs == {"cancel"}

    def test_what_is_no_longer_kept_is_forgotten(self):
        book = LoreBook()
        kept = ["can you cancel my flight", "I want to cancel a trip to Denver"]
        book.change([], kept)
        book.change(kept, [])
        assert book.lore() == Lore()


class TestAMakeshiftName:
    def test_is_one_that_nobody_said(self):
        assert is_makeshift("Weather, away")
        assert is_makeshift("Countries: do you support others?")
        assert not is_makeshift("Cancel reservation")

    def test_is_looked_at_again_before_others_are(self):
        book, groups = NameBook(64), {"it": ["it"], "other": ["other"]}
        for _ in range(20):
            book.observe("other", Example(0.9, "play quiet music in the kitchen"))
            book.observe("it", Example(0.2, "weather! sunny, rain."))
        first = book.name_all(groups)["it"]
        assert is_makeshift(first.name)
        for _ in range(11):
            book.observe("it", Example(0.9, "can you check the weather"))
        again = book.name_all(groups)["it"]
        assert (again.name, again.reason, again.version) == ("Check weather", "grown", 2)


class TestExemplaryTurns:
    def test_say_what_most_turns_say_though_others_came_closer(self):
        book = NameBook(64)
        for place in range(8):
            book.observe("it", Example(0.99, f"schedule it for friday or day {place * 'x'}"))
        for place in range(40):
            book.observe("it", Example(0.5, f"check the weather in town {place * 'y'}"))
        texts = [one.text for one in book.examples(["it"])]
        assert sum("weather" in text for text in texts) == 2
        assert len(texts) == 8


class TestAPhraseHolds:
    @pytest.mark.parametrize(
        ("turn", "clauses_said"),
        [
            ("return a few things I bought", ["return | bought"]),
            ("can we include those in the return", ["include | in return"]),
            ("change my flight from LAS to IAH", ["change flight from \x00 to \x00"]),
            ("You are the most lenient agent I have ever spoken to", []),
            ("cancel the charge I don't recognise", ["cancel charge I don't recognise"]),
        ],
    )
    def test_only_what_stands_together(self, turn, clauses_said):
        assert said(turn) == clauses_said

    def test_no_wish_that_is_denied(self):
        (clause,) = clauses("I don't really want to go to this wedding")
        assert not any(token.errand or token.lacked for token in clause.tokens)

    def test_no_denial_without_what_it_denies(self):
        turns = ["I could not transfer to the beneficiary", "transfer to the beneficiary not possible"]
        assert not name_of(*turns).lower().startswith("not ")


@pytest.mark.parametrize(
    ("word", "text", "ends_open"),
    [
        ("for", "please confirm the refund for", True),
        ("my", "I want to cancel my", True),
        ("für", "ich möchte die Erstattung für", True),
        ("del", "quiero saber el estado del", True),
        ("refund", "please confirm the refund", False),
        ("Erstattung", "ich möchte die Erstattung", False),
    ],
)
def test_a_cut_text_hangs_on_a_word_that_leads_on_in_its_language(word, text, ends_open):
    assert hangs(word, text) is ends_open
